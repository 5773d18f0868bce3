//! The book of notifications: typed notifications in, sealed rows out, and every change told to who waits.

use std::sync::Arc;

use herald_core::{
    id::{NotificationId, TenantId},
    notification::Notification,
    seal::CannotOpen,
    store::{Accepted, KeyRecord, NotificationRow, StoreError},
};
use jiff::{SignedDuration, Timestamp};

use super::NotifyError;
use crate::{
    herald::Context,
    hub::{Hub, Kept, Subscription},
};

/// What names a notification in the hub.
pub(super) type Key = (TenantId, NotificationId);

/// How long a notification stays readable after it was accepted, beyond its own expiry.
const KEEP: SignedDuration = SignedDuration::from_hours(30 * 24);

/// By when the store has taken or refused what it was given.
const STORED_BY: SignedDuration = SignedDuration::from_secs(2);

/// Loads and saves notifications.
#[derive(Debug)]
pub(super) struct Book {
    context: Arc<Context>,
    hub: Hub<Key, Notification>,
    due: tokio::sync::Notify,
}

impl Book {
    pub(super) fn new(context: Arc<Context>) -> Self {
        Self { context, hub: Hub::default(), due: tokio::sync::Notify::new() }
    }

    /// Stores key and notification in one step, or gives what the key was used for.
    pub(super) async fn accept(
        self: &Arc<Self>,
        notification: &Notification,
        key: &KeyRecord,
    ) -> Result<Accepted, StoreError> {
        let abandoned = Abandoned(Some(Arc::clone(self)));
        let accepted = self.context.store.accept_notification(&self.row(notification, 1), key).await?;
        abandoned.not();
        if accepted == Accepted::New {
            self.due.notify_one();
        }
        Ok(accepted)
    }

    pub(super) async fn load(
        &self,
        tenant: &TenantId,
        id: NotificationId,
    ) -> Result<Option<Kept<Notification>>, NotifyError> {
        let row = self.context.store.notification(tenant, id).await?;
        Ok(row.map(|row| self.open(&row)).transpose()?)
    }

    /// Stores the notification if its row is still at the version `seen`; nothing when it is not.
    pub(super) async fn save(
        &self,
        seen: u64,
        notification: Notification,
    ) -> Result<Option<Kept<Notification>>, NotifyError> {
        let row = self.row(&notification, seen + 1);
        if !self.context.store.replace_notification(&row).await? {
            return Ok(None);
        }
        let key = (notification.tenant.clone(), notification.id);
        let kept = Kept { value: Arc::new(notification), version: row.version };
        self.hub.publish(&key, &kept);
        Ok(Some(kept))
    }

    pub(super) fn subscribe(&self, tenant: &TenantId, id: NotificationId) -> Subscription<Key, Notification> {
        self.hub.subscribe((tenant.clone(), id))
    }

    pub(super) async fn something_due(&self) {
        self.due.notified().await;
    }

    pub(super) fn wake(&self) {
        self.due.notify_one();
    }

    pub(super) fn open(&self, row: &NotificationRow) -> Result<Kept<Notification>, CannotOpen> {
        Ok(Kept { value: Arc::new(self.context.vault.open_notification(row)?), version: row.version })
    }

    fn row(&self, notification: &Notification, version: u64) -> NotificationRow {
        NotificationRow {
            tenant: notification.tenant.clone(),
            id: notification.id,
            version,
            status: notification.status,
            created_at: notification.created_at,
            due_at: notification.due_at(),
            purge_at: keep_until(notification.expires_at),
            body: self.context.vault.seal_notification(notification),
        }
    }
}

/// Looks for due notifications once more, a little later, if the caller of an accept hung up while it was being stored: the
/// store may have taken it all the same. (A task per accept would do too, and costs every caller what only these need.)
struct Abandoned(Option<Arc<Book>>);

impl Abandoned {
    fn not(mut self) {
        self.0 = None;
    }
}

impl Drop for Abandoned {
    fn drop(&mut self) {
        let Some(book) = self.0.take() else { return };
        let context = Arc::clone(&book.context);
        context.tasks.spawn(async move {
            book.context.clock.sleep_until(book.context.clock.now() + STORED_BY).await;
            book.wake();
        });
    }
}

/// Until when a notification that expires then is kept.
pub(super) fn keep_until(expires_at: Timestamp) -> Timestamp {
    expires_at + KEEP
}
