//! The outbox.

use std::time::Duration;

use async_trait::async_trait;
use herald_core::{
    id::{EventId, TenantId},
    store::{EventRow, OutboxStore, StoreError},
};
use jiff::Timestamp;

use super::LateStore;

#[async_trait]
impl OutboxStore for LateStore {
    async fn replace_event(&self, row: &EventRow) -> Result<bool, StoreError> {
        self.below.replace_event(row).await
    }

    async fn lease_events(
        &self,
        holder: &str,
        lease: Duration,
        limit: usize,
    ) -> Result<Vec<EventRow>, StoreError> {
        self.below.lease_events(holder, lease, limit).await
    }

    async fn release_event(&self, holder: &str, tenant: &TenantId, id: EventId) -> Result<(), StoreError> {
        self.below.release_event(holder, tenant, id).await
    }

    async fn next_event_due(&self) -> Result<Option<Timestamp>, StoreError> {
        self.below.next_event_due().await
    }
}
