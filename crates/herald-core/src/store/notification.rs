//! The notifications and their idempotency keys.

use std::{fmt, time::Duration};

use async_trait::async_trait;
use jiff::Timestamp;

use super::{Cursor, OutboxRow, Page, StoreError};
use crate::{
    id::{ConnectionId, NotificationId, SubjectId, TenantId},
    notification::NotificationStatus,
    seal::{BlindIndex, Sealed},
};

/// What a store sees of a notification.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotificationRow {
    /// The tenant.
    pub tenant: TenantId,
    /// The notification. Ids sort by the time of their making.
    pub id: NotificationId,
    /// 1 when accepted, one more with every change: what a conditional write is conditional on, and its fence.
    pub version: u64,
    /// Where it is.
    pub status: NotificationStatus,
    /// The subject that it is for, where it is for one. Never changes.
    pub subject: Option<SubjectId>,
    /// The caller's reference, hashed. Never changes.
    pub reference: Option<BlindIndex>,
    /// The connection that was tried last.
    pub connection: Option<ConnectionId>,
    /// What the provider calls the message, with the account, hashed; once it was sent.
    pub message: Option<BlindIndex>,
    /// When it was accepted.
    pub created_at: Timestamp,
    /// When somebody has to attend to it; nothing when it is settled.
    pub due_at: Option<Timestamp>,
    /// From then on it is gone.
    pub purge_at: Timestamp,
    /// Everything else.
    pub body: Sealed,
}

impl NotificationRow {
    /// An id begins with its time in milliseconds, above this many other bits (UUID version 7, RFC 9562, section 5.7): what lists
    /// in the order of ids are bounded by.
    pub const ID_BITS_BELOW_TIME: u32 = 80;
}

/// What is kept of an idempotency key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyRecord {
    /// The key, hashed.
    pub key: BlindIndex,
    /// What was asked for under it, hashed.
    pub fingerprint: BlindIndex,
    /// From then on the key is free again. Before the notification's `purge_at`.
    pub keep_until: Timestamp,
}

/// How an accept went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Accepted {
    /// Stored: key, fingerprint, notification and what is to be told.
    New,
    /// The key was used for the same before: this is what came of it.
    Replay(Box<NotificationRow>),
    /// The key was used for something else; nothing is stored.
    KeyReused,
}

/// How a change of a notification went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Replaced {
    /// Stored, with what is to be told.
    Done,
    /// It is not at the version seen any more; nothing is stored.
    Stale,
    /// The provider said already, at this time, that the message of `row.message` was delivered, and the row does not say so;
    /// nothing is stored.
    DeliveredAt(Timestamp),
}

/// Which notifications to list.
#[derive(Clone, Debug, Default)]
pub struct NotificationFilter {
    /// Only with this reference.
    pub reference: Option<BlindIndex>,
    /// Only for this subject.
    pub subject: Option<SubjectId>,
    /// Only with one of these statuses; with any when empty.
    pub statuses: Vec<NotificationStatus>,
    /// Only those that were tried last through this connection.
    pub connection: Option<ConnectionId>,
    /// Only those accepted at or after this time.
    pub created_from: Option<Timestamp>,
    /// Only those accepted before this time.
    pub created_before: Option<Timestamp>,
}

impl NotificationFilter {
    /// Is this one of those that are to be listed?
    pub fn takes(&self, row: &NotificationRow) -> bool {
        self.reference.is_none_or(|reference| row.reference == Some(reference))
            && self.subject.is_none_or(|subject| row.subject == Some(subject))
            && (self.statuses.is_empty() || self.statuses.contains(&row.status))
            && self.connection.as_ref().is_none_or(|connection| row.connection.as_ref() == Some(connection))
            && self.created_from.is_none_or(|from| row.created_at >= from)
            && self.created_before.is_none_or(|before| row.created_at < before)
    }
}

/// A page of notifications.
#[derive(Clone, Debug, Default)]
pub struct NotificationPage {
    /// The rows, newest first.
    pub rows: Vec<NotificationRow>,
    /// Where the next page begins; nothing when this was the last.
    pub next: Option<Cursor>,
}

