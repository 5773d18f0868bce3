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
//! | `L0` | the provider began a login, and it is not stored |
//! | `L1` | it is stored, and nobody was told |
//! | `L2` | the provider says that the person agreed, and that is not stored |
//! | `L3` | the record says who redeems the login |
//! | `L4` | the one-shot call is about to be made |
//! | `L5` | its answer has come, and is not stored |
//! | `L6` | it is stored, and not verified |
//! | `L7` | the login is confirmed, with its one-time code, and nobody was told |
//! | `L8` | it is claimed, and the caller was not told |
//! | `L9` | its claim is about to be stored: before `L8` |
//! | `L10` | its claim was told to all who wait, and the answer is about to be given: after `L8` |
//!
//! Every one-shot call passes `K6` and `K7`, so that of a login they lie between `L4` and `L5`.

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
