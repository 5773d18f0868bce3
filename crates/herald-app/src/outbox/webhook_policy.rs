//! What follows a try to tell a webhook endpoint: the schedule that Standard Webhooks 1.0.0 gives as its example, and what it
//! says of answers.
//!
//! | answer | what follows |
//! |---|---|
//! | 2xx | delivered |
//! | 410 | nothing; the endpoint is disabled |
//! | 429, 502, 503, 504 | the next wait of the schedule, at least [`SHORTEST_REST`]; all that is meant for the endpoint waits as long |
//! | all others, redirects too, or none | the next wait of the schedule, until there is none |

use std::time::Duration;

use herald_core::{
    clock::Entropy,
    courier::{NoAnswer, Receipt},
};
use jiff::SignedDuration;

use super::{
    logout_policy::signed,
    outgoing::{Next, Settlement},
};
use crate::chance;

/// The waits between tries, in seconds, each a fifth more or less: about 75 hours in all.
const WAITS: [u32; 9] = [5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400];
/// How far a wait is from what the schedule says, at most, as a part of it.
const JITTER: f64 = 0.2;
/// The shortest time that an endpoint which cannot keep up is left alone.
const SHORTEST_REST: Duration = Duration::from_secs(60);
/// The longest time that an endpoint may ask to be left alone.
const LONGEST_REST: Duration = Duration::from_secs(24 * 3600);

/// What follows a try that ended so, after so many that failed, this one among them. A trial is made once: who asked for it
/// looks at how it went.
pub(super) fn next(
    result: &Result<Receipt, NoAnswer>,
    failures: u32,
    is_test: bool,
    entropy: &dyn Entropy,
) -> Next {
    match result {
        Ok(Receipt { status: 200..300, .. }) => Next::Settle(Settlement::Delivered),
        Ok(Receipt { status: 410, .. }) => Next::Settle(Settlement::Refused),
        _ if is_test => Next::Settle(Settlement::GaveUp),
        _ => match wait(failures, entropy) {
            Some(wait) => Next::Again(wait.max(asked(result))),
            None => Next::Settle(Settlement::GaveUp),
        },
    }
}

/// How long an endpoint that cannot keep up is left alone by everything that is meant for it.
pub(super) fn rest(result: &Result<Receipt, NoAnswer>) -> Option<SignedDuration> {
    matches!(result, Ok(Receipt { status: 429 | 502..=504, .. })).then(|| asked(result))
}

/// How long the answer asks to wait: nothing of one that neither says so nor stands for an endpoint that cannot keep up.
fn asked(result: &Result<Receipt, NoAnswer>) -> SignedDuration {
    let Ok(receipt) = result else { return SignedDuration::ZERO };
    let asked = receipt.retry_after.unwrap_or_default().min(LONGEST_REST);
    signed(if matches!(receipt.status, 429 | 502..=504) { asked.max(SHORTEST_REST) } else { asked })
}

/// The wait after so many failures; nothing after the last try.
fn wait(failures: u32, entropy: &dyn Entropy) -> Option<SignedDuration> {
    let index = usize::try_from(failures.saturating_sub(1)).ok()?;
    let factor = 1.0 + JITTER * (2.0 * chance::part(entropy) - 1.0);
    let wait = Duration::from_secs(u64::from(*WAITS.get(index)?)).mul_f64(factor);
    Some(signed(wait))
}

#[cfg(test)]
#[path = "webhook_policy_tests.rs"]
mod tests;
