//! Counters of what is limited, by the generic cell rate algorithm (GCRA, the leaky bucket of ITU-T I.371 as a meter).

use std::{fmt, num::NonZeroU32, time::Duration};

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};

use super::StoreError;
use crate::{id::TenantId, seal::BlindIndex};

/// How much of something is allowed: `limit` at once, given back evenly over `period`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Quota {
    /// How many at once, and in every `period` on the average.
    pub limit: NonZeroU32,
    /// How long it takes until all of it is given back; between a second and a day.
    pub period: Duration,
}

/// What is left of a quota.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Taken {
    /// Was there one left?
    pub is_allowed: bool,
    /// How many are left now.
    pub remaining: u32,
    /// When all of the quota is there again, if nothing more is taken.
    pub reset_after: Duration,
    /// When there is one again; zero while there is.
    pub retry_after: Duration,
}

/// Counts what is taken of quotas.
#[async_trait]
pub trait CounterStore: fmt::Debug + Send + Sync + 'static {
    /// Takes one of each of these quotas of a tenant, or none of any, and says for each how it stands.
    ///
    /// A counter lives until its quota is whole again. Where only one process can have the store, it may end with the process.
    ///
    /// # Behaviour
    /// - `a_quota_is_taken_up_to_its_limit`: of many who take at once exactly `limit` are allowed.
    /// - `a_quota_is_given_back_evenly`.
    /// - `one_is_taken_of_all_or_of_none`.
    /// - `counters_of_tenants_do_not_meet`.
    async fn take(&self, tenant: &TenantId, asked: &[(BlindIndex, Quota)]) -> Result<Vec<Taken>, StoreError>;
}

impl Quota {
    /// How long until one that was taken is there again; whole microseconds, at least one.
    pub fn interval(self) -> Duration {
        let micros = self.period.as_micros() / u128::from(self.limit.get());
        Duration::from_micros(u64::try_from(micros).unwrap_or(u64::MAX).max(1))
    }

    /// How this quota stands when what was taken is given back by `empty_at` (GCRA's theoretical arrival time; nothing while
    /// nothing is taken), and what that is after one more is taken: every store counts like this, and keeps what comes out, also
    /// where none was left.
    ///
    /// No more than all of it can be taken. What is given back later than that was counted before the clock was set back, and
    /// would be missing for as long as it was.
    pub fn take(self, empty_at: Option<Timestamp>, now: Timestamp) -> (Taken, Timestamp) {
        let interval = signed(self.interval());
        let burst = self.burst();
        let before = self.used_until(empty_at, now);
        let after = before.checked_add(interval).unwrap_or(Timestamp::MAX);
        let is_allowed = after.duration_since(now) <= burst;
        let stands = if is_allowed { after } else { before };
        let used = stands.duration_since(now);
        let missing = after.duration_since(now) - burst;
        let retry_after = if is_allowed { SignedDuration::ZERO } else { missing };
        let remaining = (burst - used).as_micros() / interval.as_micros();
        let taken = Taken {
            is_allowed,
            remaining: u32::try_from(remaining).unwrap_or(0),
            reset_after: used.unsigned_abs(),
            retry_after: retry_after.unsigned_abs(),
        };
        (taken, stands)
    }

    /// How this quota stands without taking anything; as [`Quota::take`].
    pub fn left(self, empty_at: Option<Timestamp>, now: Timestamp) -> Taken {
        let (taken, _) = self.take(empty_at, now);
        if !taken.is_allowed {
            return taken;
        }
        let used = self.used_until(empty_at, now).duration_since(now);
        Taken { remaining: taken.remaining.saturating_add(1), reset_after: used.unsigned_abs(), ..taken }
    }
}

impl Quota {
    /// How long until all of it is there again when all was taken.
    fn burst(self) -> SignedDuration {
        signed(self.interval()).saturating_mul(i32::try_from(self.limit.get()).unwrap_or(i32::MAX))
    }

    /// By when what was taken is given back: not before now, and no later than if all of it was taken now.
    fn used_until(self, empty_at: Option<Timestamp>, now: Timestamp) -> Timestamp {
        let all = now.checked_add(self.burst()).unwrap_or(Timestamp::MAX);
        empty_at.map_or(now, |at| at.clamp(now, all))
    }
}

fn signed(duration: Duration) -> SignedDuration {
    SignedDuration::try_from(duration).unwrap_or(SignedDuration::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const QUOTA: Quota = Quota { limit: NonZeroU32::new(3).unwrap(), period: Duration::from_secs(6) };

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(1_767_323_045 + seconds).unwrap()
    }

    #[test]
    fn as_many_at_once_as_the_limit_and_then_one_for_each_interval() {
        let mut empty_at = None;
        let mut take = |now| {
            let (taken, stands) = QUOTA.take(empty_at, now);
            empty_at = Some(stands);
            (taken.is_allowed, taken.remaining, taken.reset_after.as_secs(), taken.retry_after.as_secs())
        };
        assert_eq!(take(at(0)), (true, 2, 2, 0));
        assert_eq!(take(at(0)), (true, 1, 4, 0));
        assert_eq!(take(at(0)), (true, 0, 6, 0));
        assert_eq!(take(at(0)), (false, 0, 6, 2));
        assert_eq!(take(at(1)), (false, 0, 5, 1));
        assert_eq!(take(at(2)), (true, 0, 6, 0));
        assert_eq!(take(at(2)), (false, 0, 6, 2));
        assert_eq!(take(at(60)), (true, 2, 2, 0));
    }

    #[test]
    fn a_clock_that_goes_back_takes_nothing_away_for_longer_than_the_period() {
        let mut empty_at = None;
        for _ in 0..3 {
            empty_at = Some(QUOTA.take(empty_at, at(60)).1);
        }
        let (taken, stands) = QUOTA.take(empty_at, at(0));
        assert_eq!(
            (taken.is_allowed, taken.reset_after, taken.retry_after.as_secs()),
            (false, QUOTA.period, 2)
        );
        assert!(!QUOTA.take(Some(stands), at(1)).0.is_allowed);
        assert!(QUOTA.take(Some(stands), at(2)).0.is_allowed);
        assert_eq!(QUOTA.take(Some(stands), at(6)).0.remaining, 2);
    }
}
