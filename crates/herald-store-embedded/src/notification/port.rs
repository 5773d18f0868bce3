//! The port, and single notifications out of a snapshot.

use std::time::Duration;

use async_trait::async_trait;
use herald_core::{
    id::{NotificationId, TenantId},
    store::{
        Accepted, Backlog, KeyRecord, NotificationFilter, NotificationPage, NotificationRow,
        NotificationStore, OutboxRow, Page, Replaced, StoreError,
    },
};
use jiff::Timestamp;
use redb::{ReadTransaction, TableDefinition};

use super::{list, lookup, write};
use crate::{
    EmbeddedStore,
    due::{Kind, RowName},
    fault::Fault,
    lease::Leased,
    tables::{Bytes, NOTIFICATION_KEYS, NOTIFICATIONS, RowKey},
};

impl Leased for NotificationRow {
    const KIND: Kind = Kind::Notification;
    const TABLE: TableDefinition<'static, RowKey, Bytes> = NOTIFICATIONS;

    fn decode(name: &RowName, bytes: &[u8]) -> Result<Self, Fault> {
        Ok(Self::from_record(&name.tenant, NotificationId::from_u128(name.id), bytes)?)
    }

    fn due(&self) -> Option<Timestamp> {
        self.due_at
    }

    fn purge_at(&self) -> Timestamp {
        self.purge_at
    }
}

fn under(
    transaction: &ReadTransaction,
    tenant: &TenantId,
    key: &KeyRecord,
    now: Timestamp,
) -> Result<Option<Accepted>, Fault> {
    let notifications = transaction.open_table(NOTIFICATIONS)?;
    let keys = transaction.open_table(NOTIFICATION_KEYS)?;
    lookup::under(&notifications, &keys, tenant, key, now)
}

#[async_trait]
impl NotificationStore for EmbeddedStore {
    async fn accept_notification(
        &self,
        row: &NotificationRow,
        key: &KeyRecord,
        told: &[OutboxRow],
    ) -> Result<Accepted, StoreError> {
        let (row, key, told) = (row.clone(), *key, told.to_vec());
        self.write(move |tables| write::accept(tables, &row, &key, &told)).await
    }

    async fn notification_under(
        &self,
        tenant: &TenantId,
        key: &KeyRecord,
    ) -> Result<Option<Accepted>, StoreError> {
        Ok(under(&self.shared.disk.read()?, tenant, key, self.shared.clock.now())?)
    }

    async fn notification(
        &self,
        tenant: &TenantId,
        id: NotificationId,
    ) -> Result<Option<NotificationRow>, StoreError> {
        let name = RowName { tenant: tenant.clone(), id: id.as_u128() };
        Ok(NotificationRow::read(&self.shared.disk.read()?, &name, self.shared.clock.now())?)
    }

    async fn replace_notification(
        &self,
        row: &NotificationRow,
        told: &[OutboxRow],
    ) -> Result<Replaced, StoreError> {
        let (row, told) = (row.clone(), told.to_vec());
        self.write(move |tables| write::replace(tables, &row, &told)).await
    }

    async fn list_notifications(
        &self,
        tenant: &TenantId,
        filter: &NotificationFilter,
        page: Page,
    ) -> Result<NotificationPage, StoreError> {
        Ok(list::list(&self.shared.disk.read()?, tenant, filter, page, self.shared.clock.now())?)
    }

    async fn lease_notifications(
        &self,
        tenant: &TenantId,
        holder: &str,
        lease: Duration,
        limit: usize,
    ) -> Result<Vec<NotificationRow>, StoreError> {
        let agenda = self.shared.agendas.notifications.of(tenant);
        Ok(self.lease_due(&agenda, holder, lease, limit)?)
    }

    async fn prolong_notifications(
        &self,
        tenant: &TenantId,
        holder: &str,
        ids: &[NotificationId],
        lease: Duration,
    ) -> Result<Vec<NotificationId>, StoreError> {
        let kept = self.prolong::<NotificationRow>(holder, tenant, ids.iter().map(|id| id.as_u128()), lease);
        Ok(kept.into_iter().map(NotificationId::from_u128).collect())
    }

    async fn release_notification(
        &self,
        holder: &str,
        tenant: &TenantId,
        id: NotificationId,
        not_before: Option<Timestamp>,
    ) -> Result<Option<Timestamp>, StoreError> {
        Ok(self.release::<NotificationRow>(holder, tenant, id.as_u128(), not_before))
    }

    async fn notification_backlog(&self) -> Result<Vec<Backlog>, StoreError> {
        Ok(self.shared.agendas.notifications.backlog(self.shared.clock.now()))
    }
}
