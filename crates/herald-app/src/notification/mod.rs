//! Notifications: accepted durably, then delivered in the background.

mod accept;
mod attempt;
mod batch;
mod book;
mod deliver;
mod dispatcher;
mod error;
mod gate;
mod lanes;
mod list;
mod manage;
mod policy;
mod reach;
mod stops;

pub use accept::{Accepted, NewNotification};
pub use error::{AcceptError, ManageError, NotifyError};
pub use gate::ConnectionStanding;
pub use list::{ListNotifications, Listed};

use std::sync::Arc;

use herald_core::{
    id::{NotificationId, TenantId},
    notification::Notification,
    store::{Backlog, StoreError},
};
use jiff::Timestamp;

use self::{book::Book, dispatcher::Shown, gate::Gates, lanes::Lanes};
use crate::{herald::Context, limit::Limits, outbox::Outbox, tenant::Tenant, work::InHand};

/// The use cases of notifications. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Notifications {
    context: Arc<Context>,
    book: Arc<Book>,
    gates: Gates,
    lanes: Lanes,
    in_hand: InHand<NotificationId>,
    shown: Shown,
    limits: Limits,
}

impl Notifications {
    pub(crate) fn new(context: Arc<Context>, outbox: Outbox, limits: Limits) -> Self {
        let book = Arc::new(Book::new(Arc::clone(&context), outbox.clone()));
        let gates = Gates::new(Arc::clone(&context), outbox);
        Self {
            context,
            book,
            gates,
            lanes: Lanes::default(),
            in_hand: InHand::default(),
            shown: Shown::default(),
            limits,
        }
    }

    /// The notification, if there is one.
    pub async fn get(
        &self,
        tenant: &Tenant,
        id: NotificationId,
    ) -> Result<Option<Arc<Notification>>, NotifyError> {
        Ok(self.book.load(&tenant.id, id).await?.map(|kept| kept.value))
    }

    /// The notification as soon as it is neither `queued` nor `sending`, or as it is at `until`.
    pub async fn wait(
        &self,
        tenant: &Tenant,
        id: NotificationId,
        until: Timestamp,
    ) -> Result<Option<Arc<Notification>>, NotifyError> {
        let mut changes = self.book.subscribe(&tenant.id, id);
        let Some(mut kept) = self.book.load(&tenant.id, id).await? else { return Ok(None) };
        let patience = self.context.clock.sleep_until(until);
        tokio::pin!(patience);
        while kept.value.status.is_open() {
            tokio::select! {
                newer = changes.newer_than(kept.version) => kept = newer,
                // What another replica wrote may not have been heard of yet.
                () = &mut patience => return self.get(tenant, id).await,
            }
        }
        Ok(Some(kept.value))
    }

    /// How much is waiting, of every tenant that has something.
    pub async fn backlog(&self) -> Result<Vec<Backlog>, NotifyError> {
        Ok(self.context.store.notification_backlog().await?)
    }

    pub(crate) fn wake(&self) {
        self.book.wake();
    }

    /// Another replica changed this notification.
    pub(crate) async fn heard(&self, tenant: TenantId, id: NotificationId) -> Result<(), StoreError> {
        self.book.heard(&(tenant, id)).await
    }

    /// The notifications that somebody waits for here.
    pub(crate) fn relied_on(&self) -> Vec<(TenantId, NotificationId)> {
        self.book.relied_on()
    }
}
