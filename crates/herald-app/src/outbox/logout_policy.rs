//! What follows a try to tell the receiver of logout tokens.
//!
//! OpenID Connect Back-Channel Logout 1.0 lets a message be repeated where the failure may pass (2.5), and gives receivers 400
//! for everything that went wrong (2.8): a token that is bad, and a logout that failed. So a 400 may pass: the receiver's
//! own store was away, or it has yet to fetch the key. It, and what a proxy in front of a receiver says while that is being
//! rolled out, is repeated a few times over some minutes, and not for a day as what surely is trouble.
//!
//! | answer | what it means | what follows |
//! |---|---|---|
//! | 2xx | taken | delivered |
//! | 410 | gone for good | refused |
//! | 408, 425, 429, 5xx but 501, none | trouble | again, for 24 h; then given up |
//! | all others, redirects too | refused | again, until it was refused [`MOST_REFUSALS`] times |

use std::time::Duration;

use herald_core::{
    clock::Entropy,
    courier::{NoAnswer, Receipt},
};
use jiff::SignedDuration;

use super::outgoing::{Next, Reply, Settlement};
use crate::chance;

/// How often a receiver may refuse before it is believed. With the waits between, about five minutes.
const MOST_REFUSALS: u32 = 8;
/// The longest wait before the first repeat; before each further one it doubles.
const FIRST_WAIT: Duration = Duration::from_secs(5);
/// The longest wait at all, also when the receiver asks for a longer one.
const LONGEST_WAIT: Duration = Duration::from_secs(3600);
/// The shortest.
const SHORTEST_WAIT: Duration = Duration::from_secs(1);

/// What an answer means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Meaning {
    Taken,
    Gone,
    Trouble,
    Refused,
}

fn meaning(reply: Reply) -> Meaning {
    match reply {
        Reply::Status(200..300) => Meaning::Taken,
        Reply::Status(410) => Meaning::Gone,
        Reply::Status(501) => Meaning::Refused,
        Reply::Status(408 | 425 | 429 | 500..600) | Reply::NoAnswer(_) => Meaning::Trouble,
        Reply::Status(_) => Meaning::Refused,
    }
}

/// Does the receiver refuse, in a way that may pass?
pub(super) fn is_refusal(reply: Reply) -> bool {
    meaning(reply) == Meaning::Refused
}

/// What follows a try that ended so, after so many that failed and were refused, this one among them.
pub(super) fn next(
    result: &Result<Receipt, NoAnswer>,
    failures: u32,
    refusals: u32,
    entropy: &dyn Entropy,
) -> Next {
    match meaning(Reply::of(result)) {
        Meaning::Taken => Next::Settle(Settlement::Delivered),
        Meaning::Gone => Next::Settle(Settlement::Refused),
        Meaning::Refused if refusals >= MOST_REFUSALS => Next::Settle(Settlement::Refused),
        Meaning::Refused | Meaning::Trouble => {
            let asked = result.as_ref().ok().and_then(|receipt| receipt.retry_after).unwrap_or_default();
            Next::Again(signed(wait(failures, entropy).max(asked.min(LONGEST_WAIT))))
        }
    }
}

/// How long a receiver that says so is left alone by everything that is meant for it.
pub(super) fn rest(result: &Result<Receipt, NoAnswer>) -> Option<SignedDuration> {
    match result {
        Ok(Receipt { status: 429 | 503, retry_after: Some(asked) }) => {
            Some(signed((*asked).min(LONGEST_WAIT)))
        }
        _ => None,
    }
}

/// The wait after so many failures: any time up to a bound that doubles, so that those who failed together do not come back
/// together.
fn wait(failures: u32, entropy: &dyn Entropy) -> Duration {
    let doublings = failures.saturating_sub(1).min(16);
    let bound = FIRST_WAIT.saturating_mul(1 << doublings).min(LONGEST_WAIT);
    bound.mul_f64(chance::part(entropy)).max(SHORTEST_WAIT)
}

/// A wait, for the clock. Waits are bounded, so all of them fit.
pub(super) fn signed(wait: Duration) -> SignedDuration {
    SignedDuration::try_from(wait).unwrap_or(SignedDuration::MAX)
}

#[cfg(test)]
#[path = "logout_policy_tests.rs"]
mod tests;
