//! The providers' notices.

use async_trait::async_trait;
use herald_core::{
    id::{NotificationId, TenantId},
    seal::BlindIndex,
    store::{NoticeStore, StoreError},
};
use jiff::Timestamp;

use super::LateStore;

#[async_trait]
impl NoticeStore for LateStore {
    async fn is_noticed(&self, tenant: &TenantId, notice: BlindIndex) -> Result<bool, StoreError> {
        self.below.is_noticed(tenant, notice).await
    }

    async fn remember_notice(
        &self,
        tenant: &TenantId,
        notice: BlindIndex,
        keep_until: Timestamp,
    ) -> Result<(), StoreError> {
        self.below.remember_notice(tenant, notice, keep_until).await
    }

    async fn note_delivered(
        &self,
        tenant: &TenantId,
        message: BlindIndex,
        at: Timestamp,
        keep_until: Timestamp,
    ) -> Result<Option<NotificationId>, StoreError> {
        self.below.note_delivered(tenant, message, at, keep_until).await
    }
}
