//! Notifications as work that is due.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use herald_core::{
    failpoint,
    id::{NotificationId, TenantId},
    store::{Backlog, NotificationRow, StoreError},
};
use jiff::Timestamp;
use tokio_util::sync::CancellationToken;

use super::{Notifications, NotifyError};
use crate::{
    herald::Context,
    tenant::DeliveryRules,
    work::{self, InHand, Left, Work},
};

/// The tenants that operators were shown to have something waiting. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub(super) struct Shown(Arc<Mutex<HashSet<TenantId>>>);

impl Notifications {
    /// Delivers until told to stop. What has begun is finished by the tasks that it runs in.
    pub(crate) async fn run(&self, stop: CancellationToken) {
        work::run(self.clone(), stop).await;
    }
}

#[async_trait]
impl Work for Notifications {
    type Piece = NotificationRow;
    type Id = NotificationId;
    type Error = NotifyError;

    const KIND: &'static str = "notifications";

    fn context(&self) -> &Arc<Context> {
        &self.context
    }

    fn in_hand(&self) -> &InHand<NotificationId> {
        &self.in_hand
    }

    fn name(row: &NotificationRow) -> (&TenantId, NotificationId) {
        (&row.tenant, row.id)
    }

    fn due_at(row: &NotificationRow) -> Option<Timestamp> {
        row.due_at
    }

    fn most_of_tenant(rules: &DeliveryRules) -> usize {
        rules.max_in_flight
    }

    fn is_short(error: &NotifyError) -> bool {
        // Nothing is sent before a record of it is stored.
        matches!(error, NotifyError::Store(StoreError::Unavailable(_)))
    }

    async fn backlog(&self) -> Result<Vec<Backlog>, StoreError> {
        let backlog = self.context.store.notification_backlog().await?;
        self.shown.show(&backlog, self.context.clock.now());
        Ok(backlog)
    }

    async fn lease(
        &self,
        tenant: &TenantId,
        lease: Duration,
        limit: usize,
    ) -> Result<Vec<NotificationRow>, StoreError> {
        failpoint::pass("K3");
        self.context.store.lease_notifications(tenant, &self.context.replica, lease, limit).await
    }

    async fn prolong(
        &self,
        tenant: &TenantId,
        ids: &[NotificationId],
        lease: Duration,
    ) -> Result<Vec<NotificationId>, StoreError> {
        self.context.store.prolong_notifications(tenant, &self.context.replica, ids, lease).await
    }

    async fn release(
        &self,
        tenant: &TenantId,
        id: NotificationId,
        not_before: Option<Timestamp>,
    ) -> Result<Option<Timestamp>, StoreError> {
        self.context.store.release_notification(&self.context.replica, tenant, id, not_before).await
    }

    async fn attend(&self, row: &NotificationRow, stop: &CancellationToken) -> Result<Left, NotifyError> {
        self.deliver(row, stop).await
    }

    async fn something_due(&self) {
        self.book.something_due().await;
    }

    fn wake(&self) {
        self.book.wake();
    }
}

impl Shown {
    /// Shows operators what waits, and for how long.
    fn show(&self, backlog: &[Backlog], now: Timestamp) {
        let set = |tenant: &TenantId, waiting: f64, seconds: f64| {
            let tenant = tenant.as_str().to_owned();
            metrics::gauge!("herald_notifications_waiting", "tenant" => tenant.clone()).set(waiting);
            metrics::gauge!("herald_notifications_oldest_due_seconds", "tenant" => tenant).set(seconds);
        };
        let mut shown = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut gone = std::mem::take(&mut *shown);
        for Backlog { tenant, waiting, oldest_due_at, .. } in backlog {
            let late = now.duration_since(*oldest_due_at).as_secs_f64().max(0.0);
            set(tenant, u32::try_from(*waiting).map_or(f64::from(u32::MAX), f64::from), late);
            gone.remove(tenant);
            shown.insert(tenant.clone());
        }
        for tenant in gone {
            set(&tenant, 0.0, 0.0);
        }
    }
}
