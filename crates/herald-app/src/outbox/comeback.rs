//! When those come back that were put off: one after the other, as many at a time as a queue holds.

use jiff::{SignedDuration, Timestamp};

use super::{lanes::LENGTH, later};

/// How far apart they come back: 320 a second, which keeps a queue filled that takes less, and costs little where nothing is
/// taken.
const SPACING: SignedDuration = SignedDuration::from_micros(3_125);
/// They come back together in steps of so many milliseconds, so that nobody looks around for each of them.
const STEP: i64 = 50;

/// Where the line of those that were put off ends.
#[derive(Clone, Copy, Debug)]
pub(super) struct Comeback {
    tail: Timestamp,
}

impl Default for Comeback {
    fn default() -> Self {
        Self { tail: Timestamp::MIN }
    }
}

impl Comeback {
    /// When the next one comes back, which is not before `earliest`. The first of a line, as many as fit into a queue, come
    /// exactly then.
    pub(super) fn next(&mut self, earliest: Timestamp) -> Timestamp {
        let place = self.tail.max(earliest);
        self.tail = later(place, SPACING);
        let queue = SPACING.saturating_mul(i32::try_from(LENGTH).unwrap_or(i32::MAX));
        match place.checked_sub(queue) {
            Ok(at) if at >= earliest => step(at),
            _ => earliest,
        }
    }

    /// Have all come back?
    pub(super) fn is_over(&self, now: Timestamp) -> bool {
        self.tail <= now
    }
}

/// The next step after this time.
fn step(at: Timestamp) -> Timestamp {
    let steps = at.as_millisecond().div_euclid(STEP).saturating_add(1);
    Timestamp::from_millisecond(steps.saturating_mul(STEP)).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::constant(1_767_323_045, 0);

    #[test]
    fn a_queue_full_comes_at_the_time_and_the_others_after_it_in_line() {
        let mut comeback = Comeback::default();
        let times: Vec<Timestamp> = (0..3_000).map(|_| comeback.next(NOW)).collect();
        assert!(times[..LENGTH].iter().all(|at| *at == NOW));
        assert!(times[LENGTH..].iter().all(|at| *at > NOW));
        assert!(times.is_sorted());
        let last = times[2_999].duration_since(NOW);
        assert!(last > SignedDuration::from_secs(9) && last < SignedDuration::from_secs(10), "{last}");
        let distinct: std::collections::BTreeSet<_> = times.iter().collect();
        assert!(distinct.len() < 200, "{}", distinct.len());
    }

    #[test]
    fn who_comes_again_and_again_does_not_move_away() {
        let mut comeback = Comeback::default();
        let mut waiting: Vec<Timestamp> = (0..3_000).map(|_| comeback.next(NOW)).collect();
        for _ in 0..20 {
            waiting.sort();
            waiting = waiting.iter().map(|at| comeback.next(*at)).collect();
        }
        let (first, last) = (waiting.iter().min().unwrap(), waiting.iter().max().unwrap());
        assert!(last.duration_since(*first) < SignedDuration::from_secs(12), "{first} {last}");
    }

    #[test]
    fn a_line_that_has_come_back_is_over() {
        let mut comeback = Comeback::default();
        assert!(comeback.is_over(Timestamp::MIN));
        comeback.next(NOW);
        assert!(!comeback.is_over(NOW));
        let later = NOW + SignedDuration::from_secs(9);
        assert!(comeback.is_over(later));
        assert_eq!(comeback.next(later), later);
    }
}
