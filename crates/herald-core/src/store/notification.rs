//! The notifications and their idempotency keys.

use std::{fmt, time::Duration};

use async_trait::async_trait;
use jiff::Timestamp;

use super::StoreError;
use crate::{
    id::{NotificationId, TenantId},
    notification::NotificationStatus,
    seal::{BlindIndex, Sealed},
};

/// What a store sees of a notification.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotificationRow {
    /// The tenant.
    pub tenant: TenantId,
    /// The notification.
    pub id: NotificationId,
    /// 1 when accepted, one more with every change: what a conditional write is conditional on, and its fence.
    pub version: u64,
    /// Where it is.
    pub status: NotificationStatus,
    /// When it was accepted.
    pub created_at: Timestamp,
    /// When somebody has to attend to it; nothing when it is settled.
    pub due_at: Option<Timestamp>,
    /// From then on it is gone.
    pub purge_at: Timestamp,
    /// Everything else.
    pub body: Sealed,
}

/// What is kept of an idempotency key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyRecord {
    /// The key, hashed.
    pub key: BlindIndex,
    /// What was asked for under it, hashed.
    pub fingerprint: BlindIndex,
    /// From then on the key is free again.
    pub keep_until: Timestamp,
}

/// How an accept went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Accepted {
    /// Stored: key, fingerprint and notification.
    New,
    /// The key was used for the same before: this is what came of it.
    Replay(Box<NotificationRow>),
    /// The key was used for something else; nothing is stored.
    KeyReused,
}

/// Keeps notifications.
#[async_trait]
pub trait NotificationStore: fmt::Debug + Send + Sync + 'static {
    /// Stores key, fingerprint and notification in one step, or says what the key was used for.
    ///
    /// # Behaviour
    /// - `one_key_one_notification`: of many accepts under one key exactly one is `New`, and the others see its row.
    /// - `a_reused_key_stores_nothing`.
    /// - `a_key_is_free_after_its_time`.
    async fn accept_notification(
        &self,
        row: &NotificationRow,
        key: &KeyRecord,
    ) -> Result<Accepted, StoreError>;

    /// What an accept under this key would find: `Replay` or `KeyReused`, or nothing while the key is free. Stores nothing.
    async fn notification_under(
        &self,
        tenant: &TenantId,
        key: &KeyRecord,
    ) -> Result<Option<Accepted>, StoreError>;

    /// The notification, if there is one.
    async fn notification(
        &self,
        tenant: &TenantId,
        id: NotificationId,
    ) -> Result<Option<NotificationRow>, StoreError>;

    /// Stores a changed notification, if it is still at the version before `row.version`; as `replace_login`.
    async fn replace_notification(&self, row: &NotificationRow) -> Result<bool, StoreError>;

    /// Takes up to `limit` notifications whose `due_at` has come and that nobody holds; as `lease_logins`.
    ///
    /// # Behaviour
    /// - `a_leased_notification_is_not_leased_again`.
    async fn lease_notifications(
        &self,
        holder: &str,
        lease: Duration,
        limit: usize,
    ) -> Result<Vec<NotificationRow>, StoreError>;

    /// Gives a lease back, if `holder` has it.
    async fn release_notification(
        &self,
        holder: &str,
        tenant: &TenantId,
        id: NotificationId,
    ) -> Result<(), StoreError>;

    /// When to look again; as `next_login_due`.
    async fn next_notification_due(&self) -> Result<Option<Timestamp>, StoreError>;
}
