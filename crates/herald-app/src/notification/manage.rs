//! What somebody does with an accepted notification: the caller, an operator, or the provider with its notice.

use std::sync::Arc;

use herald_core::{
    id::{NotificationId, TenantId},
    notification::{KEY_OUTLIVES, Notification, NotificationStatus},
};
use jiff::{SignedDuration, Timestamp};

use super::{ManageError, Notifications, NotifyError, accept::first_expiry};
use crate::tenant::Tenant;

/// How long a notification that is sent anew may wait at least.
const SHORTEST_NEW_LIFE: SignedDuration = SignedDuration::from_hours(1);

impl Notifications {
    /// Cancels a notification that waits; one that is cancelled already is left as it is. Nothing when there is none.
    ///
    /// It may come out `unknown`: when a try was made whose end nobody saw.
    pub async fn cancel(
        &self,
        tenant: &Tenant,
        id: NotificationId,
    ) -> Result<Option<Arc<Notification>>, ManageError> {
        let cancel = |notification: &Notification| {
            let status = notification.status;
            if status == NotificationStatus::Cancelled {
                return Ok(None);
            }
            let cancelled = notification.clone().cancel(self.context.clock.now());
            cancelled.map(Some).map_err(|_| ManageError::NotCancellable { status })
        };
        self.book.update(&tenant.id, id, cancel).await
    }

    /// Has a notification tried at once through the next connection of its route that can carry it, also when the present one
    /// may have sent it. Nothing when there is no notification.
    pub async fn skip(
        &self,
        tenant: &Tenant,
        id: NotificationId,
    ) -> Result<Option<Arc<Notification>>, ManageError> {
        let Some(kept) = self.book.load(&tenant.id, id).await? else { return Ok(None) };
        // Whom it is for does not change.
        let known = self.known(tenant, &kept.value.to).await?;
        let skip = |notification: &Notification| {
            let status = notification.status;
            let after = notification.hop + 1;
            if !self.is_carried_from(tenant, notification, after, &known) {
                return Err(ManageError::NoNextConnection { status });
            }
            let skipped = notification.clone().skip(self.context.clock.now());
            skipped.map(Some).map_err(|_| ManageError::NoNextConnection { status })
        };
        self.book.update(&tenant.id, id, skip).await
    }

    /// Has a dead letter sent anew, from the first connection of its route on, and gives it its first life once more, at least
    /// an hour, as far as its idempotency key lasts. Nothing when there is no notification.
    pub async fn requeue(
        &self,
        tenant: &Tenant,
        id: NotificationId,
    ) -> Result<Option<Arc<Notification>>, ManageError> {
        let requeue = |notification: &Notification| {
            let status = notification.status;
            let now = self.context.clock.now();
            let requeued = notification.clone().requeue(now, new_expiry(notification, now));
            requeued.map(Some).map_err(|_| ManageError::NotRequeueable { status })
        };
        self.book.update(&tenant.id, id, requeue).await
    }

    /// The provider says that the message arrived at `at`. Anything but a notification that is `sent` is left as it is.
    pub(crate) async fn delivered(
        &self,
        tenant: &TenantId,
        id: NotificationId,
        at: Timestamp,
    ) -> Result<(), NotifyError> {
        let deliver = |notification: &Notification| Ok(notification.clone().deliver(at).ok());
        self.book.update::<NotifyError>(tenant, id, deliver).await.map(|_| ())
    }
}

/// Until when a notification that is sent anew may be tried.
fn new_expiry(notification: &Notification, now: Timestamp) -> Timestamp {
    let life = first_expiry(notification).duration_since(notification.send_at).max(SHORTEST_NEW_LIFE);
    (now + life).min(notification.key_until - KEY_OUTLIVES)
}
