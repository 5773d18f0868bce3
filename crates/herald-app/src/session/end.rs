//! Ending sessions.

use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use herald_core::{
    id::{ConnectionId, SessionId, SubjectId, TenantId},
    provider::ProviderAccount,
    session::{EndReason, Session},
    store::{Page, SessionFilter, SessionPage, SessionRow},
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

/// Is this session one of those that are to be ended?
type Meant<'a> = &'a (dyn Fn(&Session) -> bool + Send + Sync);

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
        self.end_if(tenant, id, reason, &|_| true).await
    }

    async fn end_if(
        &self,
        tenant: &TenantId,
        id: SessionId,
        reason: EndReason,
        is_meant: Meant<'_>,
    ) -> Result<Option<bool>, SessionError> {
        let mut has_ended = false;
        let found = self
            .book
            .update(tenant, id, |session| {
                let session = Some(session).filter(|session| is_meant(session));
                let ended =
                    session.and_then(|session| session.clone().end(reason, self.context.clock.now()).ok());
                has_ended = ended.is_some();
                Ok::<_, SessionError>(ended)
            })
            .await?;
        Ok(found.map(|_| has_ended))
    }

    /// Ends every active session of these, and says how many they were. What begins meanwhile is not looked for. Goes on when the
    /// caller hangs up.
    pub async fn end_all(&self, tenant: &Tenant, which: EndWhich) -> Result<u64, SessionError> {
        let (subject, connection) = match which {
            EndWhich::Subject(subject) => (Some(subject), None),
            EndWhich::Connection(connection) => (None, Some(connection)),
            EndWhich::All => (None, None),
        };
        let (this, tenant) = (self.clone(), tenant.id.clone());
        let work =
            async move { this.end_each(&tenant, subject, connection, EndReason::Ended, &|_| true).await };
        self.context.tasks.finish(work).await?
    }

    /// Ends every active session that a person began as this user of a provider, because the provider deleted the user.
    pub(crate) async fn end_of_user(
        &self,
        tenant: &TenantId,
        subject: SubjectId,
        account: &ProviderAccount,
        user_key: &str,
    ) -> Result<u64, SessionError> {
        // The same person may have signed in as another user too.
        let is_meant = |session: &Session| {
            session.identity.account == *account && session.identity.profile.user_key == user_key
        };
        self.end_each(tenant, Some(subject), None, EndReason::UserDeleted, &is_meant).await
    }

    async fn end_each(
        &self,
        tenant: &TenantId,
        subject: Option<SubjectId>,
        connection: Option<ConnectionId>,
        reason: EndReason,
        is_meant: Meant<'_>,
    ) -> Result<u64, SessionError> {
        let begun_by = self.context.clock.now();
        let filter = SessionFilter { subject, connection, active_at: Some(begun_by) };
        let (mut after, mut count) = (None, 0);
        loop {
            let page = Page { after, limit: PAGE };
            let SessionPage { rows, next } = self.context.store.list_sessions(tenant, &filter, page).await?;
            count += stream::iter(rows)
                .map(|SessionRow { id, .. }| self.end_if(tenant, id, reason, is_meant))
                .buffer_unordered(AT_ONCE)
                .try_fold(0, |count, ended| async move { Ok(count + u64::from(ended == Some(true))) })
                .await?;
            // An empty page is not the last one, where many that are over come first.
            let Some(next) = next else { return Ok(count) };
            after = Some(next);
            // A look is work that waits for nobody: others have their turn in between.
            tokio::task::yield_now().await;
        }
    }
}
