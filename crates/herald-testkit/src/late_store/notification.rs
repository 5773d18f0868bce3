//! The notifications.

use std::time::Duration;

use async_trait::async_trait;
use herald_core::{
    id::{NotificationId, TenantId},
    store::{Accepted, KeyRecord, NotificationRow, NotificationStore, StoreError},
};
use jiff::Timestamp;

use super::LateStore;

#[async_trait]
impl NotificationStore for LateStore {
    async fn accept_notification(
        &self,
        row: &NotificationRow,
        key: &KeyRecord,
    ) -> Result<Accepted, StoreError> {
        self.below.accept_notification(row, key).await
    }

    async fn notification_under(
        &self,
        tenant: &TenantId,
        key: &KeyRecord,
    ) -> Result<Option<Accepted>, StoreError> {
        self.below.notification_under(tenant, key).await
    }

    async fn notification(
        &self,
        tenant: &TenantId,
        id: NotificationId,
    ) -> Result<Option<NotificationRow>, StoreError> {
        self.below.notification(tenant, id).await
    }

    async fn replace_notification(&self, row: &NotificationRow) -> Result<bool, StoreError> {
        self.below.replace_notification(row).await
    }

    async fn lease_notifications(
        &self,
        holder: &str,
        lease: Duration,
        limit: usize,
    ) -> Result<Vec<NotificationRow>, StoreError> {
        self.below.lease_notifications(holder, lease, limit).await
    }

    async fn release_notification(
        &self,
        holder: &str,
        tenant: &TenantId,
        id: NotificationId,
    ) -> Result<(), StoreError> {
        self.below.release_notification(holder, tenant, id).await
    }

    async fn next_notification_due(&self) -> Result<Option<Timestamp>, StoreError> {
        self.below.next_notification_due().await
    }
}
