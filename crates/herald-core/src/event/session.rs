//! What is told of a session.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    id::{ConnectionId, SessionId, SubjectId},
    provider::ProviderName,
    session::{EndReason, Session},
};

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
