//! The shared secrets.

use std::sync::Arc;

use async_trait::async_trait;
use herald_core::{
    id::TenantId,
    seal::Sealed,
    store::{SecretRow, SecretStore, StoreError},
};

use super::{LateStore, Write};

#[async_trait]
impl SecretStore for LateStore {
    async fn shared_secret(&self, name: &str, fresh: Sealed) -> Result<Sealed, StoreError> {
        self.below.shared_secret(name, fresh).await
    }

    async fn secret(&self, tenant: &TenantId, name: &str) -> Result<Option<SecretRow>, StoreError> {
        self.below.secret(tenant, name).await
    }

    async fn replace_secret(&self, row: &SecretRow) -> Result<bool, StoreError> {
        if self.refuses(Write::ReplaceSecret) {
            return Ok(false);
        }
        let (below, row) = (Arc::clone(&self.below), row.clone());
        self.write(Write::ReplaceSecret, async move { below.replace_secret(&row).await }).await
    }

    async fn ping(&self) -> Result<(), StoreError> {
        self.below.ping().await
    }
}
