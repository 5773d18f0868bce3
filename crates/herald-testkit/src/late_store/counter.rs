//! The counters.

use async_trait::async_trait;
use herald_core::{
    id::TenantId,
    seal::BlindIndex,
    store::{CounterStore, Quota, StoreError, Taken},
};

use super::LateStore;

#[async_trait]
impl CounterStore for LateStore {
    async fn take(&self, tenant: &TenantId, asked: &[(BlindIndex, Quota)]) -> Result<Vec<Taken>, StoreError> {
        self.below.take(tenant, asked).await
    }
}
