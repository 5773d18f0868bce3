//! The bound on status polls: long ones while there is room, short ones above it.

use std::{sync::Arc, time::Duration};

use herald_outbound::Lane;
use tokio::{sync::Semaphore, time::Instant};

/// The longest that a long poll takes; Antirius holds it for 10 s.
const LONG: Duration = Duration::from_secs(15);
/// How often a login is looked at that found no room for a long poll.
const SHORT_PERIOD: Duration = Duration::from_secs(5);
/// What a long poll is expected to be held at least; one that comes back at once must not be made again at once.
const HELD: Duration = Duration::from_secs(1);

/// Two bounds of their own, so that neither messages nor redeeming ever wait behind polls.
#[derive(Clone, Debug)]
pub(crate) struct Polls {
    long: Arc<Semaphore>,
    short: Arc<Semaphore>,
    timeout: Duration,
}

/// One poll: how it is made.
#[derive(Debug)]
pub(crate) struct Poll {
    pub(crate) pace: Pace,
    pub(crate) timeout: Duration,
    pub(crate) lane: Lane,
}

/// When the next look makes sense.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pace {
    pub(crate) is_long: bool,
    begun: Instant,
}

impl Polls {
    pub(crate) fn new(long: usize, short: usize, timeout: Duration) -> Self {
        let bound = |places: usize| Arc::new(Semaphore::new(places.min(Semaphore::MAX_PERMITS)));
        Self { long: bound(long), short: bound(short), timeout }
    }

    /// A poll that holds the line if it may and there is room.
    pub(crate) fn next(&self, may_hold: bool) -> Poll {
        let permit = if may_hold { Arc::clone(&self.long).try_acquire_owned().ok() } else { None };
        let pace = Pace { is_long: permit.is_some(), begun: Instant::now() };
        let (timeout, lane) = permit.map_or_else(
            || (self.timeout, Lane::Own(Arc::clone(&self.short))),
            |permit| (LONG, Lane::Held(permit)),
        );
        Poll { pace, timeout, lane }
    }
}

impl Pace {
    /// When to look again after this poll found nothing.
    pub(crate) fn pause(self) -> Duration {
        if self.is_long { HELD.saturating_sub(self.begun.elapsed()) } else { SHORT_PERIOD }
    }
}
