//! What providers send by themselves: proven, read, acted upon once.
//!
//! # Things to note
//! - A notice is remembered after its effect is stored. One that comes again in between has its effect again, and every
//!   effect is one that changes nothing the second time.
//! - The memory belongs to the provider account: two connections to one account see each notice once.
//! - That a user was deleted is remembered before its sessions are ended, so that a login which is confirmed already gives it
//!   no new one: a claim looks before and after it stores its session.
//! - A provider repeats what was not answered with a success. So what fails here fails as a whole, and is told.

mod error;
mod outcome;

pub use error::HookError;

use std::sync::Arc;

use herald_core::{
    id::{ConnectionId, TenantId},
    provider::ProviderAccount,
    webhook_source::{Header, Notice, NoticeKind},
};
use jiff::{SignedDuration, Timestamp};

use self::outcome::Outcome;
use crate::{herald::Context, notification::Notifications, session::Sessions, tenant::Connection};

/// How long a notice is remembered.
const REMEMBER_NOTICE: SignedDuration = SignedDuration::from_hours(30 * 24);
/// How long a deleted user is remembered: longer than any login that was under way can still be claimed.
const REMEMBER_DELETED: SignedDuration = SignedDuration::from_hours(24);
/// How long a delivery waits for the outcome of its send, which it may overtake.
const KEEP_DELIVERY: SignedDuration = SignedDuration::from_hours(24);

/// The use case of what providers send. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Hooks {
    context: Arc<Context>,
    notifications: Notifications,
    sessions: Sessions,
}

impl Hooks {
    pub(crate) fn new(context: Arc<Context>, notifications: Notifications, sessions: Sessions) -> Self {
        Self { context, notifications, sessions }
    }

    /// Takes in what a provider sent to a connection's address: when this succeeds, everything that follows from it is
    /// stored. The names of `headers` are in lower case. Goes on when the caller hangs up.
    pub async fn take_in(
        &self,
        tenant: &TenantId,
        connection: &ConnectionId,
        headers: &[Header<'_>],
        body: &[u8],
    ) -> Result<(), HookError> {
        let connection = self.connection(tenant, connection).ok_or(HookError::Unknown)?;
        let source = connection.webhook_source.as_ref().ok_or(HookError::Unknown)?;
        let notices = source
            .read(headers, body, self.context.clock.now())
            .inspect_err(|_| Outcome::Refused.count(connection.account(), None))?;
        let (this, tenant) = (self.clone(), tenant.clone());
        let work = async move {
            for notice in &notices {
                let taken = this.take_in_one(&tenant, connection.account(), notice).await;
                let outcome = taken.as_ref().map_or(Outcome::Failed, |outcome| *outcome);
                outcome.count(connection.account(), Some(&notice.what));
                taken?;
            }
            Ok(())
        };
        self.context.tasks.finish(work).await?
    }

    fn connection(&self, tenant: &TenantId, connection: &ConnectionId) -> Option<Arc<Connection>> {
        self.context.tenants.load().get(tenant)?.connections.get(connection).cloned()
    }

    async fn take_in_one(
        &self,
        tenant: &TenantId,
        account: &ProviderAccount,
        notice: &Notice,
    ) -> Result<Outcome, HookError> {
        let Context { store, vault, clock, .. } = self.context.as_ref();
        let memory = vault.notice_index(tenant, account, &notice.id);
        if store.is_noticed(tenant, memory).await? {
            return Ok(Outcome::Repeated);
        }
        match &notice.what {
            NoticeKind::MessageDelivered { message_id } => {
                self.message_delivered(tenant, account, message_id, notice.at).await?;
            }
            NoticeKind::UserDeleted { user_key } => self.user_deleted(tenant, account, user_key).await?,
            // Nothing follows from it.
            _ => {}
        }
        store.remember_notice(tenant, memory, clock.now() + REMEMBER_NOTICE).await?;
        Ok(Outcome::Taken)
    }

    /// A notice that overtakes the answer to its send is kept, and found when that outcome is stored.
    async fn message_delivered(
        &self,
        tenant: &TenantId,
        account: &ProviderAccount,
        message_id: &str,
        at: Option<Timestamp>,
    ) -> Result<(), HookError> {
        let Context { store, vault, clock, .. } = self.context.as_ref();
        let now = clock.now();
        // The provider's clock may be ahead, but nothing was delivered later than now.
        let at = at.map_or(now, |at| at.min(now));
        let message = vault.message_index(tenant, account, message_id);
        if let Some(id) = store.note_delivered(tenant, message, at, now + KEEP_DELIVERY).await? {
            self.notifications.delivered(tenant, id, at).await?;
        }
        Ok(())
    }

    async fn user_deleted(
        &self,
        tenant: &TenantId,
        account: &ProviderAccount,
        user_key: &str,
    ) -> Result<(), HookError> {
        let Context { store, vault, clock, .. } = self.context.as_ref();
        let deletion = vault.deletion_index(tenant, account, user_key);
        store.remember_notice(tenant, deletion, clock.now() + REMEMBER_DELETED).await?;
        // Somebody who never signed in has no session.
        if let Some(subject) = store.subject_of(tenant, vault.user_index(tenant, account, user_key)).await? {
            self.sessions.end_of_user(tenant, subject, account, user_key).await?;
        }
        Ok(())
    }
}
