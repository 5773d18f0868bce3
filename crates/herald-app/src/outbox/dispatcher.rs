//! Takes up deliveries that are due and has them made.

use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use herald_core::store::StoreError;
use jiff::{SignedDuration, Timestamp};
use tokio_util::sync::CancellationToken;

use super::{
    Outbox,
    deliver::{After, Leased},
    later,
};

/// How long a delivery is held; then another replica makes it again, under the same id.
const LEASE: Duration = Duration::from_secs(60);
/// How long after being leased a delivery may wait for its turn: the rest of the lease is longer than a try takes.
const PATIENCE: SignedDuration = SignedDuration::from_secs(40);
/// How many deliveries to take at a time.
const BATCH: usize = 256;
/// When to look again although nothing is known to come.
const IDLE: SignedDuration = SignedDuration::from_secs(30);
/// How long to wait when the store fails.
const AFTER_FAILURE: SignedDuration = SignedDuration::from_secs(2);

impl Outbox {
    /// Tells, and does replays, until told to stop. What has begun is finished by the tasks that it runs in.
    pub(crate) async fn run(&self, stop: CancellationToken) {
        tokio::join!(self.run_deliveries(&stop), self.run_replays(&stop));
    }

    async fn run_deliveries(&self, stop: &CancellationToken) {
        while !stop.is_cancelled() {
            let next = match self.take_due(stop).await {
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
                // The next delivery that is done with wakes us.
                return Ok(idle);
            }
            let last_start = later(self.context.clock.now(), PATIENCE);
            // A name of its own for every leasing: what was given back late must not be the lease that came after it.
            let number = self.leasings.fetch_add(1, Ordering::Relaxed);
            let holder: Arc<str> = format!("{}/{number}", self.context.replica).into();
            let rows = self.context.store.lease_deliveries(&holder, LEASE, room).await?;
            let is_all = rows.len() < room;
            for row in rows {
                let hand = Arc::clone(&self.hands).try_acquire_owned();
                let (this, stop, holder) = (self.clone(), stop.clone(), Arc::clone(&holder));
                self.context.tasks.spawn(async move {
                    this.attend(Leased { row, last_start }, &holder, &stop).await;
                    drop(hand);
                    this.wake();
                });
            }
            if is_all {
                break;
            }
        }
        Ok(self.context.store.next_delivery_due().await?.map_or(idle, |due| due.min(idle)))
    }

    async fn attend(&self, leased: Leased, holder: &str, stop: &CancellationToken) {
        let (tenant, id) = (&leased.row.tenant, leased.row.id);
        match self.deliver(&leased, stop).await {
            Ok(After::Release) => {
                if let Err(error) = self.context.store.release_delivery(holder, tenant, id).await {
                    tracing::warn!(tenant.id = %tenant, delivery.id = %id, %error, "a lease could not be given back");
                }
            }
            Ok(After::Leave) => {}
            Err(error) => {
                tracing::warn!(tenant.id = %tenant, delivery.id = %id, %error, "telling an event was interrupted; it will be taken up again");
            }
        }
    }
}
