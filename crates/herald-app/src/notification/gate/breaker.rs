//! Stops calling what fails, and tries it again now and then.

use herald_core::clock::Entropy;
use jiff::{SignedDuration, Timestamp};

use crate::chance;

/// How far back calls are looked at, in seconds, and in how many parts of how many seconds they are counted.
const SPAN_SECONDS: i64 = 30;
const PART_SECONDS: i64 = 5;
const PARTS: usize = 6;
/// Fewer calls than this say nothing.
const FEWEST: u32 = 10;
/// How long it stays open at first; every further time twice as long.
const FIRST_OPEN: SignedDuration = SignedDuration::from_secs(10);
/// The longest that it stays open.
const LONGEST_OPEN: SignedDuration = SignedDuration::from_mins(2);
/// What part of that it may stay open for longer, by chance: one in so many.
const SPREAD: i32 = 5;

/// The calls of the last half minute, and what follows from them.
#[derive(Debug, Default)]
pub(super) struct Breaker {
    parts: [Part; PARTS],
    open: Option<Open>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Part {
    /// Which five seconds since 1970.
    number: i64,
    calls: u32,
    failed: u32,
}

#[derive(Clone, Copy, Debug)]
struct Open {
    until: Timestamp,
    /// How often it has opened since calls last went well.
    times: u32,
}

impl Breaker {
    /// Does it let nothing through but one try now and then?
    pub(super) fn is_open(&self) -> bool {
        self.open.is_some()
    }

    /// Until when it lets nothing through. A time further off than it is ever open for is over: the clock was set back.
    pub(super) fn open_until(&self, now: Timestamp) -> Option<Timestamp> {
        let latest = now + LONGEST_OPEN + LONGEST_OPEN / SPREAD;
        self.open.map(|open| open.until).filter(|until| *until <= latest)
    }

    /// Did hardly any of the latest calls fail: at most one in five?
    pub(super) fn is_well(&self, now: Timestamp) -> bool {
        let (calls, failed) = self.counts(now);
        self.open.is_none() && failed.saturating_mul(5) <= calls
    }

    /// A call ended while it was closed. Opens it when half of ten or more have failed.
    pub(super) fn called(&mut self, has_failed: bool, now: Timestamp, entropy: &dyn Entropy) {
        if self.open.is_some() {
            return;
        }
        let part = self.part(now);
        part.calls = part.calls.saturating_add(1);
        part.failed = part.failed.saturating_add(u32::from(has_failed));
        let (calls, failed) = self.counts(now);
        if has_failed && calls >= FEWEST && failed.saturating_mul(2) >= calls {
            self.open_once_more(now, entropy);
        }
    }

    /// The one call that was let through while it was open has ended.
    pub(super) fn probed(&mut self, has_failed: bool, now: Timestamp, entropy: &dyn Entropy) {
        if has_failed {
            self.open_once_more(now, entropy);
        } else {
            *self = Self::default();
        }
    }

    fn open_once_more(&mut self, now: Timestamp, entropy: &dyn Entropy) {
        let times = self.open.map_or(0, |open| open.times.saturating_add(1));
        let span = FIRST_OPEN.saturating_mul(1 << times.min(8)).min(LONGEST_OPEN);
        // So that replicas, and connections to one provider, do not come back at once.
        let until = now + span + chance::up_to(span / SPREAD, entropy);
        self.open = Some(Open { until, times });
    }

    fn part(&mut self, now: Timestamp) -> &mut Part {
        let number = now.as_second().div_euclid(PART_SECONDS);
        let known = self.parts.iter().position(|part| part.number == number);
        // What is yet to come was counted before the clock was set back.
        let age = |part: &Part| if part.number > number { i64::MIN } else { part.number };
        let oldest =
            || self.parts.iter().enumerate().min_by_key(|(_, part)| age(part)).map(|(index, _)| index);
        let part = &mut self.parts[known.or_else(oldest).unwrap_or_default()];
        if part.number != number {
            *part = Part { number, ..Part::default() };
        }
        part
    }

    fn counts(&self, now: Timestamp) -> (u32, u32) {
        let number = now.as_second().div_euclid(PART_SECONDS);
        let recent = self.parts.iter().filter(|part| {
            let age = number - part.number;
            (0..SPAN_SECONDS / PART_SECONDS).contains(&age)
        });
        recent.fold((0, 0), |(calls, failed), part| {
            (calls.saturating_add(part.calls), failed.saturating_add(part.failed))
        })
    }
}
