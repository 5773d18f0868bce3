//! What follows a try to send, by its outcome and the tenant's rule.

use std::time::Duration;

use herald_core::{
    clock::Entropy,
    error::{ProviderError, Retry},
    notification::{AttemptFailure, AttemptStatus, Notification, OnUnknown},
    notifier::Receipt,
};
use jiff::{SignedDuration, Timestamp};

use crate::chance;

/// What follows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// Nothing more is tried.
    Settle(AttemptStatus),
    /// The stop `hop` is tried from `at`.
    Again { outcome: AttemptStatus, hop: usize, at: Timestamp },
}

/// What has to be known of the stop that is tried, and of the way behind it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Way<'a> {
    /// Does the provider recognise repeats?
    pub(super) honours_key: bool,
    /// The next stop that could carry it.
    pub(super) next: Option<usize>,
    /// How long one stop is tried while there is a next one.
    pub(super) hop_timeout: SignedDuration,
    /// For waits that differ.
    pub(super) entropy: &'a dyn Entropy,
}

/// How often one stop is tried at most.
const MOST_TRIES: usize = 40;
/// How many tries at one stop may end without anybody seeing how, where each may be a message more.
const MOST_UNKNOWN: usize = 6;
/// For how long a provider is believed to recognise a repeat. None says; a day is what such services promise (Stripe's API does),
/// and an hour of it is for the way there.
const RECOGNISED: SignedDuration = SignedDuration::from_hours(23);
/// The longest wait before the first repeat; of each further one it is twice as long.
const FIRST_WAIT: SignedDuration = SignedDuration::from_secs(1);
/// The longest wait that we choose ourselves.
const LONGEST_WAIT: SignedDuration = SignedDuration::from_mins(15);
/// The bounds of a wait that the provider asks for.
const SHORTEST_ASKED: Duration = Duration::from_secs(1);
const LONGEST_ASKED: Duration = Duration::from_secs(3600);

/// What follows this outcome of the try that runs.
pub(super) fn after(
    notification: &Notification,
    result: Result<Receipt, &ProviderError>,
    way: Way<'_>,
    now: Timestamp,
) -> Next {
    let error = match result {
        Ok(Receipt { message_id, request_id, platform }) => {
            return Next::Settle(AttemptStatus::Sent { message_id, request_id, platform });
        }
        Err(error) => error,
    };
    let may_be_sent = notification.is_unknown_here();
    let failed = || AttemptStatus::Failed(error.into());
    match (error.retry(), notification.on_unknown) {
        (Retry::OutcomeUnknown, _) => {
            after_unknown(notification, AttemptStatus::Unknown(error.into()), way, now)
        }
        (Retry::After(asked), _) if !may_be_sent => not_sent(notification, failed(), asked, way, now),
        // This try surely sent nothing, but an earlier one here may have: the next stop could make a second message of it,
        // and so could this one, unless it recognises repeats or the tenant puts up with them.
        (Retry::After(asked), OnUnknown::Fallback) if way.honours_key => {
            not_sent(notification, failed(), asked, way, now)
        }
        (Retry::After(asked), on_unknown) if way.honours_key || on_unknown == OnUnknown::AtLeastOnce => {
            not_sent(notification, failed(), asked, Way { next: None, ..way }, now)
        }
        (Retry::Never | Retry::After(_), on_unknown) if !may_be_sent || on_unknown == OnUnknown::Fallback => {
            go_on(failed(), way, now)
        }
        (Retry::Never | Retry::After(_), _) => Next::Settle(failed()),
    }
}

/// Did a try here, whose end nobody saw, begin so long ago that even a provider that recognises repeats may take the next one for
/// another message?
pub(super) fn is_forgotten(notification: &Notification, now: Timestamp) -> bool {
    let mut unknown = notification.attempts_here().filter(|attempt| is_unknown(&attempt.status));
    unknown.any(|attempt| now.duration_since(attempt.started_at) >= RECOGNISED)
}

fn is_unknown(status: &AttemptStatus) -> bool {
    matches!(status, AttemptStatus::Unknown(_))
}

/// What follows when the sender died before it wrote the outcome.
pub(super) fn after_death(notification: &Notification, way: Way<'_>, now: Timestamp) -> Next {
    after_unknown(notification, AttemptStatus::Unknown(AttemptFailure::sender_died()), way, now)
}

/// What follows a try of which nobody knows whether it sent anything.
fn after_unknown(notification: &Notification, outcome: AttemptStatus, way: Way<'_>, now: Timestamp) -> Next {
    let before = notification.attempts_here().filter(|attempt| is_unknown(&attempt.status)).count();
    let is_over = way.next.is_some() && now >= notification.hop_since() + way.hop_timeout;
    match notification.on_unknown {
        OnUnknown::Fallback if is_over => go_on(outcome, way, now),
        // A provider that recognises repeats makes one effect of them, whatever the tenant's rule.
        _ if way.honours_key && notification.attempts_here().count() < MOST_TRIES => {
            again(notification, outcome, Duration::ZERO, way, now)
        }
        OnUnknown::AtLeastOnce if before + 1 < MOST_UNKNOWN => {
            again(notification, outcome, Duration::ZERO, way, now)
        }
        OnUnknown::Fallback => go_on(outcome, way, now),
        OnUnknown::AtMostOnce | OnUnknown::AtLeastOnce => Next::Settle(outcome),
    }
}

/// What follows a try that surely sent nothing and may be made again: the same stop, until its time is over and there is
/// another one.
fn not_sent(
    notification: &Notification,
    outcome: AttemptStatus,
    asked: Duration,
    way: Way<'_>,
    now: Timestamp,
) -> Next {
    let is_enough = notification.attempts_here().count() >= MOST_TRIES;
    let over_at = notification.hop_since() + way.hop_timeout;
    if is_enough || (way.next.is_some() && now >= over_at) {
        return go_on(outcome, way, now);
    }
    match again(notification, outcome, asked.clamp(SHORTEST_ASKED, LONGEST_ASKED), way, now) {
        Next::Again { outcome, hop, at } if way.next.is_some() => {
            Next::Again { outcome, hop, at: at.min(over_at) }
        }
        next => next,
    }
}

/// The same stop after a wait with full jitter, which is no shorter than what was asked for. What would come too late comes up
/// when its time is over, to be settled then.
fn again(
    notification: &Notification,
    outcome: AttemptStatus,
    asked: Duration,
    way: Way<'_>,
    now: Timestamp,
) -> Next {
    let tries = notification.attempts_here().count();
    let most = FIRST_WAIT.saturating_mul(1 << tries.saturating_sub(1).min(16)).min(LONGEST_WAIT);
    let asked = SignedDuration::try_from(asked).unwrap_or(LONGEST_WAIT);
    let wait = chance::up_to(most, way.entropy).max(asked);
    Next::Again { outcome, hop: notification.hop, at: (now + wait).min(notification.expires_at) }
}

/// The next stop at once, if there is one.
fn go_on(outcome: AttemptStatus, way: Way<'_>, now: Timestamp) -> Next {
    match way.next {
        Some(hop) => Next::Again { outcome, hop, at: now },
        None => Next::Settle(outcome),
    }
}

#[cfg(test)]
#[path = "policy_tests.rs"]
mod tests;
