//! Takes up events that are due and has them told.

use std::{sync::Arc, time::Duration};

use herald_core::store::StoreError;
use jiff::{SignedDuration, Timestamp};
use tokio_util::sync::CancellationToken;

use super::{
    Outbox,
    deliver::{After, Leased},
    later,
};

/// How long an event is held; then another replica tells it again, under the same id.
const LEASE: Duration = Duration::from_secs(60);
/// How long after being leased an event may wait for its turn: the rest of the lease is longer than a try takes.
const PATIENCE: SignedDuration = SignedDuration::from_secs(40);
/// How many events to take at a time.
const BATCH: usize = 256;
/// When to look again although nothing is known to come.
const IDLE: SignedDuration = SignedDuration::from_secs(30);
/// How long to wait when the store fails.
const AFTER_FAILURE: SignedDuration = SignedDuration::from_secs(2);

impl Outbox {
    /// Tells until told to stop. What has begun is finished by the tasks that it runs in.
    pub(crate) async fn run(&self, stop: CancellationToken) {
        while !stop.is_cancelled() {
            let next = match self.take_due(&stop).await {
                Ok(next) => next,
                Err(error) => {
                    tracing::error!(%error, "events cannot be told");
                    later(self.context.clock.now(), AFTER_FAILURE)
                }
            };
            tokio::select! {
                () = stop.cancelled() => {}
                () = self.due.notified() => {}
                () = self.context.clock.sleep_until(next) => {}
            }
        }
    }

    async fn take_due(&self, stop: &CancellationToken) -> Result<Timestamp, StoreError> {
        let idle = later(self.context.clock.now(), IDLE);
        while !stop.is_cancelled() {
            let room = self.hands.available_permits().min(BATCH);
            if room == 0 {
                // The next event that is done with wakes us.
                return Ok(idle);
            }
            let last_start = later(self.context.clock.now(), PATIENCE);
            let rows = self.context.store.lease_events(&self.context.replica, LEASE, room).await?;
            let is_all = rows.len() < room;
            for row in rows {
                let hand = Arc::clone(&self.hands).try_acquire_owned();
                let (this, stop) = (self.clone(), stop.clone());
                self.context.tasks.spawn(async move {
                    this.attend(Leased { row, last_start }, &stop).await;
                    drop(hand);
                    this.wake();
                });
            }
            if is_all {
                break;
            }
        }
        Ok(self.context.store.next_event_due().await?.map_or(idle, |due| due.min(idle)))
    }

    async fn attend(&self, leased: Leased, stop: &CancellationToken) {
        let (tenant, id) = (&leased.row.tenant, leased.row.id);
        match self.deliver(&leased, stop).await {
            Ok(After::Release) => {
                if let Err(error) = self.context.store.release_event(&self.context.replica, tenant, id).await
                {
                    tracing::warn!(tenant.id = %tenant, event.id = %id, %error, "a lease could not be given back");
                }
            }
            Ok(After::Leave) => {}
            Err(error) => {
                tracing::warn!(tenant.id = %tenant, event.id = %id, %error, "telling an event was interrupted; it will be taken up again");
            }
        }
    }
}
