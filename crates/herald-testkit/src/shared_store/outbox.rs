//! The outbox. That there is something to tell is told where it is appended alone: nobody takes it up because of that.

use std::time::Duration;

use async_trait::async_trait;
use herald_core::{
    id::{DeliveryId, TenantId},
    store::{Backlog, Change, OutboxFilter, OutboxRow, OutboxStore, Page, StoreError},
};
use jiff::Timestamp;

use super::SharedStore;

#[async_trait]
impl OutboxStore for SharedStore {
    async fn append_outbox(&self, rows: &[OutboxRow]) -> Result<(), StoreError> {
        self.reach()?.append_outbox(rows).await?;
        if let Some(row) = rows.first() {
            self.tell(&Change::Outbox { tenant: row.tenant.clone() });
        }
        Ok(())
    }

    async fn replace_delivery(&self, row: &OutboxRow) -> Result<bool, StoreError> {
        self.reach()?.replace_delivery(row).await
    }

    async fn list_deliveries(
        &self,
        tenant: &TenantId,
        filter: OutboxFilter,
        page: Page,
    ) -> Result<Vec<OutboxRow>, StoreError> {
        self.reach()?.list_deliveries(tenant, filter, page).await
    }

    async fn lease_deliveries(
        &self,
        tenant: &TenantId,
        holder: &str,
        lease: Duration,
        limit: usize,
    ) -> Result<Vec<OutboxRow>, StoreError> {
        let below = self.reach()?;
        self.leases().beginning += 1;
        let taken = below.lease_deliveries(tenant, holder, lease, limit).await;
        let mut leases = self.leases();
        leases.beginning -= 1;
        leases.held.extend(taken.iter().flatten().map(|row| (tenant.clone(), row.id)));
        taken
    }

    async fn prolong_deliveries(
        &self,
        tenant: &TenantId,
        holder: &str,
        ids: &[DeliveryId],
        lease: Duration,
    ) -> Result<Vec<DeliveryId>, StoreError> {
        self.prolonging().insert(tenant.clone());
        self.reach()?.prolong_deliveries(tenant, holder, ids, lease).await
    }

    async fn release_delivery(
        &self,
        holder: &str,
        tenant: &TenantId,
        id: DeliveryId,
        not_before: Option<Timestamp>,
    ) -> Result<Option<Timestamp>, StoreError> {
        let released = self.reach()?.release_delivery(holder, tenant, id, not_before).await;
        self.leases().held.remove(&(tenant.clone(), id));
        released
    }

    async fn outbox_backlog(&self) -> Result<Vec<Backlog>, StoreError> {
        self.reach()?.outbox_backlog().await
    }
}
