//! One message to one person, as a state machine.
//!
//! ```text
//! queued ──► sending ──► sent ──► delivered
//!   │           ├──────► failed     surely not sent
//!   │           └──────► unknown    nobody can know
//!   ├──────────────────► expired, cancelled
//! ```
//!
//! `sending` is stored before the first byte leaves; the outcome is stored on condition that the record is still the one
//! the sender wrote.

mod attempt;
mod status;

pub use attempt::{Attempt, AttemptFailure, AttemptStatus, FailureKind};
pub use status::NotificationStatus;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    id::{ConnectionId, NotificationId, SubjectId, TenantId},
    phone::PhoneNumber,
    provider::ProviderAccount,
    text::{MessageText, Reference, Slug},
};

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
    /// The connections that may carry it, in order; at least one.
    pub route: Vec<Hop>,
    /// What to do after a send whose end nobody saw.
    pub on_unknown: OnUnknown,
    /// Not before then.
    pub send_at: Timestamp,
    /// Not after then.
    pub expires_at: Timestamp,
    /// When it was accepted.
    pub created_at: Timestamp,
    /// Where it is.
    pub status: NotificationStatus,
    /// Which stop of the route is next, or is being tried.
    #[serde(default)]
    pub hop: usize,
    /// When it may be tried again, after a try whose end nobody saw.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_at: Option<Timestamp>,
    /// Every try, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attempts: Vec<Attempt>,
    /// When it reached a status that does not change any more, or `sent`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub settled_at: Option<Timestamp>,
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
    /// queued → sending, through the stop `hop` of the route; to be stored before the first byte leaves.
    pub fn start_attempt(
        mut self,
        hop: usize,
        now: Timestamp,
        deadline: Timestamp,
    ) -> Result<Self, IllegalMove> {
        let Some(stop) = self.route.get(hop).filter(|_| self.status == NotificationStatus::Queued) else {
            return Err(self.cannot("be sent"));
        };
        let number = u32::try_from(self.attempts.len()).unwrap_or(u32::MAX).saturating_add(1);
        self.attempts.push(Attempt::start(number, stop, now, deadline));
        self.status = NotificationStatus::Sending;
        self.hop = hop;
        self.retry_at = None;
        Ok(self)
    }

    /// sending → sent | failed | unknown: the try that runs ended like this, and nothing more will be tried.
    ///
    /// `failed` only if every try surely failed: with one whose end nobody saw, it is `unknown`.
    pub fn finish(mut self, outcome: AttemptStatus, at: Timestamp) -> Result<Self, IllegalMove> {
        let settled = outcome.settles_as();
        self.end_attempt(outcome, at)?;
        self.status = self.unless_unknown(settled);
        self.settled_at = Some(at);
        Ok(self)
    }

    /// sending → queued: the try that runs ended like this, and the stop `hop` is to be tried from `retry_at`.
    pub fn requeue(
        mut self,
        outcome: AttemptStatus,
        at: Timestamp,
        hop: usize,
        retry_at: Timestamp,
    ) -> Result<Self, IllegalMove> {
        self.end_attempt(outcome, at)?;
        self.status = NotificationStatus::Queued;
        self.hop = hop;
        self.retry_at = Some(retry_at);
        Ok(self)
    }

    fn end_attempt(&mut self, outcome: AttemptStatus, at: Timestamp) -> Result<(), IllegalMove> {
        let illegal = self.cannot("be finished");
        match (self.status, self.attempts.last_mut()) {
            (NotificationStatus::Sending, Some(attempt)) if outcome != AttemptStatus::Sending => {
                attempt.finish(outcome, at);
                Ok(())
            }
            _ => Err(illegal),
        }
    }

    /// queued → failed: nothing can carry it any more. `unknown` after a try whose end nobody saw.
    pub fn fail(mut self, at: Timestamp) -> Result<Self, IllegalMove> {
        self.settle_queued(NotificationStatus::Failed, at).map(|()| self)
    }

    /// queued → expired: its time ran out. `unknown` after a try whose end nobody saw.
    pub fn expire(mut self, at: Timestamp) -> Result<Self, IllegalMove> {
        self.settle_queued(NotificationStatus::Expired, at).map(|()| self)
    }

    fn settle_queued(&mut self, status: NotificationStatus, at: Timestamp) -> Result<(), IllegalMove> {
        if self.status != NotificationStatus::Queued {
            return Err(self.cannot("be settled"));
        }
        self.status = self.unless_unknown(status);
        self.settled_at = Some(at);
        Ok(())
    }

    /// A status that says "surely not sent" is a lie after a try whose end nobody saw.
    fn unless_unknown(&self, status: NotificationStatus) -> NotificationStatus {
        let says_not_sent = matches!(status, NotificationStatus::Failed | NotificationStatus::Expired);
        let is_unknown =
            self.attempts.iter().any(|attempt| matches!(attempt.status, AttemptStatus::Unknown(_)));
        if says_not_sent && is_unknown { NotificationStatus::Unknown } else { status }
    }

    /// Did a try at the present stop of the route end without anybody seeing how?
    pub fn is_unknown_here(&self) -> bool {
        self.attempts_here().any(|attempt| matches!(attempt.status, AttemptStatus::Unknown(_)))
    }

    /// The tries at the present stop of the route.
    pub fn attempts_here(&self) -> impl Iterator<Item = &Attempt> {
        let here = self.route.get(self.hop).map(|hop| &hop.connection);
        self.attempts.iter().filter(move |attempt| Some(&attempt.connection) == here)
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

    fn cannot(&self, action: &'static str) -> IllegalMove {
        IllegalMove { action, from: self.status }
    }
}

#[cfg(test)]
mod tests;
