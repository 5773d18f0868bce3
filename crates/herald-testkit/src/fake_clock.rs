//! A clock that stands still until it is told to go on.

use std::{pin::pin, time::Duration};

use async_trait::async_trait;
use herald_core::clock::Clock;
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

    /// What `work` gives, for which time passes, a second for every tenth of one: for what waits by the clock where something
    /// else is slow. Where nothing is, the time is the same as before.
    pub async fn pass_for<T>(&self, work: impl Future<Output = T>) -> T {
        let mut work = pin!(work);
        loop {
            match tokio::time::timeout(Duration::from_millis(100), work.as_mut()).await {
                Ok(done) => return done,
                Err(_) => self.advance(SignedDuration::from_secs(1)),
            }
        }
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
