//! The notifications.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use herald_core::{
    id::{NotificationId, TenantId},
    store::{
        Accepted, Backlog, KeyRecord, NotificationFilter, NotificationPage, NotificationRow,
        NotificationStore, OutboxRow, Page, Replaced, StoreError,
    },
};
use jiff::Timestamp;

use super::{LateStore, Write};

#[async_trait]
impl NotificationStore for LateStore {
    async fn accept_notification(
        &self,
        row: &NotificationRow,
        key: &KeyRecord,
        told: &[OutboxRow],
    ) -> Result<Accepted, StoreError> {
        let (below, row, key, told) = (Arc::clone(&self.below), row.clone(), *key, told.to_vec());
        let accept = async move { below.accept_notification(&row, &key, &told).await };
        self.write(Write::AcceptNotification, accept).await
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

    async fn replace_notification(
        &self,
        row: &NotificationRow,
        told: &[OutboxRow],
    ) -> Result<Replaced, StoreError> {
        let (below, row, told) = (Arc::clone(&self.below), row.clone(), told.to_vec());
        let replace = async move { below.replace_notification(&row, &told).await };
        self.write(Write::ReplaceNotification, replace).await
    }

    async fn list_notifications(
        &self,
        tenant: &TenantId,
        filter: &NotificationFilter,
        page: Page,
    ) -> Result<NotificationPage, StoreError> {
        self.below.list_notifications(tenant, filter, page).await
    }

    async fn lease_notifications(
        &self,
        tenant: &TenantId,
        holder: &str,
        lease: Duration,
        limit: usize,
    ) -> Result<Vec<NotificationRow>, StoreError> {
        self.below.lease_notifications(tenant, holder, lease, limit).await
    }

    async fn prolong_notifications(
        &self,
        tenant: &TenantId,
        holder: &str,
        ids: &[NotificationId],
        lease: Duration,
    ) -> Result<Vec<NotificationId>, StoreError> {
        self.below.prolong_notifications(tenant, holder, ids, lease).await
    }

    async fn release_notification(
        &self,
        holder: &str,
        tenant: &TenantId,
        id: NotificationId,
        not_before: Option<Timestamp>,
    ) -> Result<Option<Timestamp>, StoreError> {
        self.below.release_notification(holder, tenant, id, not_before).await
    }

    async fn notification_backlog(&self) -> Result<Vec<Backlog>, StoreError> {
        self.below.notification_backlog().await
    }
}
