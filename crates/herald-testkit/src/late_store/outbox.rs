//! The outbox.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use herald_core::{
    id::{DeliveryId, TenantId},
    store::{Backlog, OutboxFilter, OutboxRow, OutboxStore, Page, StoreError},
};
use jiff::Timestamp;

use super::{LateStore, Write};

#[async_trait]
impl OutboxStore for LateStore {
    async fn append_outbox(&self, rows: &[OutboxRow]) -> Result<(), StoreError> {
        self.below.append_outbox(rows).await
    }

    async fn replace_delivery(&self, row: &OutboxRow) -> Result<bool, StoreError> {
        let (below, row) = (Arc::clone(&self.below), row.clone());
        self.write(Write::ReplaceDelivery, async move { below.replace_delivery(&row).await }).await
    }

    async fn list_deliveries(
        &self,
        tenant: &TenantId,
        filter: OutboxFilter,
        page: Page,
    ) -> Result<Vec<OutboxRow>, StoreError> {
        self.below.list_deliveries(tenant, filter, page).await
    }

    async fn lease_deliveries(
        &self,
        tenant: &TenantId,
        holder: &str,
        lease: Duration,
        limit: usize,
    ) -> Result<Vec<OutboxRow>, StoreError> {
        self.below.lease_deliveries(tenant, holder, lease, limit).await
    }

    async fn prolong_deliveries(
        &self,
        tenant: &TenantId,
        holder: &str,
        ids: &[DeliveryId],
        lease: Duration,
    ) -> Result<Vec<DeliveryId>, StoreError> {
        self.below.prolong_deliveries(tenant, holder, ids, lease).await
    }

    async fn release_delivery(
        &self,
        holder: &str,
        tenant: &TenantId,
        id: DeliveryId,
        not_before: Option<Timestamp>,
    ) -> Result<Option<Timestamp>, StoreError> {
        self.below.release_delivery(holder, tenant, id, not_before).await
    }

    async fn outbox_backlog(&self) -> Result<Vec<Backlog>, StoreError> {
        self.below.outbox_backlog().await
    }
}
