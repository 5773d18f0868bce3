//! How many calls may be repeats: one for every five first calls, and a few besides.

use jiff::Timestamp;

/// What a repeat costs; a first call brings 1.
const PRICE: u32 = 5;
/// The repeats that are there without any first call; of them one comes back every second.
const RESERVE: u32 = 10 * PRICE;
/// The most that first calls save up.
const MOST: u32 = 100 * PRICE;

/// What is left for repeats (a budget like Finagle's).
#[derive(Debug)]
pub(super) struct Budget {
    left: u32,
    counted_at: Timestamp,
}

impl Budget {
    /// A full reserve.
    pub(super) fn new(now: Timestamp) -> Self {
        Self { left: RESERVE, counted_at: now }
    }

    /// Is there something left for a repeat?
    pub(super) fn allows(&mut self, now: Timestamp) -> bool {
        if now < self.counted_at {
            // The clock was set back: nobody knows for how long nothing came back.
            *self = Self { left: self.left.max(RESERVE), counted_at: now };
        }
        let seconds = now.duration_since(self.counted_at).as_secs();
        if let Ok(seconds @ 1..) = u32::try_from(seconds) {
            let refilled = self.left.saturating_add(seconds.saturating_mul(PRICE)).min(RESERVE);
            self.left = self.left.max(refilled);
            self.counted_at = now;
        }
        self.left >= PRICE
    }

    /// A call is made.
    pub(super) fn spend(&mut self, is_repeat: bool) {
        self.left = if is_repeat { self.left.saturating_sub(PRICE) } else { (self.left + 1).min(MOST) };
    }
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::*;

    const NOW: Timestamp = Timestamp::constant(1_000, 0);

    fn repeats(budget: &mut Budget, now: Timestamp) -> usize {
        std::iter::from_fn(|| budget.allows(now).then(|| budget.spend(true))).take(1_000).count()
    }

    #[test]
    fn repeats_are_a_fifth_of_the_first_calls_and_a_reserve() {
        let mut budget = Budget::new(NOW);
        assert_eq!(repeats(&mut budget, NOW), 10);
        for _ in 0..100 {
            budget.spend(false);
        }
        assert_eq!(repeats(&mut budget, NOW), 20);
    }

    #[test]
    fn the_reserve_comes_back_by_one_a_second_and_no_further() {
        let mut budget = Budget::new(NOW);
        repeats(&mut budget, NOW);
        assert_eq!(repeats(&mut budget, NOW + SignedDuration::from_secs(3)), 3);
        assert_eq!(repeats(&mut budget, NOW + SignedDuration::from_hours(3)), 10);
    }
}
