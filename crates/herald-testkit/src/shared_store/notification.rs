//! The notifications.

use std::time::Duration;

use async_trait::async_trait;
use herald_core::{
    id::{NotificationId, TenantId},
    store::{
        Accepted, Backlog, Change, KeyRecord, NotificationFilter, NotificationPage, NotificationRow,
        NotificationStore, OutboxRow, Page, Replaced, StoreError,
    },
};
use jiff::Timestamp;

use super::SharedStore;

fn changed(row: &NotificationRow) -> Change {
    Change::Notification { tenant: row.tenant.clone(), id: row.id }
}

#[async_trait]
impl NotificationStore for SharedStore {
    async fn accept_notification(
        &self,
        row: &NotificationRow,
        key: &KeyRecord,
        told: &[OutboxRow],
    ) -> Result<Accepted, StoreError> {
        let written = self.reach()?.accept_notification(row, key, told).await?;
        let is_written = written == Accepted::New;
        Ok(self.told(written, is_written, &changed(row)))
    }

    async fn notification_under(
        &self,
        tenant: &TenantId,
        key: &KeyRecord,
    ) -> Result<Option<Accepted>, StoreError> {
        self.reach()?.notification_under(tenant, key).await
    }

    async fn notification(
        &self,
        tenant: &TenantId,
        id: NotificationId,
    ) -> Result<Option<NotificationRow>, StoreError> {
        self.reach()?.notification(tenant, id).await
    }

    async fn replace_notification(
        &self,
        row: &NotificationRow,
        told: &[OutboxRow],
    ) -> Result<Replaced, StoreError> {
        let written = self.reach()?.replace_notification(row, told).await?;
        Ok(self.told(written, written == Replaced::Done, &changed(row)))
    }

    async fn list_notifications(
        &self,
        tenant: &TenantId,
        filter: &NotificationFilter,
        page: Page,
    ) -> Result<NotificationPage, StoreError> {
        self.reach()?.list_notifications(tenant, filter, page).await
    }

    async fn lease_notifications(
        &self,
        tenant: &TenantId,
        holder: &str,
        lease: Duration,
        limit: usize,
    ) -> Result<Vec<NotificationRow>, StoreError> {
        self.reach()?.lease_notifications(tenant, holder, lease, limit).await
    }

    async fn prolong_notifications(
        &self,
        tenant: &TenantId,
        holder: &str,
        ids: &[NotificationId],
        lease: Duration,
    ) -> Result<Vec<NotificationId>, StoreError> {
        self.prolonging().insert(tenant.clone());
        self.reach()?.prolong_notifications(tenant, holder, ids, lease).await
    }

    async fn release_notification(
        &self,
        holder: &str,
        tenant: &TenantId,
        id: NotificationId,
        not_before: Option<Timestamp>,
    ) -> Result<Option<Timestamp>, StoreError> {
        self.reach()?.release_notification(holder, tenant, id, not_before).await
    }

    async fn notification_backlog(&self) -> Result<Vec<Backlog>, StoreError> {
        self.reach()?.notification_backlog().await
    }
}
