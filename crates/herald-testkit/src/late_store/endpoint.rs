//! The webhook endpoints.

use async_trait::async_trait;
use herald_core::{
    id::{EndpointId, TenantId},
    store::{EndpointRow, EndpointStore, OutboxRow, StoreError},
};

use super::LateStore;

#[async_trait]
impl EndpointStore for LateStore {
    async fn insert_endpoint(&self, row: &EndpointRow, most: usize) -> Result<bool, StoreError> {
        self.below.insert_endpoint(row, most).await
    }

    async fn endpoints(&self, tenant: &TenantId) -> Result<Vec<EndpointRow>, StoreError> {
        self.below.endpoints(tenant).await
    }

    async fn replace_endpoint(&self, row: &EndpointRow, told: &[OutboxRow]) -> Result<bool, StoreError> {
        self.below.replace_endpoint(row, told).await
    }

    async fn remove_endpoint(&self, tenant: &TenantId, id: EndpointId) -> Result<bool, StoreError> {
        self.below.remove_endpoint(tenant, id).await
    }
}
