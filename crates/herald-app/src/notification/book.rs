//! The book of notifications: typed notifications in, sealed rows out, and every change told to who waits and who asked for
//! events.

use std::sync::Arc;

use herald_core::{
    event::{EventType, Happening},
    failpoint,
    id::{NotificationId, TenantId},
    notification::{Address, AttemptStatus, Notification, NotificationStatus},
    seal::{BlindIndex, CannotOpen},
    store::{Accepted, KeyRecord, NotificationRow, OutboxRow, Replaced, StoreError},
    text::Reference,
};
use jiff::SignedDuration;

use super::NotifyError;
use crate::{
    herald::Context,
    hub::{Hub, Kept, Subscription},
    outbox::{self, Outbox},
};

/// What names a notification in the hub.
pub(super) type Key = (TenantId, NotificationId);

/// By how much a notification outlives its idempotency key: who repeats a call finds what became of it.
const OUTLIVES_KEY: SignedDuration = SignedDuration::from_hours(24);
/// How long a notification is kept after its time in any case: what an older release accepted does not know its key's end.
const KEPT_AT_LEAST: SignedDuration = SignedDuration::from_hours(29 * 24);

/// By when the store has taken or refused what it was given.
const STORED_BY: SignedDuration = SignedDuration::from_secs(2);

/// Loads and saves notifications.
#[derive(Debug)]
pub(super) struct Book {
    context: Arc<Context>,
    outbox: Outbox,
    hub: Hub<Key, Notification>,
    due: tokio::sync::Notify,
}

impl Book {
    pub(super) fn new(context: Arc<Context>, outbox: Outbox) -> Self {
        Self { context, outbox, hub: Hub::default(), due: tokio::sync::Notify::new() }
    }

