//! What other replicas change: so that who waits here is woken by it.

use std::fmt;

use async_trait::async_trait;

use crate::id::{LoginId, NotificationId, SessionId, TenantId};

/// What another replica has changed in the store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// A login was made or moved.
    Login {
        /// The tenant.
        tenant: TenantId,
        /// The login.
        id: LoginId,
    },
    /// A notification was accepted or moved.
    Notification {
        /// The tenant.
        tenant: TenantId,
        /// The notification.
        id: NotificationId,
    },
    /// A session was changed.
    Session {
        /// The tenant.
        tenant: TenantId,
        /// The session.
        id: SessionId,
    },
    /// There is something to tell.
    Outbox {
        /// The tenant.
        tenant: TenantId,
    },
    /// A webhook endpoint was made, changed or removed.
    Endpoints {
        /// The tenant.
        tenant: TenantId,
    },
    /// A shared secret was replaced.
    Secret {
        /// The tenant.
        tenant: TenantId,
        /// Its name.
        name: String,
    },
    /// Perhaps anything: changes may have been missed. What is waited for has to be looked at.
    Anything,
}

/// Tells of what other replicas change.
///
/// A change is news, not a record: it may come late, twice, or, where the way it comes was interrupted, only as part of
/// [`Change::Anything`]. What counts is what the store holds.
#[async_trait]
pub trait ChangeStore: fmt::Debug + Send + Sync + 'static {
    /// The next change that another replica made; never, where only one process can have the store. For one listener: each
    /// change is handed out once.
    ///
    /// # Behaviour
    /// - `what_one_replica_changes_the_other_hears`: after the change can be read.
    /// - `a_replica_does_not_hear_itself`.
    async fn next_change(&self) -> Change;
}
