//! The sessions.

use std::fmt;

use async_trait::async_trait;
use jiff::Timestamp;

use super::{Cursor, OutboxRow, Page, StoreError};
use crate::{
    id::{ConnectionId, SessionId, SubjectId, TenantId},
    seal::Sealed,
    session::SessionStatus,
};

/// What a store sees of a session. It begins with a claim, in one step with its login.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionRow {
    /// The tenant.
    pub tenant: TenantId,
    /// The session.
    pub id: SessionId,
    /// 1 when inserted, one more with every change: what a conditional write is conditional on.
    pub version: u64,
    /// Ended only when somebody ended it; a session whose time is over stays as it was.
    pub status: SessionStatus,
    /// Whose it is.
    pub subject: SubjectId,
    /// The connection that the person signed in through.
    pub connection: ConnectionId,
    /// When it began.
    pub created_at: Timestamp,
    /// When it ends if it is not used any more.
    pub expires_at: Timestamp,
    /// From then on it is gone.
    pub purge_at: Timestamp,
    /// Everything else.
    pub body: Sealed,
}

impl SessionRow {
    /// Is it neither ended nor over?
    pub fn is_active(&self, now: Timestamp) -> bool {
        self.status == SessionStatus::Active && now < self.expires_at
    }
}

/// Which sessions to list.
#[derive(Clone, Debug, Default)]
pub struct SessionFilter {
    /// Only of this subject.
    pub subject: Option<SubjectId>,
    /// Only through this connection.
    pub connection: Option<ConnectionId>,
    /// Only those that are active at this time.
    pub active_at: Option<Timestamp>,
}

impl SessionFilter {
    /// Is this one of those that are to be listed?
    pub fn takes(&self, row: &SessionRow) -> bool {
        self.subject.is_none_or(|subject| subject == row.subject)
            && self.connection.as_ref().is_none_or(|connection| *connection == row.connection)
            && self.active_at.is_none_or(|at| row.is_active(at))
    }
}

/// A page of sessions.
#[derive(Clone, Debug, Default)]
pub struct SessionPage {
    /// The rows, newest first.
    pub rows: Vec<SessionRow>,
    /// Where the next page begins; nothing when this was the last.
    pub next: Option<Cursor>,
}

/// Keeps sessions.
#[async_trait]
pub trait SessionStore: fmt::Debug + Send + Sync + 'static {
    /// The session, if there is one, ended ones too.
    async fn session(&self, tenant: &TenantId, id: SessionId) -> Result<Option<SessionRow>, StoreError>;

    /// Stores a changed session and what is to be told of the change in one step, if the session is still at the version
    /// before `row.version`.
    ///
    /// # Behaviour
    /// - `of_racing_session_writers_one_wins`: of many writers that saw the same version exactly one gets true, and only what
    ///   it has to tell is stored.
    async fn replace_session(&self, row: &SessionRow, told: &[OutboxRow]) -> Result<bool, StoreError>;

    /// A page of a tenant's sessions, newest first.
    ///
    /// # Behaviour
    /// - `session_pages_cover_the_list`: pages one after the other give every matching row once, newest first.
    /// - A page may be shorter than its limit, and even empty, though more follow: what one call looks at is bounded.
    async fn list_sessions(
        &self,
        tenant: &TenantId,
        filter: &SessionFilter,
        page: Page,
    ) -> Result<SessionPage, StoreError>;
}