    /// Stores key, notification and what is told of it in one step, or gives what the key was used for.
    pub(super) async fn accept(
        self: &Arc<Self>,
        notification: &Notification,
        key: &KeyRecord,
    ) -> Result<Accepted, StoreError> {
        let told = self.rows_of(std::slice::from_ref(notification)).await?;
        let row = self.row(notification, 1);
        let abandoned = Abandoned(Some(Arc::clone(self)));
        failpoint::pass("K0");
        let accepted = self.context.store.accept_notification(&row, key, &told).await?;
        failpoint::pass("K2");
        abandoned.not();
        if accepted == Accepted::New {
            self.due.notify_one();
            outbox::count(EventType::of_notification(notification.status));
            if !told.is_empty() {
                self.outbox.wake();
            }
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

    /// Stores what became of a notification if its row is still at the version `seen`; nothing when it is not. An outcome is
    /// told; that it is being sent, or tried again, is not.
    ///
    /// Where the provider's notice of the delivery came before our record of the sending, both are stored and told at once.
    pub(super) async fn save(
        &self,
        seen: u64,
        notification: Notification,
    ) -> Result<Option<Kept<Notification>>, NotifyError> {
        let is_told = !notification.status.is_open();
        self.write(seen, notification, is_told).await
    }

    /// [`Book::save`] once more, after one of which the store did not say whether it took it. If it had, it is told to who waits
    /// and counted now, as if it had said so.
    pub(super) async fn save_again(
        &self,
        seen: u64,
        notification: Notification,
    ) -> Result<Option<Kept<Notification>>, NotifyError> {
        let (tenant, id) = (notification.tenant.clone(), notification.id);
        let (status, attempts) = (notification.status, notification.attempts.clone());
        if let Some(saved) = self.save(seen, notification.clone()).await? {
            return Ok(Some(saved));
        }
        // Ours is there if our try ended as we said, whatever came after.
        let found = self.load(&tenant, id).await?;
        let Some(found) = found.filter(|found| found.value.attempts.starts_with(&attempts)) else {
            return Ok(None);
        };
        if !status.is_open() {
            count(&[notification]);
            if found.version == seen + 1 && found.value.status != status {
                count(&[Notification::clone(&found.value)]);
            }
        }
        self.hub.publish(&(tenant, id), &found);
        Ok(Some(found))
    }

    /// Loads, changes, saves and tells, and on a lost race starts over. `change` gives nothing to leave the notification as it
    /// is. A caller who hangs up does not stop it half way.
    pub(super) async fn update<E: From<NotifyError>>(
        self: &Arc<Self>,
        tenant: &TenantId,
        id: NotificationId,
        change: impl Fn(&Notification) -> Result<Option<Notification>, E> + Send + Sync,
    ) -> Result<Option<Arc<Notification>>, E> {
        loop {
            let Some(kept) = self.load(tenant, id).await? else { return Ok(None) };
            let Some(changed) = change(&kept.value)? else { return Ok(Some(kept.value)) };
            let this = Arc::clone(self);
            let write = async move {
                let saved = this.write(kept.version, changed, true).await;
                this.wake();
                saved
            };
            let saved = self.context.tasks.finish(write).await.map_err(NotifyError::from)?;
            if let Some(saved) = saved? {
                return Ok(Some(saved.value));
            }
        }
    }

    async fn write(
        &self,
        seen: u64,
        mut notification: Notification,
        is_told: bool,
    ) -> Result<Option<Kept<Notification>>, NotifyError> {
        let mut news: Vec<_> = is_told.then(|| notification.clone()).into_iter().collect();
        let version = seen + 1;
        loop {
            let told = self.rows_of(&news).await?;
            let row = self.row(&notification, version);
            let replaced = self.context.store.replace_notification(&row, &told).await;
            if matches!(replaced, Ok(Replaced::Done)) && notification.status != NotificationStatus::Sending {
                failpoint::pass("K9");
            }
            if !told.is_empty() {
                // Also after a failure: it may have taken effect.
                self.outbox.wake();
            }
            match replaced? {
                Replaced::Done => break,
                Replaced::Stale => return Ok(None),
                Replaced::DeliveredAt(at) => {
                    let impossible =
                        |error| StoreError::Corrupt(format!("a delivery was noted, but {error}"));
                    notification = notification.deliver(at).map_err(impossible)?;
                    news.push(notification.clone());
                }
            }
        }
        count(&news);
        let key = (notification.tenant.clone(), notification.id);
        let kept = Kept { value: Arc::new(notification), version };
        self.hub.publish(&key, &kept);
        Ok(Some(kept))
    }

    /// What tells that a notification became like each of these.
    async fn rows_of(&self, news: &[Notification]) -> Result<Vec<OutboxRow>, StoreError> {
        let Some(Notification { tenant, .. }) = news.first() else { return Ok(Vec::new()) };
        let happened: Vec<_> = news.iter().cloned().filter_map(Happening::of_notification).collect();
        self.outbox.rows(tenant, happened).await
    }

    /// Another replica changed this notification: it is looked at, if somebody waits for it here. Who begins to wait meanwhile
    /// reads it after that.
    pub(super) async fn heard(&self, key: &Key) -> Result<(), StoreError> {
        if !self.hub.is_waited_for(key) {
            return Ok(());
        }
        let Some(row) = self.context.store.notification(&key.0, key.1).await? else { return Ok(()) };
        match self.open(&row) {
            Ok(kept) => self.hub.publish(key, &kept),
            Err(error) => {
                tracing::warn!(tenant.id = %key.0, notification.id = %key.1, %error, "a notification that is waited for cannot be read");
            }
        }
        Ok(())
    }

    /// The notifications that somebody waits for here.
    pub(super) fn relied_on(&self) -> Vec<Key> {
        self.hub.relied_on()
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

    /// What the caller's word is found by.
    pub(super) fn reference_index(&self, tenant: &TenantId, reference: &Reference) -> BlindIndex {
        self.context.vault.index(tenant, "reference", reference.as_str())
    }

    fn row(&self, notification: &Notification, version: u64) -> NotificationRow {
        let tenant = &notification.tenant;
        let subject = match &notification.to {
            Address::Subject { subject } => Some(*subject),
            Address::Phone { .. } | Address::Slug { .. } => None,
        };
        let reference = notification.reference.as_ref();
        NotificationRow {
            tenant: tenant.clone(),
            id: notification.id,
            version,
            status: notification.status,
            subject,
            reference: reference.map(|reference| self.reference_index(tenant, reference)),
            connection: notification.attempts.last().map(|attempt| attempt.connection.clone()),
            message: self.message_index(notification),
            created_at: notification.created_at,
            due_at: notification.due_at(),
            purge_at: notification.key_until.max(notification.expires_at + KEPT_AT_LEAST) + OUTLIVES_KEY,
            body: self.context.vault.seal_notification(notification),
        }
    }

    /// What the message is found by when the provider tells of it.
    fn message_index(&self, notification: &Notification) -> Option<BlindIndex> {
        let carried_by = notification.carried_by()?;
        let AttemptStatus::Sent { message_id: Some(message_id), .. } = &carried_by.status else {
            return None;
        };
        let hop = notification.route.iter().find(|hop| hop.connection == carried_by.connection)?;
        Some(self.context.vault.message_index(&notification.tenant, &hop.account, message_id))
    }
}

/// Looks for due notifications and events once more, a little later, if the caller of an accept hung up while it was being
/// stored: the store may have taken it all the same. (A task per accept would do too, and costs every caller what only these
/// need.)
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
            book.outbox.wake();
        });
    }
}

/// Counts what was told of a notification, once it is stored.
fn count(news: &[Notification]) {
    for status in news.iter().map(|notification| notification.status) {
        outbox::count(EventType::of_notification(status));
        if !status.is_open() {
            metrics::counter!("herald_notifications_settled_total", "status" => status.as_str()).increment(1);
        }
    }
}