/// How much of a tenant's work is waiting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Backlog {
    /// The tenant.
    pub tenant: TenantId,
    /// How many notifications somebody has to attend to, now or later.
    pub waiting: u64,
    /// The earliest `due_at` of them.
    pub oldest_due_at: Timestamp,
    /// When there is something to lease: the earliest `due_at` of those that nobody holds, or the end of a lease.
    pub next_at: Timestamp,
}

/// Keeps notifications.
#[async_trait]
pub trait NotificationStore: fmt::Debug + Send + Sync + 'static {
    /// Stores key, fingerprint, notification and what is to be told in one step, or says what the key was used for.
    ///
    /// # Behaviour
    /// - `one_key_one_notification`: of many accepts under one key exactly one is `New`, and the others see its row.
    /// - `a_reused_key_stores_nothing`.
    /// - `a_key_is_free_after_its_time`.
    async fn accept_notification(
        &self,
        row: &NotificationRow,
        key: &KeyRecord,
        told: &[OutboxRow],
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

    /// Stores a changed notification and what is to be told of the change in one step, if it is still at the version before
    /// `row.version` and no delivery of its message was noted before (`note_delivered`), or the row says `delivered`.
    ///
    /// # Behaviour
    /// - `of_racing_notification_writers_one_wins`: of many writers that saw the same version exactly one gets `Done`, and
    ///   only what it has to tell is stored.
    async fn replace_notification(
        &self,
        row: &NotificationRow,
        told: &[OutboxRow],
    ) -> Result<Replaced, StoreError>;

    /// A page of a tenant's notifications, newest first.
    ///
    /// # Behaviour
    /// - `notification_pages_cover_the_list`: pages one after the other give every matching row once, newest first.
    /// - A page may be shorter than its limit, and even empty, though more follow: what one call looks at is bounded.
    async fn list_notifications(
        &self,
        tenant: &TenantId,
        filter: &NotificationFilter,
        page: Page,
    ) -> Result<NotificationPage, StoreError>;

    /// Takes up to `limit` notifications of a tenant whose `due_at` has come and that nobody holds; as `lease_logins`.
    ///
    /// # Behaviour
    /// - `a_leased_notification_is_not_leased_again`.
    /// - `a_tenant_leases_its_own`: however much another tenant has waiting.
    async fn lease_notifications(
        &self,
        tenant: &TenantId,
        holder: &str,
        lease: Duration,
        limit: usize,
    ) -> Result<Vec<NotificationRow>, StoreError>;

    /// Prolongs the leases that `holder` has on these notifications, to this long from now, and says on which it has one; those
    /// that it does not have (any more) stay as they are.
    ///
    /// # Behaviour
    /// - `a_prolonged_lease_lasts_longer`.
    /// - `who_prolongs_hears_what_is_not_his_any_more`.
    async fn prolong_notifications(
        &self,
        tenant: &TenantId,
        holder: &str,
        ids: &[NotificationId],
        lease: Duration,
    ) -> Result<Vec<NotificationId>, StoreError>;

    /// Gives a lease back, if `holder` has it, and says when the notification can be leased next, if ever. Given back with a
    /// time, it is not leased again before it, unless it changes meanwhile, or has changed since it was leased: the holder may
    /// not have seen what it is now.
    ///
    /// # Behaviour
    /// - `a_notification_put_off_rests_until_its_time`.
    /// - `what_changed_while_it_was_held_is_not_put_off`.
    async fn release_notification(
        &self,
        holder: &str,
        tenant: &TenantId,
        id: NotificationId,
        not_before: Option<Timestamp>,
    ) -> Result<Option<Timestamp>, StoreError>;

    /// What is waiting, of every tenant that has something.
    ///
    /// # Behaviour
    /// - `the_backlog_counts_what_waits`.
    async fn notification_backlog(&self) -> Result<Vec<Backlog>, StoreError>;
}
