//! The real clock.

use std::time::Duration;

use async_trait::async_trait;
use herald_core::clock::Clock;
use jiff::Timestamp;

/// The operating system's clock, waiting by tokio's timer.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

/// The longest single sleep: when the system's clock is set forward, no sleeper is late by more than this.
const LONGEST_NAP: Duration = Duration::from_secs(60);
/// How much longer than it seemed at first a sleep may take: when the system's clock is set back, no sleeper is late by more
/// than this. A clock that is only slowed down a little takes less.
const SLACK: Duration = Duration::from_secs(1);

#[async_trait]
impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the clock that everybody else is given")]
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }

    async fn sleep_until(&self, at: Timestamp) {
        let mut sleep = Sleep::default();
        loop {
            let left = Duration::try_from(at.duration_since(self.now())).unwrap_or_default();
            match sleep.nap(left) {
                Some(nap) => tokio::time::sleep(nap).await,
                None => return,
            }
        }
    }
}

/// One sleep, in naps.
#[derive(Default)]
struct Sleep {
    /// What is left of the longest that it may take.
    budget: Option<Duration>,
}

impl Sleep {
    /// The next nap, where the clock says that so much is left; nothing when it is over.
    fn nap(&mut self, left: Duration) -> Option<Duration> {
        let budget = self.budget.get_or_insert(left.saturating_add(SLACK));
        let nap = left.min(*budget).min(LONGEST_NAP);
        *budget -= nap;
        (!nap.is_zero()).then_some(nap)
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
    /// How long it sleeps in all, with a clock that shows `left` at each look.
    fn slept(left: impl IntoIterator<Item = Duration>) -> Duration {
        let mut sleep = Sleep::default();
        left.into_iter().map_while(|left| sleep.nap(left)).sum()
    }

    #[test]
    fn a_clock_that_is_set_back_does_not_keep_a_sleeper() {
        let of = Duration::from_secs;
        let a_clock_that_stands = std::iter::repeat_n(of(600), 1_000);
        assert_eq!(slept([of(10), of(0)]), of(10));
        assert_eq!(slept([of(10), of(600), of(599)]), of(10) + SLACK);
        assert_eq!(slept(a_clock_that_stands), of(600) + SLACK);
    }

    #[test]
    fn a_clock_that_is_set_forward_ends_a_sleep_after_a_minute() {
        assert_eq!(slept([Duration::from_hours(24), Duration::ZERO]), LONGEST_NAP);
    }
}
