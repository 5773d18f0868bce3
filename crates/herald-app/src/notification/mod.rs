//! Notifications: accepted durably, then delivered in the background.

mod accept;
mod book;
mod deliver;
mod dispatcher;
mod error;
mod lanes;
mod policy;
mod reach;

pub use accept::{Accepted, NewNotification};
pub use error::{AcceptError, NotifyError};

use std::sync::Arc;

use herald_core::{id::NotificationId, notification::Notification};
use jiff::Timestamp;

use self::{
    book::Book,
    lanes::{InHand, Lanes},
};
use crate::{herald::Context, tenant::Tenant};

/// The use cases of notifications. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Notifications {
    context: Arc<Context>,
    book: Arc<Book>,
    lanes: Lanes,
    in_hand: InHand,
}

impl Notifications {
    pub(crate) fn new(context: Arc<Context>) -> Self {
        let book = Arc::new(Book::new(Arc::clone(&context)));
        Self { context, book, lanes: Lanes::default(), in_hand: InHand::default() }
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
                () = &mut patience => break,
            }
        }
        Ok(Some(kept.value))
    }

    pub(crate) fn wake(&self) {
        self.book.wake();
    }
}
