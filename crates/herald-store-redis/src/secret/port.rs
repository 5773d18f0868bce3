//! The port.

use async_trait::async_trait;
use herald_core::{
    id::TenantId,
    seal::Sealed,
    store::{SecretRow, SecretStore, StoreError},
};

use super::{installation, tenant};
use crate::RedisStore;

#[async_trait]
impl SecretStore for RedisStore {
    async fn shared_secret(&self, name: &str, fresh: Sealed) -> Result<Sealed, StoreError> {
        installation::first(self, name, fresh).await
    }

    async fn secret(&self, tenant: &TenantId, name: &str) -> Result<Option<SecretRow>, StoreError> {
        tenant::read(self, tenant, name).await
    }

    async fn replace_secret(&self, row: &SecretRow) -> Result<bool, StoreError> {
        tenant::replace(self, row).await
    }

    async fn ping(&self) -> Result<(), StoreError> {
        tokio::try_join!(self.link.ping(), self.watch.check(&self.link))?;
        Ok(())
    }
}
