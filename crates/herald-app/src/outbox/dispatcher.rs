//! Deliveries as work that is due.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use herald_core::{
    id::{DeliveryId, TenantId},
    store::{Backlog, StoreError},
};
use jiff::{SignedDuration, Timestamp};
use tokio_util::sync::CancellationToken;

use super::{Outbox, deliver::Leased, later};
use crate::{
    herald::Context,
    session::SessionError,
    tenant::DeliveryRules,
    work::{self, InHand, Left, Work},
};

/// How long after being leased a delivery may wait for its turn, before it makes room for others.
const PATIENCE: SignedDuration = SignedDuration::from_secs(40);
/// How many of one tenant's deliveries may be in hand at once: more than wait for all its receivers when each of their queues
/// is full, so that what goes to another one is always looked at.
const MOST_OF_TENANT: usize = 2_048;

impl Outbox {
    /// Tells, and does replays, until told to stop. What has begun is finished by the tasks that it runs in.
    pub(crate) async fn run(&self, stop: CancellationToken) {
        tokio::join!(work::run(self.clone(), stop.clone()), self.run_replays(&stop));
    }
}

#[async_trait]
impl Work for Outbox {
    type Piece = Leased;
    type Id = DeliveryId;
    type Error = SessionError;

    const KIND: &'static str = "outbox";

    fn context(&self) -> &Arc<Context> {
        &self.context
    }

    fn in_hand(&self) -> &InHand<DeliveryId> {
        &self.in_hand
    }

    fn name(leased: &Leased) -> (&TenantId, DeliveryId) {
        (&leased.row.tenant, leased.row.id)
    }

    fn due_at(leased: &Leased) -> Option<Timestamp> {
        leased.row.due_at
    }

    fn most_of_tenant(_: &DeliveryRules) -> usize {
        MOST_OF_TENANT
    }

    fn is_short(_: &SessionError) -> bool {
        // It may have been told already: while the store is away, each time would be once more.
        false
    }

    async fn backlog(&self) -> Result<Vec<Backlog>, StoreError> {
        self.context.store.outbox_backlog().await
    }

    async fn lease(
        &self,
        tenant: &TenantId,
        lease: Duration,
        limit: usize,
    ) -> Result<Vec<Leased>, StoreError> {
        let last_start = later(self.context.clock.now(), PATIENCE);
        let rows = self.context.store.lease_deliveries(tenant, &self.context.replica, lease, limit).await?;
        Ok(rows.into_iter().map(|row| Leased { row, last_start }).collect())
    }

    async fn prolong(
        &self,
        tenant: &TenantId,
        ids: &[DeliveryId],
        lease: Duration,
    ) -> Result<Vec<DeliveryId>, StoreError> {
        self.context.store.prolong_deliveries(tenant, &self.context.replica, ids, lease).await
    }

    async fn release(
        &self,
        tenant: &TenantId,
        id: DeliveryId,
        not_before: Option<Timestamp>,
    ) -> Result<Option<Timestamp>, StoreError> {
        self.context.store.release_delivery(&self.context.replica, tenant, id, not_before).await
    }

    async fn attend(&self, leased: &Leased, stop: &CancellationToken) -> Result<Left, SessionError> {
        self.deliver(leased, stop).await
    }

    async fn something_due(&self) {
        self.due.notified().await;
    }

    fn wake(&self) {
        self.due.notify_one();
    }
}
