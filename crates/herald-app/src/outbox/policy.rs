//! What follows a try to tell.
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
use jiff::{SignedDuration, Timestamp};

use super::outgoing::{Delivery, DeliveryState, Reply, Settlement};

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

fn meaning(reply: &Reply) -> Meaning {
    match reply {
        Reply::Status(200..300) => Meaning::Taken,
        Reply::Status(410) => Meaning::Gone,
        Reply::Status(501) => Meaning::Refused,
        Reply::Status(408 | 425 | 429 | 500..600) | Reply::NoAnswer(_) => Meaning::Trouble,
        Reply::Status(_) => Meaning::Refused,
    }
}

impl Delivery {
    /// Notes how a try ended, and what follows.
    pub(super) fn tried(&mut self, result: Result<Receipt, NoAnswer>, now: Timestamp, entropy: &dyn Entropy) {
        let asked = result.as_ref().ok().and_then(|receipt| receipt.retry_after);
        let reply = match result {
            Ok(receipt) => Reply::Status(receipt.status),
            Err(NoAnswer(why)) => Reply::NoAnswer(why),
        };
        let meaning = meaning(&reply);
        self.last = Some(reply);
        self.attempts = self.attempts.saturating_add(1);
        if meaning == Meaning::Refused {
            self.refusals = self.refusals.saturating_add(1);
        }
        let how = match meaning {
            Meaning::Taken => Settlement::Delivered,
            Meaning::Gone => Settlement::Refused,
            Meaning::Refused if self.refusals >= MOST_REFUSALS => Settlement::Refused,
            Meaning::Refused | Meaning::Trouble => {
                let wait = wait(self.attempts, entropy).max(asked.unwrap_or_default().min(LONGEST_WAIT));
                return self.put_off(after(now, wait), now);
            }
        };
        self.settle(how, now);
    }

    /// Tries next at this time, or gives up if that is too late.
    pub(super) fn put_off(&mut self, next_at: Timestamp, now: Timestamp) {
        if next_at <= self.give_up_at {
            self.state = DeliveryState::Open { next_at };
        } else {
            self.settle(Settlement::GaveUp, now);
        }
    }

    /// Ends it.
    pub(super) fn settle(&mut self, how: Settlement, now: Timestamp) {
        self.state = DeliveryState::Settled { how, at: now };
    }
}

/// How long a receiver that says so is left alone by everything that is meant for it.
pub(super) fn rest(result: &Result<Receipt, NoAnswer>, now: Timestamp) -> Option<Timestamp> {
    match result {
        Ok(Receipt { status: 429 | 503, retry_after: Some(asked) }) => {
            Some(after(now, (*asked).min(LONGEST_WAIT)))
        }
        _ => None,
    }
}

/// The wait after so many tries: any time up to a bound that doubles, so that those who failed together do not come back
/// together.
fn wait(attempts: u32, entropy: &dyn Entropy) -> Duration {
    let doublings = attempts.saturating_sub(1).min(16);
    let bound = FIRST_WAIT.saturating_mul(1 << doublings).min(LONGEST_WAIT);
    let mut bytes = [0; 4];
    entropy.fill(&mut bytes);
    bound.mul_f64(f64::from(u32::from_be_bytes(bytes)) / f64::from(u32::MAX)).max(SHORTEST_WAIT)
}

fn after(now: Timestamp, wait: Duration) -> Timestamp {
    SignedDuration::try_from(wait).map_or(Timestamp::MAX, |wait| super::later(now, wait))
}

#[cfg(test)]
#[path = "policy_tests.rs"]
mod tests;
