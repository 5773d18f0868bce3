//! Takes notifications that are due and has them delivered.

use std::time::Duration;

use herald_core::store::{NotificationRow, StoreError};
use jiff::{SignedDuration, Timestamp};
use tokio_util::sync::CancellationToken;

use super::Notifications;

/// How long a delivery may last before another replica looks after the notification. What was sent is guarded by the
/// record's own deadline; this only keeps two replicas from doing the same look-up work.
const LEASE: Duration = Duration::from_secs(60);
/// How many notifications to take at a time.
const BATCH: usize = 256;
/// How many notifications may be in hand at once; more are left in the store.
const MOST_IN_HAND: usize = 20_000;
/// When to look again although nothing is known to come.
const IDLE: SignedDuration = SignedDuration::from_secs(30);
/// How long to wait when the store fails.
const AFTER_FAILURE: SignedDuration = SignedDuration::from_secs(2);

impl Notifications {
    /// Delivers until told to stop. What has begun is finished by the tasks that it runs in.
    pub(crate) async fn run(&self, stop: CancellationToken) {
        while !stop.is_cancelled() {
            let next = match self.take_due(&stop).await {
                Ok(next) => next,
                Err(error) => {
                    tracing::error!(%error, "notifications cannot be delivered");
                    self.context.clock.now() + AFTER_FAILURE
                }
            };
            tokio::select! {
                () = stop.cancelled() => {}
                () = self.book.something_due() => {}
                () = self.context.clock.sleep_until(next) => {}
            }
        }
    }

    async fn take_due(&self, stop: &CancellationToken) -> Result<Timestamp, StoreError> {
        while !stop.is_cancelled() && self.in_hand.len() < MOST_IN_HAND {
            let rows = self.context.store.lease_notifications(&self.context.replica, LEASE, BATCH).await?;
            let is_all = rows.len() < BATCH;
            for row in rows {
                let Some(held) = self.in_hand.take(&row.tenant, row.id) else { continue };
                let (this, stop) = (self.clone(), stop.clone());
                self.context.tasks.spawn(async move {
                    this.attend(row, &stop).await;
                    drop(held);
                });
            }
            if is_all {
                break;
            }
        }
        let idle = self.context.clock.now() + IDLE;
        Ok(self.context.store.next_notification_due().await?.map_or(idle, |due| due.min(idle)))
    }

    async fn attend(&self, row: NotificationRow, stop: &CancellationToken) {
        let (tenant, id) = (&row.tenant, row.id);
        match self.deliver(&row, stop).await {
            Ok(true) => {
                if let Err(error) =
                    self.context.store.release_notification(&self.context.replica, tenant, id).await
                {
                    tracing::warn!(tenant.id = %tenant, notification.id = %id, %error, "a lease could not be given back");
                }
            }
            // The lease runs out by itself: another replica, or a corrected configuration, goes on.
            Ok(false) => {}
            Err(error) => {
                tracing::warn!(tenant.id = %tenant, notification.id = %id, %error, "a delivery was interrupted; it will be taken up again");
            }
        }
        self.book.wake();
    }
}
