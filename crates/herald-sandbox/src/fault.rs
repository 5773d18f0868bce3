//! Faults on demand: what can go wrong with an operation, and for how many calls.

use std::sync::Mutex;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::sync::watch;

use crate::operation::{Operation, Provider};
use crate::shared::locked;

/// A fault waiting for requests. The first one that fits a request is used.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// Where.
    pub provider: Provider,
    /// At which operation; every one of the provider when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operation: Option<Operation>,
    /// For how many calls; until cleared when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub times: Option<u32>,
    /// How many calls pass unharmed first.
    #[serde(default)]
    pub skip: u32,
    /// Milliseconds of real time before anything else happens.
    #[serde(default)]
    pub latency_ms: u64,
    /// What goes wrong.
    #[serde(default)]
    pub effect: FaultEffect,
}

impl Fault {
    /// A fault of one operation, until cleared.
    pub fn new(provider: Provider, operation: Operation, effect: FaultEffect) -> Self {
        Self { provider, operation: Some(operation), times: None, skip: 0, latency_ms: 0, effect }
    }

    /// The same for the next `times` calls only.
    #[must_use]
    pub fn times(mut self, times: u32) -> Self {
        self.times = Some(times);
        self
    }

    /// The same after `skip` calls that pass unharmed.
    #[must_use]
    pub fn after(mut self, skip: u32) -> Self {
        self.skip = skip;
        self
    }

    /// The same with a delay before it.
    #[must_use]
    pub fn latency_ms(mut self, latency_ms: u64) -> Self {
        self.latency_ms = latency_ms;
        self
    }
}

/// What goes wrong with a call.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum FaultEffect {
    /// Nothing but the latency.
    #[default]
    None,
    /// No effect at the provider; this status, in the provider's own error shape unless a body is given.
    Status {
        /// 100 to 599.
        status: u16,
        /// Sent as it is: a string as text, anything else as JSON.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        body: Option<Value>,
        /// `Retry-After`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        retry_after_seconds: Option<u64>,
    },
    /// No effect; 429 with `Retry-After`, at Antara with `retryAfter` in the JSON too.
    RateLimited {
        /// Seconds.
        retry_after_seconds: u64,
    },
    /// No effect; the connection is closed without an answer.
    Reset,
    /// It takes effect; the connection breaks after half of the body.
    Half,
    /// It takes effect; a 200 whose body is no JSON.
    Garbage,
    /// It takes effect; the connection is closed without an answer.
    Lost,
    /// The call waits, before any effect, until the faults are cleared; then it goes on as if nothing had been.
    Hold,
}

/// A fault that struck a request.
#[derive(Debug, Clone)]
pub(crate) struct Strike {
    pub(crate) latency_ms: u64,
    pub(crate) effect: FaultEffect,
}

/// The faults that wait.
#[derive(Debug)]
pub(crate) struct Faults {
    waiting: Mutex<Vec<Fault>>,
    cleared: watch::Sender<u64>,
}

impl Default for Faults {
    fn default() -> Self {
        Self { waiting: Mutex::default(), cleared: watch::Sender::new(0) }
    }
}

impl Faults {
    pub(crate) fn add(&self, fault: Fault) {
        locked(&self.waiting).push(fault);
    }

    pub(crate) fn list(&self) -> Vec<Fault> {
        locked(&self.waiting).clone()
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
        let mut waiting = locked(&self.waiting);
        let index = waiting.iter().position(|fault| {
            fault.provider == provider && fault.operation.is_none_or(|only| only == operation)
        })?;
        let fault = waiting.get_mut(index)?;
        if fault.skip > 0 {
            fault.skip -= 1;
            return None;
        }
        let strike = Strike { latency_ms: fault.latency_ms, effect: fault.effect.clone() };
        match &mut fault.times {
            None => {}
            Some(times) if *times > 1 => *times -= 1,
            Some(_) => drop(waiting.remove(index)),
        }
        Some(strike)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_lets_the_skipped_calls_pass_and_ends_after_its_times() {
        let faults = Faults::default();
        faults.add(Fault::new(Provider::Antara, Operation::Send, FaultEffect::Reset).after(1).times(2));
        let strikes: Vec<bool> =
            (0..4).map(|_| faults.strike(Provider::Antara, Operation::Send).is_some()).collect();
        assert_eq!(strikes, [false, true, true, false]);
        assert!(faults.strike(Provider::Antirius, Operation::Send).is_none());
    }
}
