//! Time and randomness as ports: nothing in Herald reads a clock or a random generator that was not passed in.

use std::fmt;

use async_trait::async_trait;
use jiff::Timestamp;

/// The time, and waiting for it.
///
/// # Behaviour
/// - `now` is the time in UTC; two calls may give the same value and, after a clock step, an earlier one.
/// - `sleep_until` returns at once for a time that is past, and else when `now` has reached it. Where the clock is set back
///   meanwhile, it returns about when it would have without that: whoever needs the time to have come looks at it again.
#[async_trait]
pub trait Clock: fmt::Debug + Send + Sync + 'static {
    /// The time now.
    fn now(&self) -> Timestamp;

    /// Waits until `now` has reached `at`, or as long as that seemed to take.
    async fn sleep_until(&self, at: Timestamp);
}

/// Random bytes fit for secrets.
pub trait Entropy: fmt::Debug + Send + Sync + 'static {
    /// Fills `bytes` with unpredictable bytes.
    fn fill(&self, bytes: &mut [u8]);
}

/// The operating system's random generator, by aws-lc-rs.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemEntropy;

impl Entropy for SystemEntropy {
    fn fill(&self, bytes: &mut [u8]) {
        aws_lc_rs::rand::fill(bytes).expect("the operating system gives random bytes");
    }
}
