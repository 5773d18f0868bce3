//! What follows a try to send, by its outcome and the tenant's rule.

use herald_core::{
    error::{ProviderError, Retry},
    notification::{AttemptFailure, AttemptStatus, Notification, OnUnknown},
    notifier::Receipt,
};
use jiff::{SignedDuration, Timestamp};

/// What follows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// Nothing more is tried.
    Settle(AttemptStatus),
    /// The stop `hop` is tried from `at`.
    Again { outcome: AttemptStatus, hop: usize, at: Timestamp },
}

/// How often one stop is tried, when the first try there did not clearly end.
const MOST_TRIES: usize = 6;
/// The wait before the first repeat; each further one waits twice as long.
const FIRST_WAIT: SignedDuration = SignedDuration::from_secs(1);

/// What follows this outcome of the try that runs.
pub(super) fn after(
    notification: &Notification,
    result: Result<Receipt, &ProviderError>,
    honours_key: bool,
    now: Timestamp,
) -> Next {
    match result {
        Ok(receipt) => Next::Settle(AttemptStatus::Sent {
            message_id: receipt.message_id,
            request_id: receipt.request_id,
        }),
        Err(error) if error.retry() == Retry::OutcomeUnknown => {
            after_unknown(notification, AttemptStatus::Unknown(error.into()), honours_key, now)
        }
        // This try surely sent nothing, but an earlier one here may have: the next stop could make a second message of it.
        Err(error) if notification.is_unknown_here() => {
            after_unknown(notification, AttemptStatus::Failed(error.into()), honours_key, now)
        }
        // Surely not sent: the next stop of the route, if there is one.
        Err(error) => next_hop(notification, AttemptStatus::Failed(error.into()), now),
    }
}

/// What follows when the sender died before it wrote the outcome.
pub(super) fn after_death(notification: &Notification, honours_key: bool, now: Timestamp) -> Next {
    after_unknown(notification, AttemptStatus::Unknown(AttemptFailure::sender_died()), honours_key, now)
}

/// What follows while nobody knows whether this stop has sent it.
fn after_unknown(
    notification: &Notification,
    outcome: AttemptStatus,
    honours_key: bool,
    now: Timestamp,
) -> Next {
    let tries = notification.attempts_here().count();
    match notification.on_unknown {
        // A provider that recognises repeats makes one effect of them, whatever the tenant's rule.
        _ if honours_key && tries < MOST_TRIES => again(notification, outcome, tries, now),
        OnUnknown::AtLeastOnce if tries < MOST_TRIES => again(notification, outcome, tries, now),
        OnUnknown::Fallback => next_hop(notification, outcome, now),
        OnUnknown::AtMostOnce | OnUnknown::AtLeastOnce => Next::Settle(outcome),
    }
}

fn again(notification: &Notification, outcome: AttemptStatus, tries: usize, now: Timestamp) -> Next {
    let wait = FIRST_WAIT.saturating_mul(1 << tries.saturating_sub(1).min(8));
    Next::Again { outcome, hop: notification.hop, at: now + wait }
}

fn next_hop(notification: &Notification, outcome: AttemptStatus, now: Timestamp) -> Next {
    let hop = notification.hop + 1;
    if hop < notification.route.len() { Next::Again { outcome, hop, at: now } } else { Next::Settle(outcome) }
}

#[cfg(test)]
#[path = "policy_tests.rs"]
mod tests;
