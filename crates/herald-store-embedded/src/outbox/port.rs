//! The port, and single events out of a snapshot.

use std::time::Duration;

use async_trait::async_trait;
use herald_core::{
    id::{EventId, TenantId},
    store::{EventRow, OutboxStore, StoreError},
};
use jiff::Timestamp;
use redb::ReadTransaction;

use super::{row, write};
use crate::{
    EmbeddedStore,
    due::{Kind, RowName},
    fault::Fault,
    lease::Leased,
    tables::EVENTS,
};

impl Leased for EventRow {
    const KIND: Kind = Kind::Event;

    fn read(transaction: &ReadTransaction, name: &RowName, now: Timestamp) -> Result<Option<Self>, Fault> {
        let row = row::stored(&transaction.open_table(EVENTS)?, &name.tenant, EventId::from_u128(name.id))?;
        Ok(row.filter(|row| row.purge_at > now))
    }

    fn due(&self) -> Option<Timestamp> {
        self.due_at
    }
}

#[async_trait]
impl OutboxStore for EmbeddedStore {
    async fn replace_event(&self, row: &EventRow) -> Result<bool, StoreError> {
        let row = row.clone();
        self.write(move |tables| write::replace(tables, &row)).await
    }

    async fn lease_events(
        &self,
        holder: &str,
        lease: Duration,
        limit: usize,
    ) -> Result<Vec<EventRow>, StoreError> {
        Ok(self.lease_due(holder, lease, limit)?)
    }

    async fn release_event(&self, holder: &str, tenant: &TenantId, id: EventId) -> Result<(), StoreError> {
        self.release::<EventRow>(holder, tenant, id.as_u128());
        Ok(())
    }

    async fn next_event_due(&self) -> Result<Option<Timestamp>, StoreError> {
        Ok(self.next_due::<EventRow>())
    }
}
