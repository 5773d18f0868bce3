//! A clock that stands still until it is told to go on, and entropy that repeats itself.

use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;
use herald_core::clock::{Clock, Entropy};
use jiff::{SignedDuration, Timestamp};
use tokio::sync::watch;

/// A clock that only moves when [`FakeClock::advance`] is called, and then wakes who sleeps.
#[derive(Debug)]
pub struct FakeClock(watch::Sender<Timestamp>);

impl FakeClock {
    /// A clock that stands at this time.
    pub fn at(now: Timestamp) -> Self {
        Self(watch::Sender::new(now))
    }

    /// Moves the time on (or back, by a negative duration).
    pub fn advance(&self, by: SignedDuration) {
        self.0.send_modify(|now| *now += by);
    }
}

impl Default for FakeClock {
    /// Stands at 2026-01-02T03:04:05Z.
    fn default() -> Self {
        Self::at(Timestamp::constant(1_767_323_045, 0))
    }
}

#[async_trait]
impl Clock for FakeClock {
    fn now(&self) -> Timestamp {
        *self.0.borrow()
    }

    async fn sleep_until(&self, at: Timestamp) {
        // The sender lives in `self`, so waiting cannot fail.
        let _ = self.0.subscribe().wait_for(|now| *now >= at).await;
    }
}

/// Entropy that gives a different, repeatable stream for every seed. For tests only.
#[derive(Debug)]
pub struct SeededEntropy(Mutex<u64>);

impl SeededEntropy {
    /// The stream of this seed.
    pub fn new(seed: u64) -> Self {
        Self(Mutex::new(seed))
    }
}

impl Entropy for SeededEntropy {
    fn fill(&self, bytes: &mut [u8]) {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for byte in bytes {
            // SplitMix64 (Steele, Lea, Flood 2014), one output byte per step.
            *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mut mixed = *state;
            mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            *byte = (mixed >> 56) as u8;
        }
    }
}
