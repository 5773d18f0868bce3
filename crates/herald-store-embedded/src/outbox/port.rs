//! The port.

use std::time::Duration;

use async_trait::async_trait;
use herald_core::{
    id::{DeliveryId, TenantId},
    store::{Backlog, OutboxFilter, OutboxRow, OutboxStore, Page, StoreError},
};
use jiff::Timestamp;
use redb::TableDefinition;

use super::{list, write};
use crate::{
    EmbeddedStore,
    due::{Kind, RowName},
    fault::Fault,
    lease::Leased,
    tables::{Bytes, OUTBOX, RowKey},
};

impl Leased for OutboxRow {
    const KIND: Kind = Kind::Delivery;
    const TABLE: TableDefinition<'static, RowKey, Bytes> = OUTBOX;

    fn decode(name: &RowName, bytes: &[u8]) -> Result<Self, Fault> {
        Ok(Self::from_record(&name.tenant, DeliveryId::from_u128(name.id), bytes)?)
    }

    fn due(&self) -> Option<Timestamp> {
        self.due_at
    }

    fn purge_at(&self) -> Timestamp {
        self.purge_at
    }
}

#[async_trait]
impl OutboxStore for EmbeddedStore {
    async fn append_outbox(&self, rows: &[OutboxRow]) -> Result<(), StoreError> {
        let rows = rows.to_vec();
        self.write(move |tables| write::insert(tables, &rows)).await
    }

    async fn replace_delivery(&self, row: &OutboxRow) -> Result<bool, StoreError> {
        let row = row.clone();
        self.write(move |tables| write::replace(tables, &row)).await
    }

    async fn list_deliveries(
        &self,
        tenant: &TenantId,
        filter: OutboxFilter,
        page: Page,
    ) -> Result<Vec<OutboxRow>, StoreError> {
        Ok(list::list(&self.shared.disk.read()?, tenant, filter, page, self.shared.clock.now())?)
    }

    async fn lease_deliveries(
        &self,
        tenant: &TenantId,
        holder: &str,
        lease: Duration,
        limit: usize,
    ) -> Result<Vec<OutboxRow>, StoreError> {
        let agenda = self.shared.agendas.deliveries.of(tenant);
        Ok(self.lease_due(&agenda, holder, lease, limit)?)
    }

    async fn prolong_deliveries(
        &self,
        tenant: &TenantId,
        holder: &str,
        ids: &[DeliveryId],
        lease: Duration,
    ) -> Result<Vec<DeliveryId>, StoreError> {
        let kept = self.prolong::<OutboxRow>(holder, tenant, ids.iter().map(|id| id.as_u128()), lease);
        Ok(kept.into_iter().map(DeliveryId::from_u128).collect())
    }

    async fn release_delivery(
        &self,
        holder: &str,
        tenant: &TenantId,
        id: DeliveryId,
        not_before: Option<Timestamp>,
    ) -> Result<Option<Timestamp>, StoreError> {
        Ok(self.release::<OutboxRow>(holder, tenant, id.as_u128(), not_before))
    }

    async fn outbox_backlog(&self) -> Result<Vec<Backlog>, StoreError> {
        Ok(self.shared.agendas.deliveries.backlog(self.shared.clock.now()))
    }
}
