//! The port.

use std::time::Duration;

use async_trait::async_trait;
use herald_core::{
    id::{DeliveryId, TenantId},
    store::{Backlog, OutboxFilter, OutboxRow, OutboxStore, Page, StoreError},
};
use jiff::Timestamp;

use super::write;
use crate::{
    RedisStore,
    names::Agenda,
    order::{Bound, MOST_LOOKED_AT, Span},
    row,
    step::{Checks, Committed},
};

#[async_trait]
impl OutboxStore for RedisStore {
    async fn append_outbox(&self, rows: &[OutboxRow]) -> Result<(), StoreError> {
        let Some(OutboxRow { tenant, .. }) = rows.first() else { return Ok(()) };
        let mut checks = Checks::default();
        write::expect_new(&mut checks, &self.names, tenant, rows)?;
        let mut step = checks.then();
        write(&mut step, &self.names, rows);
        self.ensure_tenant(tenant).await?;
        match self.commit(step, write::change(tenant, rows).as_slice()).await? {
            Committed::Done => Ok(()),
            Committed::Refused { .. } => Err(write::already_there()),
        }
    }

    async fn replace_delivery(&self, row: &OutboxRow) -> Result<bool, StoreError> {
        let Some(before) = row.version.checked_sub(1) else { return Ok(false) };
        let mut checks = Checks::default();
        checks.version(&row::key::<OutboxRow>(&self.names, &row.tenant, row.id.as_u128()), before);
        let mut step = checks.then();
        write::put(&mut step, &self.names, row);
        let told = write::change(&row.tenant, std::slice::from_ref(row));
        Ok(self.commit(step, told.as_slice()).await? == Committed::Done)
    }

    async fn list_deliveries(
        &self,
        tenant: &TenantId,
        filter: OutboxFilter,
        page: Page,
    ) -> Result<Vec<OutboxRow>, StoreError> {
        let order = write::by_endpoint(&self.names, tenant, filter.endpoint);
        let span = filter.created_from.map_or_else(|| Span::of(page), |from| Span::of(page).from(from));
        let is_wanted = |row: &OutboxRow| filter.takes(row);
        let bound = Bound { rows: page.limit, looked_at: MOST_LOOKED_AT };
        Ok(self.list(tenant, &[order], span, bound, is_wanted).await?.rows)
    }

    async fn lease_deliveries(
        &self,
        tenant: &TenantId,
        holder: &str,
        lease: Duration,
        limit: usize,
    ) -> Result<Vec<OutboxRow>, StoreError> {
        self.lease_due(tenant, holder, lease, limit).await
    }

    async fn prolong_deliveries(
        &self,
        tenant: &TenantId,
        holder: &str,
        ids: &[DeliveryId],
        lease: Duration,
    ) -> Result<Vec<DeliveryId>, StoreError> {
        let ids = ids.iter().map(|id| id.as_u128());
        let kept = self.agenda_prolong(tenant, Agenda::Deliveries, holder, ids, lease).await?;
        Ok(kept.into_iter().map(DeliveryId::from_u128).collect())
    }

    async fn release_delivery(
        &self,
        holder: &str,
        tenant: &TenantId,
        id: DeliveryId,
        not_before: Option<Timestamp>,
    ) -> Result<Option<Timestamp>, StoreError> {
        self.agenda_release(tenant, Agenda::Deliveries, holder, id.as_u128(), not_before).await
    }

    async fn outbox_backlog(&self) -> Result<Vec<Backlog>, StoreError> {
        self.backlog(Agenda::Deliveries).await
    }
}
