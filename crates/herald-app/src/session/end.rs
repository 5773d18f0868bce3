//! Ending sessions.

use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use herald_core::{
    id::{ConnectionId, SessionId, SubjectId, TenantId},
    session::EndReason,
    store::{Cursor, Page, SessionFilter, SessionRow},
};

use super::{SessionError, Sessions};
use crate::tenant::Tenant;

/// How many sessions are ended at once; the store commits them together.
const AT_ONCE: usize = 64;
/// How many are looked up at once.
const PAGE: usize = 128;

/// Which sessions to end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EndWhich {
    /// Those of one person.
    Subject(SubjectId),
    /// Those that began through one connection.
    Connection(ConnectionId),
    /// All of the tenant.
    All,
}

impl Sessions {
    /// Ends a session. False: there is none. One that is over stays as it is.
    pub async fn end(&self, tenant: &Tenant, id: SessionId) -> Result<bool, SessionError> {
        self.end_because(&tenant.id, id, EndReason::Ended).await.map(|ended| ended.is_some())
    }

    /// Ends a session for a reason; says whether it was active until now, or nothing when there is none.
    pub(crate) async fn end_because(
        &self,
        tenant: &TenantId,
        id: SessionId,
        reason: EndReason,
    ) -> Result<Option<bool>, SessionError> {
        let mut has_ended = false;
        let found = self
            .book
            .update(tenant, id, |session| {
                let ended = session.clone().end(reason, self.context.clock.now()).ok();
                has_ended = ended.is_some();
                Ok::<_, SessionError>(ended)
            })
            .await?;
        Ok(found.map(|_| has_ended))
    }

    /// Ends every active session of these, and says how many they were. What begins meanwhile is not looked for. Goes on when the
    /// caller hangs up.
    pub async fn end_all(&self, tenant: &Tenant, which: EndWhich) -> Result<u64, SessionError> {
        let (this, tenant) = (self.clone(), tenant.id.clone());
        self.context.tasks.finish(async move { this.end_each(&tenant, which).await }).await?
    }

    async fn end_each(&self, tenant: &TenantId, which: EndWhich) -> Result<u64, SessionError> {
        let (subject, connection) = match which {
            EndWhich::Subject(subject) => (Some(subject), None),
            EndWhich::Connection(connection) => (None, Some(connection)),
            EndWhich::All => (None, None),
        };
        let begun_by = self.context.clock.now();
        let filter = SessionFilter { subject, connection, active_at: Some(begun_by) };
        let (mut after, mut count) = (None, 0);
        loop {
            let rows = self.context.store.list_sessions(tenant, &filter, Page { after, limit: PAGE }).await?;
            let Some(last) = rows.last() else { return Ok(count) };
            after = Some(Cursor { created_at: last.created_at, id: last.id.as_u128() });
            count += stream::iter(rows)
                .map(|SessionRow { id, .. }| self.end_because(tenant, id, EndReason::Ended))
                .buffer_unordered(AT_ONCE)
                .try_fold(0, |count, ended| async move { Ok(count + u64::from(ended == Some(true))) })
                .await?;
        }
    }
}
