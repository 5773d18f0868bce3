//! The port.

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

use crate::{RedisStore, names::Agenda};

#[async_trait]
impl NotificationStore for RedisStore {
    async fn accept_notification(
        &self,
        row: &NotificationRow,
        key: &KeyRecord,
        told: &[OutboxRow],
    ) -> Result<Accepted, StoreError> {
        self.accept(row, key, told).await
    }

    async fn notification_under(
        &self,
        tenant: &TenantId,
        key: &KeyRecord,
    ) -> Result<Option<Accepted>, StoreError> {
        self.accepted_under(tenant, key).await
    }

    async fn notification(
        &self,
        tenant: &TenantId,
        id: NotificationId,
    ) -> Result<Option<NotificationRow>, StoreError> {
        self.row(tenant, id.as_u128()).await
    }

    async fn replace_notification(
        &self,
        row: &NotificationRow,
        told: &[OutboxRow],
    ) -> Result<Replaced, StoreError> {
        self.replace_row(row, told).await
    }

    async fn list_notifications(
        &self,
        tenant: &TenantId,
        filter: &NotificationFilter,
        page: Page,
    ) -> Result<NotificationPage, StoreError> {
        self.list_page(tenant, filter, page).await
    }

    async fn lease_notifications(
        &self,
        tenant: &TenantId,
        holder: &str,
        lease: Duration,
        limit: usize,
    ) -> Result<Vec<NotificationRow>, StoreError> {
        self.lease_due(tenant, holder, lease, limit).await
    }

    async fn prolong_notifications(
        &self,
        tenant: &TenantId,
        holder: &str,
        ids: &[NotificationId],
        lease: Duration,
    ) -> Result<Vec<NotificationId>, StoreError> {
        let ids = ids.iter().map(|id| id.as_u128());
        let kept = self.agenda_prolong(tenant, Agenda::Notifications, holder, ids, lease).await?;
        Ok(kept.into_iter().map(NotificationId::from_u128).collect())
    }

    async fn release_notification(
        &self,
        holder: &str,
        tenant: &TenantId,
        id: NotificationId,
        not_before: Option<Timestamp>,
    ) -> Result<Option<Timestamp>, StoreError> {
        self.agenda_release(tenant, Agenda::Notifications, holder, id.as_u128(), not_before).await
    }

    async fn notification_backlog(&self) -> Result<Vec<Backlog>, StoreError> {
        self.backlog(Agenda::Notifications).await
    }
}
