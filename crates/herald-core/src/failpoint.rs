//! Places where a test kills the process, to see that nothing is lost there. Without the feature `failpoints` they are
//! nothing at all.
//!
//! | point | where |
//! |---|---|
//! | `K0` | before a notification and its idempotency key are stored |
//! | `K1` | they are written, and not committed |
//! | `K2` | they are committed, and the caller is not told |
//! | `K3` | the caller is told, and nobody has taken the notification up |
//! | `K4` | it is leased, and no record says that it is being sent |
//! | `K5` | the record says so, and no byte was sent |
//! | `K6` | the request was sent, and no answer has come |
//! | `K7` | the head of the answer has come, and not its body |
//! | `K8` | the answer is understood, and the outcome is not stored |
//! | `K9` | outcome and events are stored, and nobody was told of the events |
//! | `K10` | a webhook was sent, and that is not stored |

/// Passes one of the points.
#[cfg(not(feature = "failpoints"))]
#[inline]
pub fn pass(_point: &'static str) {}

#[cfg(feature = "failpoints")]
pub use armed::{arm, pass};

#[cfg(feature = "failpoints")]
mod armed {
    use std::sync::{
        OnceLock,
        atomic::{AtomicU64, Ordering},
    };

    #[derive(Debug)]
    struct Armed {
        point: String,
        passes_left: AtomicU64,
        kill: fn(),
    }

    static ARMED: OnceLock<Armed> = OnceLock::new();

    /// Calls `kill` at the `pass`-th pass of `point`, 1 for the first. Only the first arming counts.
    pub fn arm(point: &str, pass: u64, kill: fn()) {
        let armed = Armed { point: point.to_owned(), passes_left: AtomicU64::new(pass.max(1)), kill };
        // A second one would make it unclear which point is meant.
        let _ = ARMED.set(armed);
    }

    /// Passes one of the points.
    pub fn pass(point: &'static str) {
        let Some(armed) = ARMED.get().filter(|armed| armed.point == point) else { return };
        if armed.passes_left.fetch_sub(1, Ordering::SeqCst) == 1 {
            (armed.kill)();
        }
    }
}
