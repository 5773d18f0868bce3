//! The faults that wait, and which of them strikes a call.

use std::sync::Mutex;

use tokio::sync::watch;

use super::{Fault, FaultEffect, dice};
use crate::operation::{Operation, Provider};
use crate::shared::locked;

/// What happens to one call. Its effect is never a mix.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Strike {
    pub(crate) latency_ms: u64,
    pub(crate) answer_after_ms: u64,
    pub(crate) takes_effect: bool,
    pub(crate) effect: FaultEffect,
}

/// The faults that wait.
#[derive(Debug)]
pub(crate) struct Faults {
    waiting: Mutex<Vec<Waiting>>,
    cleared: watch::Sender<u64>,
}

#[derive(Debug)]
struct Waiting {
    fault: Fault,
    /// How often its dice were rolled.
    rolls: u64,
}

impl Default for Faults {
    fn default() -> Self {
        Self { waiting: Mutex::default(), cleared: watch::Sender::new(0) }
    }
}

impl Faults {
    pub(crate) fn add(&self, fault: Fault) {
        locked(&self.waiting).push(Waiting { fault, rolls: 0 });
    }

    pub(crate) fn list(&self) -> Vec<Fault> {
        locked(&self.waiting).iter().map(|waiting| waiting.fault.clone()).collect()
    }

    pub(crate) fn clear(&self) {
        locked(&self.waiting).clear();
        self.cleared.send_modify(|cleared| *cleared += 1);
    }

    /// Seen before [`Self::strike`], so that a clearing in between is not missed by a held call.
    pub(crate) fn watch(&self) -> watch::Receiver<u64> {
        self.cleared.subscribe()
    }

    pub(crate) fn strike(&self, provider: Provider, operation: Operation) -> Option<Strike> {
        let mut list = locked(&self.waiting);
        let fits = |fault: &Fault| {
            fault.provider == provider && fault.operation.is_none_or(|only| only == operation)
        };
        let place = list.iter_mut().position(|waiting| fits(&waiting.fault) && waiting.is_turn())?;
        let waiting = list.get_mut(place)?;
        if waiting.fault.skip > 0 {
            waiting.fault.skip -= 1;
            return None;
        }
        let strike = waiting.strike();
        match &mut waiting.fault.times {
            None => {}
            Some(times) if *times > 1 => *times -= 1,
            Some(_) => drop(list.remove(place)),
        }
        Some(strike)
    }
}

impl Waiting {
    fn roll(&mut self) -> u64 {
        self.rolls += 1;
        dice::roll(self.fault.seed, self.rolls)
    }

    /// Whether the dice let it strike. A call that it skips is its own too.
    fn is_turn(&mut self) -> bool {
        self.fault.probability >= 1.0 || {
            let roll = self.roll();
            dice::strikes(roll, self.fault.probability)
        }
    }

    fn strike(&mut self) -> Strike {
        let mut latency_ms = self.fault.latency_ms;
        let mut answer_after_ms = self.fault.answer_after_ms;
        let mut takes_effect = self.fault.takes_effect;
        let mut effect = self.fault.effect.clone();
        while let FaultEffect::Mix { of } = effect {
            let roll = self.roll();
            let place = dice::pick(roll, of.iter().map(|share| share.weight)).unwrap_or_default();
            let Some(share) = of.into_iter().nth(place) else {
                effect = FaultEffect::None;
                break;
            };
            latency_ms += share.latency_ms;
            answer_after_ms += share.answer_after_ms;
            takes_effect = share.takes_effect.or(takes_effect);
            effect = share.effect;
        }
        let takes_effect = takes_effect.unwrap_or_else(|| effect.takes_effect());
        Strike { latency_ms, answer_after_ms, takes_effect, effect }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fault::Share;

    fn strike(faults: &Faults) -> Option<Strike> {
        faults.strike(Provider::Antara, Operation::Send)
    }

    #[test]
    fn a_fault_lets_the_skipped_calls_pass_and_ends_after_its_times() {
        let faults = Faults::default();
        faults.add(Fault::new(Provider::Antara, Operation::Send, FaultEffect::Reset).after(1).times(2));
        let strikes: Vec<bool> = (0..4).map(|_| strike(&faults).is_some()).collect();
        assert_eq!(strikes, [false, true, true, false]);
        assert!(faults.strike(Provider::Antirius, Operation::Send).is_none());
    }

    #[test]
    fn a_call_that_the_dice_spare_goes_on_to_the_next_fault() {
        let faults = Faults::default();
        let fault = |effect| Fault::new(Provider::Antara, Operation::Send, effect);
        faults.add(fault(FaultEffect::Reset).probability(0.5, 42));
        faults.add(fault(FaultEffect::Lost));
        let resets = (0..1_000)
            .filter(|_| strike(&faults).is_some_and(|strike| strike.effect == FaultEffect::Reset))
            .count();
        assert!((430..570).contains(&resets), "{resets}");
    }

    #[test]
    fn a_mix_gives_each_part_its_own_say_about_the_effect() {
        let faults = Faults::default();
        let of = vec![
            Share::new(FaultEffect::Hang).takes_effect(true),
            Share { latency_ms: 5, ..Share::new(FaultEffect::Lost) },
        ];
        faults.add(
            Fault::new(Provider::Antara, Operation::Send, FaultEffect::Mix { of })
                .takes_effect(false)
                .latency_ms(1),
        );
        let seen: Vec<Strike> = (0..20).filter_map(|_| strike(&faults)).collect();
        let expected = |effect, takes_effect, latency_ms| Strike {
            latency_ms,
            answer_after_ms: 0,
            takes_effect,
            effect,
        };
        assert!(seen.contains(&expected(FaultEffect::Hang, true, 1)));
        assert!(seen.contains(&expected(FaultEffect::Lost, false, 6)));
        assert_eq!(seen.len(), 20);
    }
}
