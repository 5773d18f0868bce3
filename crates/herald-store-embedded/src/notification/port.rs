//! The port, and single notifications out of a snapshot.

use std::time::Duration;

use async_trait::async_trait;
use herald_core::{
    id::{NotificationId, TenantId},
    store::{Accepted, KeyRecord, NotificationRow, NotificationStore, StoreError},
};
use jiff::Timestamp;
use redb::ReadTransaction;

use super::{lookup, write};
use crate::{
    EmbeddedStore,
    due::{Kind, RowName},
    fault::Fault,
    lease::Leased,
    tables::{NOTIFICATION_KEYS, NOTIFICATIONS},
};

impl Leased for NotificationRow {
    const KIND: Kind = Kind::Notification;

    fn read(transaction: &ReadTransaction, name: &RowName, now: Timestamp) -> Result<Option<Self>, Fault> {
        let table = transaction.open_table(NOTIFICATIONS)?;
        let row = lookup::stored(&table, &name.tenant, NotificationId::from_u128(name.id))?;
        Ok(row.filter(|row| row.purge_at > now))
    }

    fn due(&self) -> Option<Timestamp> {
        self.due_at
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
    ) -> Result<Accepted, StoreError> {
        let (row, key) = (row.clone(), *key);
        self.write(move |tables| write::accept(tables, &row, &key)).await
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

    async fn replace_notification(&self, row: &NotificationRow) -> Result<bool, StoreError> {
        let row = row.clone();
        self.write(move |tables| write::replace(tables, &row)).await
    }

    async fn lease_notifications(
        &self,
        holder: &str,
        lease: Duration,
        limit: usize,
    ) -> Result<Vec<NotificationRow>, StoreError> {
        Ok(self.lease_due(holder, lease, limit)?)
    }

    async fn release_notification(
        &self,
        holder: &str,
        tenant: &TenantId,
        id: NotificationId,
    ) -> Result<(), StoreError> {
        self.release::<NotificationRow>(holder, tenant, id.as_u128());
        Ok(())
    }

    async fn next_notification_due(&self) -> Result<Option<Timestamp>, StoreError> {
        Ok(self.next_due::<NotificationRow>())
    }
}
