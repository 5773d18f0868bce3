//! What happened, for those who asked to be told.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    id::{ConnectionId, EventId, SessionId, SubjectId, TenantId},
    provider::ProviderName,
    session::{EndReason, Session},
};

/// Something that happened. Written to the outbox in one step with the change that it tells of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// Its id; the same however often it is told.
    pub id: EventId,
    /// Whose it is.
    pub tenant: TenantId,
    /// When it happened.
    pub at: Timestamp,
    /// What happened.
    pub what: Happening,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type")]
pub enum Happening {
    /// A session was ended. Not told of one whose time merely ran out: that was known when it began.
    #[serde(rename = "session.ended")]
    SessionEnded {
        /// The session.
        session: SessionEnded,
    },
    /// A refresh token was used again long after its rotation; `session.ended` is told as well.
    #[serde(rename = "session.reuse_detected")]
    SessionReuseDetected {
        /// The session.
        session: SessionEnded,
    },
}

impl Happening {
    /// The event's type as a word.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::SessionEnded { .. } => "session.ended",
            Self::SessionReuseDetected { .. } => "session.reuse_detected",
        }
    }
}

/// A session that was ended, as far as others are told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionEnded {
    /// Its id, the `sid` of its tokens.
    pub id: SessionId,
    /// Whose it was.
    pub subject: SubjectId,
    /// The provider that vouched.
    pub provider: ProviderName,
    /// The connection that the person signed in through.
    pub connection: ConnectionId,
    /// When it began.
    pub created_at: Timestamp,
    /// When it was last used.
    pub last_used_at: Timestamp,
    /// When it would have ended without use.
    pub expires_at: Timestamp,
    /// When it was ended.
    pub ended_at: Timestamp,
    /// Why.
    pub reason: EndReason,
}

impl SessionEnded {
    /// What is told of an ended session; nothing of one that nobody ended.
    pub fn of(session: &Session) -> Option<Self> {
        let end = session.end?;
        Some(Self {
            id: session.id,
            subject: session.subject,
            provider: session.identity.account.provider.clone(),
            connection: session.identity.connection.clone(),
            created_at: session.created_at,
            last_used_at: session.last_used_at,
            expires_at: session.expires_at(),
            ended_at: end.at,
            reason: end.reason,
        })
    }
}
