//! The sandbox's time: real or fixed, and always movable forward, so that no expiry needs waiting for.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

/// A clock with an offset. Clones share the offset.
#[derive(Debug, Clone)]
pub struct Clock {
    fixed: Option<Timestamp>,
    offset_ms: Arc<AtomicI64>,
}

impl Clock {
    /// The system's time plus what was advanced.
    pub fn system() -> Self {
        Self { fixed: None, offset_ms: Arc::default() }
    }

    /// Stands still at `at` until it is advanced.
    pub fn fixed(at: Timestamp) -> Self {
        Self { fixed: Some(at), offset_ms: Arc::default() }
    }

    /// Now, in whole milliseconds, as the providers print it.
    pub fn now(&self) -> Timestamp {
        #[expect(clippy::disallowed_methods, reason = "the one place of this crate where time comes from")]
        let base = self.fixed.unwrap_or_else(Timestamp::now);
        let ms = base.as_millisecond() + self.offset_ms.load(Ordering::SeqCst);
        Timestamp::from_millisecond(ms).unwrap_or(Timestamp::MAX)
    }

    /// Now in seconds since 1970.
    pub fn unix(&self) -> i64 {
        self.now().as_second()
    }

    /// Moves the time forward for everything in the sandbox.
    pub fn advance(&self, by: Duration) {
        let ms = i64::try_from(by.as_millis()).unwrap_or(i64::MAX / 4);
        self.offset_ms.fetch_add(ms, Ordering::SeqCst);
    }

    /// How far it was advanced.
    pub fn advanced(&self) -> Duration {
        Duration::from_millis(u64::try_from(self.offset_ms.load(Ordering::SeqCst)).unwrap_or(0))
    }

    /// Back to no offset.
    pub(crate) fn reset(&self) {
        self.offset_ms.store(0, Ordering::SeqCst);
    }
}

/// `at` plus whole seconds; stays in range.
pub(crate) fn plus(at: Timestamp, seconds: i64) -> Timestamp {
    at.saturating_add(SignedDuration::from_secs(seconds)).unwrap_or(Timestamp::MAX)
}

/// ISO 8601 with milliseconds and `Z`, as Antirius prints it.
pub(crate) fn millis(at: Timestamp) -> String {
    format!("{at:.3}")
}

/// The same with six fractional digits, as Authara prints `created_at`.
pub(crate) fn micros(at: Timestamp) -> String {
    format!("{at:.6}")
}
