//! One message to one person, as a state machine.
//!
//! ```text
//! queued ──► sending ──► sent ──► delivered
//!   │ ▲         ├──────► failed     surely not sent
//!   │ └─ again ─┼──────► unknown    nobody can know
//!   └───────────┴──────► expired, cancelled
//! ```
//!
//! `failed`, `unknown` and `expired` are dead letters: somebody may have them sent anew.
//!
//! `sending` is stored before the first byte leaves; the outcome is stored on condition that the record is still the one
//! the sender wrote.

mod attempt;
mod moves;
mod status;

pub use attempt::{Attempt, AttemptFailure, AttemptStatus, FailureKind};
pub use status::NotificationStatus;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::{
    id::{ConnectionId, NotificationId, SubjectId, TenantId},
    phone::PhoneNumber,
    provider::ProviderAccount,
    text::{MessageText, Reference, Slug},
};

/// By how much an idempotency key outlives what may be sent under it.
pub const KEY_OUTLIVES: SignedDuration = SignedDuration::from_hours(24);

/// Whom a notification is for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Address {
    /// A person of this tenant, through whatever identity reaches them.
    Subject {
        /// The person.
        subject: SubjectId,
    },
    /// A phone number.
    Phone {
        /// The number.
        phone_number: PhoneNumber,
    },
    /// A slug of Antara.
    Slug {
        /// The slug.
        slug: Slug,
    },
}

/// What a notification says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Message {
    /// Plain text.
    Text {
        /// The words.
        text: MessageText,
    },
}

/// What happens after a send whose end nobody saw, to a provider that does not recognise repeats.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnUnknown {
    /// Nothing more: no duplicate, but it may end `unknown`.
    #[default]
    AtMostOnce,
    /// It is sent again: it arrives, perhaps twice.
    AtLeastOnce,
    /// The next connection of the route is tried.
    Fallback,
}

/// One stop of a route: a connection, and the account it was when the notification was accepted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hop {
    /// The connection.
    pub connection: ConnectionId,
    /// Its account; a connection that has become another account must leave the notification alone.
    pub account: ProviderAccount,
}

/// One notification.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notification {
    /// Its id.
    pub id: NotificationId,
    /// Its tenant.
    pub tenant: TenantId,
    /// Whom it is for.
    pub to: Address,
    /// What it says.
    pub message: Message,
    /// The caller's word.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<Reference>,
    /// The connections that may carry it, in order; at least one, each once.
    pub route: Vec<Hop>,
    /// What to do after a send whose end nobody saw.
    pub on_unknown: OnUnknown,
    /// Not before then.
    pub send_at: Timestamp,
    /// Not after then.
    pub expires_at: Timestamp,
    /// When it was accepted.
    pub created_at: Timestamp,
    /// Until when its idempotency key is kept. Nothing is tried any more in the day before, so that no key is free while
    /// something may still be sent under it. Not known of what an older release accepted: nothing is sent anew of that.
    #[serde(default)]
    pub key_until: Timestamp,
    /// Where it is.
    pub status: NotificationStatus,
    /// Which stop of the route is next, or is being tried.
    #[serde(default)]
    pub hop: usize,
    /// Since when that stop is the present one; since `send_at` when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hop_since: Option<Timestamp>,
    /// When it may be tried again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_at: Option<Timestamp>,
    /// Every try, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attempts: Vec<Attempt>,
    /// How many tries were made before somebody had it sent anew; they do not count for what may be tried now.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub former_attempts: usize,
    /// When it reached a status that does not change by itself any more, or `sent`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub settled_at: Option<Timestamp>,
    /// When the provider said that it had arrived.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delivered_at: Option<Timestamp>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
fn is_zero(count: &usize) -> bool {
    *count == 0
}

/// The move is not possible from where the notification is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a notification that is {from} cannot {action}")]
pub struct IllegalMove {
    /// What was tried.
    pub action: &'static str,
    /// Where the notification is.
    pub from: NotificationStatus,
}

impl Notification {
    /// Did a try at the present stop of the route end without anybody seeing how?
    pub fn is_unknown_here(&self) -> bool {
        self.attempts_here().any(|attempt| matches!(attempt.status, AttemptStatus::Unknown(_)))
    }

    /// The tries at the present stop of the route, since it was last sent anew.
    pub fn attempts_here(&self) -> impl Iterator<Item = &Attempt> {
        let here = self.route.get(self.hop).map(|hop| &hop.connection);
        let since = self.attempts.iter().skip(self.former_attempts);
        since.filter(move |attempt| Some(&attempt.connection) == here)
    }

    /// Since when the present stop of the route is the present one.
    pub fn hop_since(&self) -> Timestamp {
        self.hop_since.unwrap_or(self.send_at)
    }

    /// When somebody has to attend to it next; nothing when it is settled.
    pub fn due_at(&self) -> Option<Timestamp> {
        match self.status {
            NotificationStatus::Queued => Some(self.retry_at.unwrap_or(self.send_at)),
            NotificationStatus::Sending => self.attempts.last().map(|attempt| attempt.deadline),
            _ => None,
        }
    }

    /// The attempt that carried it, once it is sent.
    pub fn carried_by(&self) -> Option<&Attempt> {
        self.attempts.iter().rev().find(|attempt| matches!(attempt.status, AttemptStatus::Sent { .. }))
    }

    /// The name of its sends, the same in every attempt.
    pub fn send_key(&self) -> String {
        format!("herald-{}", self.id)
    }
}

#[cfg(test)]
mod tests;
