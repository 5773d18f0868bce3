//! The port.

use std::time::Duration;

use async_trait::async_trait;
use herald_core::{
    id::{DeliveryId, TenantId},
    store::{OutboxFilter, OutboxRow, OutboxStore, Page, StoreError},
};
use jiff::Timestamp;
use redb::TableDefinition;

use super::{list, row, write};
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
        row::decode(&name.tenant, DeliveryId::from_u128(name.id), bytes)
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
        holder: &str,
        lease: Duration,
        limit: usize,
    ) -> Result<Vec<OutboxRow>, StoreError> {
        Ok(self.lease_due(&self.shared.agendas.deliveries, holder, lease, limit)?)
    }

    async fn release_delivery(
        &self,
        holder: &str,
        tenant: &TenantId,
        id: DeliveryId,
    ) -> Result<(), StoreError> {
        self.release::<OutboxRow>(holder, tenant, id.as_u128(), None);
        Ok(())
    }

    async fn next_delivery_due(&self) -> Result<Option<Timestamp>, StoreError> {
        Ok(self.shared.agendas.deliveries.next(self.shared.clock.now()))
    }
}
