//! The counters of what is limited. In memory: a limit that begins anew with the process is no loss, a commit for each would be.

use async_trait::async_trait;
use herald_core::{
    id::TenantId,
    seal::BlindIndex,
    store::{CounterStore, Quota, StoreError, Taken},
};

use crate::EmbeddedStore;

#[async_trait]
impl CounterStore for EmbeddedStore {
    async fn take(&self, tenant: &TenantId, asked: &[(BlindIndex, Quota)]) -> Result<Vec<Taken>, StoreError> {
        Ok(self.shared.counters.take(tenant, asked, self.shared.clock.now()))
    }
}
