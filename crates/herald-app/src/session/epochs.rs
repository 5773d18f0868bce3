//! How caches learn that a session was ended, without a lock and without an entry per session.

use std::{
    hash::{BuildHasher as _, RandomState},
    sync::atomic::{AtomicU64, Ordering},
};

use herald_core::id::{SessionId, TenantId};

/// Sessions share this many counters: an end makes others of its counter be looked at again, which costs one read each.
const COUNTERS: usize = 4096;

/// Counts the ends of sessions. What was read of a session is good as long as its epoch is the one from before the reading.
#[derive(Debug)]
pub(crate) struct Epochs {
    counters: Box<[AtomicU64]>,
    hasher: RandomState,
}

/// A moment in the life of a session. Taken before the session is read, so that an end in between is not missed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Epoch {
    counter: usize,
    value: u64,
}

impl Default for Epochs {
    fn default() -> Self {
        Self { counters: (0..COUNTERS).map(|_| AtomicU64::new(0)).collect(), hasher: RandomState::new() }
    }
}

impl Epochs {
    /// The session's epoch now.
    pub(crate) fn of(&self, tenant: &TenantId, session: SessionId) -> Epoch {
        let counter = self.counter(tenant, session);
        Epoch { counter, value: self.counters[counter].load(Ordering::Acquire) }
    }

    /// Is it still that epoch?
    pub(crate) fn is(&self, epoch: Epoch) -> bool {
        self.counters[epoch.counter].load(Ordering::Acquire) == epoch.value
    }

    /// The session was ended: to be called after that was stored.
    pub(crate) fn advance(&self, tenant: &TenantId, session: SessionId) {
        self.counters[self.counter(tenant, session)].fetch_add(1, Ordering::Release);
    }

    fn counter(&self, tenant: &TenantId, session: SessionId) -> usize {
        let hash = self.hasher.hash_one((tenant, session));
        usize::try_from(hash % COUNTERS as u64).unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_end_is_the_end_of_its_epoch() {
        let (epochs, tenant) = (Epochs::default(), TenantId::parse("acme").unwrap());
        let session = SessionId::from_u128(7);
        let before = epochs.of(&tenant, session);
        assert!(epochs.is(before));
        epochs.advance(&tenant, session);
        assert!(!epochs.is(before) && epochs.is(epochs.of(&tenant, session)));
    }
}
