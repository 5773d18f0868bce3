//! The real clock.

use std::time::Duration;

use async_trait::async_trait;
use herald_core::clock::Clock;
use jiff::Timestamp;

/// The operating system's clock, waiting by tokio's timer.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

/// The longest single sleep: after a step of the system's clock no sleeper is late by more than this.
const LONGEST_SLEEP: Duration = Duration::from_secs(60);

#[async_trait]
impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the clock that everybody else is given")]
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }

    async fn sleep_until(&self, at: Timestamp) {
        loop {
            let Ok(left) = Duration::try_from(at.duration_since(self.now())) else { return };
            if left.is_zero() {
                return;
            }
            tokio::time::sleep(left.min(LONGEST_SLEEP)).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_time_that_is_past_is_not_waited_for() {
        SystemClock.sleep_until(Timestamp::UNIX_EPOCH).await;
    }

    #[tokio::test]
    async fn a_sleeper_does_not_wake_early() {
        let at = SystemClock.now() + jiff::SignedDuration::from_millis(20);
        SystemClock.sleep_until(at).await;
        assert!(SystemClock.now() >= at);
    }
}
