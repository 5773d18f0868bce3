//! The small ports: endpoints, secrets, subjects, notices, counters.

use async_trait::async_trait;
use herald_core::{
    id::{EndpointId, NotificationId, SubjectId, TenantId},
    seal::{BlindIndex, Sealed},
    store::{
        Change, CounterStore, EndpointRow, EndpointStore, IdentityRow, NoticeStore, OutboxRow, Quota,
        SecretRow, SecretStore, StoreError, SubjectStore, Taken,
    },
};
use jiff::Timestamp;

use super::SharedStore;

fn endpoints_of(tenant: &TenantId) -> Change {
    Change::Endpoints { tenant: tenant.clone() }
}

#[async_trait]
impl EndpointStore for SharedStore {
    async fn insert_endpoint(&self, row: &EndpointRow, most: usize) -> Result<bool, StoreError> {
        let written = self.reach()?.insert_endpoint(row, most).await?;
        Ok(self.told(written, written, &endpoints_of(&row.tenant)))
    }

    async fn endpoints(&self, tenant: &TenantId) -> Result<Vec<EndpointRow>, StoreError> {
        self.reach()?.endpoints(tenant).await
    }

    async fn replace_endpoint(&self, row: &EndpointRow, told: &[OutboxRow]) -> Result<bool, StoreError> {
        let written = self.reach()?.replace_endpoint(row, told).await?;
        Ok(self.told(written, written, &endpoints_of(&row.tenant)))
    }

    async fn remove_endpoint(&self, tenant: &TenantId, id: EndpointId) -> Result<bool, StoreError> {
        let written = self.reach()?.remove_endpoint(tenant, id).await?;
        Ok(self.told(written, written, &endpoints_of(tenant)))
    }
}

#[async_trait]
impl SecretStore for SharedStore {
    async fn shared_secret(&self, name: &str, fresh: Sealed) -> Result<Sealed, StoreError> {
        self.reach()?.shared_secret(name, fresh).await
    }

    async fn secret(&self, tenant: &TenantId, name: &str) -> Result<Option<SecretRow>, StoreError> {
        self.reach()?.secret(tenant, name).await
    }

    async fn replace_secret(&self, row: &SecretRow) -> Result<bool, StoreError> {
        let written = self.reach()?.replace_secret(row).await?;
        let change = Change::Secret { tenant: row.tenant.clone(), name: row.name.clone() };
        Ok(self.told(written, written, &change))
    }

    async fn ping(&self) -> Result<(), StoreError> {
        self.reach()?.ping().await
    }
}

#[async_trait]
impl SubjectStore for SharedStore {
    async fn subject_of(&self, tenant: &TenantId, key: BlindIndex) -> Result<Option<SubjectId>, StoreError> {
        self.reach()?.subject_of(tenant, key).await
    }

    async fn identities_of(
        &self,
        tenant: &TenantId,
        subject: SubjectId,
    ) -> Result<Vec<IdentityRow>, StoreError> {
        self.reach()?.identities_of(tenant, subject).await
    }
}

#[async_trait]
impl NoticeStore for SharedStore {
    async fn is_noticed(&self, tenant: &TenantId, notice: BlindIndex) -> Result<bool, StoreError> {
        self.reach()?.is_noticed(tenant, notice).await
    }

    async fn remember_notice(
        &self,
        tenant: &TenantId,
        notice: BlindIndex,
        keep_until: Timestamp,
    ) -> Result<(), StoreError> {
        self.reach()?.remember_notice(tenant, notice, keep_until).await
    }

    async fn note_delivered(
        &self,
        tenant: &TenantId,
        message: BlindIndex,
        at: Timestamp,
        keep_until: Timestamp,
    ) -> Result<Option<NotificationId>, StoreError> {
        self.reach()?.note_delivered(tenant, message, at, keep_until).await
    }
}

#[async_trait]
impl CounterStore for SharedStore {
    async fn take(&self, tenant: &TenantId, asked: &[(BlindIndex, Quota)]) -> Result<Vec<Taken>, StoreError> {
        self.reach()?.take(tenant, asked).await
    }
}
