//! Counters in memory: for a store that only one process has, and for limits while a shared store is away.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use jiff::Timestamp;

use super::{Quota, Taken};
use crate::{id::TenantId, seal::BlindIndex};

/// How many counters there are before those are looked for that are whole again.
const FEW: usize = 1024;

type Name = (TenantId, BlindIndex);

#[derive(Debug, Default)]
struct State {
    /// When each is whole again.
    whole_at: HashMap<Name, Timestamp>,
    /// Swept when there are this many.
    sweep_at: usize,
}

/// Counters that end with the process. As many are kept as there are quotas that are not whole.
#[derive(Debug, Default)]
pub struct MemoryCounters(Mutex<State>);

impl MemoryCounters {
    /// As [`CounterStore::take`](super::CounterStore::take).
    pub fn take(&self, tenant: &TenantId, asked: &[(BlindIndex, Quota)], now: Timestamp) -> Vec<Taken> {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let names: Vec<Name> = asked.iter().map(|(counter, _)| (tenant.clone(), *counter)).collect();
        let stands: Vec<_> = names
            .iter()
            .zip(asked)
            .map(|(name, (_, quota))| (*quota, state.whole_at.get(name).copied()))
            .collect();
        let taken: Vec<_> = stands.iter().map(|(quota, whole_at)| quota.take(*whole_at, now)).collect();
        if taken.iter().any(|(taken, _)| !taken.is_allowed) {
            // None of any: those that would have allowed it stand as they did. The others do too, unless the clock was set back.
            let refused = names.into_iter().zip(&taken).filter(|(_, (taken, _))| !taken.is_allowed);
            state.whole_at.extend(refused.map(|(name, (_, whole_at))| (name, *whole_at)));
            return stands.iter().map(|(quota, whole_at)| quota.left(*whole_at, now)).collect();
        }
        state.whole_at.extend(names.into_iter().zip(taken.iter().map(|(_, whole_at)| *whole_at)));
        if state.whole_at.len() >= state.sweep_at.max(FEW) {
            state.whole_at.retain(|_, whole_at| *whole_at > now);
            state.sweep_at = state.whole_at.len() * 2;
        }
        taken.into_iter().map(|(taken, _)| taken).collect()
    }
}

#[cfg(test)]
mod tests {
    use std::{num::NonZeroU32, time::Duration};

    use jiff::SignedDuration;

    use super::*;

    #[test]
    fn a_clock_that_goes_back_blocks_nobody_for_longer_than_the_period() {
        let (counters, tenant) = (MemoryCounters::default(), TenantId::parse("acme").unwrap());
        let quota = Quota { limit: NonZeroU32::new(1).unwrap(), period: Duration::from_secs(6) };
        let asked = [(BlindIndex::from_bytes([1; 32]), quota)];
        let take = |seconds| {
            let now = Timestamp::UNIX_EPOCH + SignedDuration::from_secs(seconds);
            counters.take(&tenant, &asked, now)[0].is_allowed
        };
        assert!(take(3_600));
        assert!(!take(0));
        assert!(!take(5));
        assert!(take(6));
    }
}
