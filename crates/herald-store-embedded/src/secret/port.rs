//! The port.

use async_trait::async_trait;
use herald_core::{
    id::TenantId,
    seal::Sealed,
    store::{SecretRow, SecretStore, StoreError},
};

use super::{installation, tenant};
use crate::{EmbeddedStore, fault::Fault, tables::META};

#[async_trait]
impl SecretStore for EmbeddedStore {
    async fn shared_secret(&self, name: &str, fresh: Sealed) -> Result<Sealed, StoreError> {
        if let Some(secret) = installation::read(&self.shared.disk.read()?, name)? {
            return Ok(secret);
        }
        let name = name.to_owned();
        self.write(move |tables| installation::first(tables, &name, &fresh)).await
    }

    async fn secret(&self, tenant: &TenantId, name: &str) -> Result<Option<SecretRow>, StoreError> {
        Ok(tenant::read(&self.shared.disk.read()?, tenant, name, self.shared.clock.now())?)
    }

    async fn replace_secret(&self, row: &SecretRow) -> Result<bool, StoreError> {
        let row = row.clone();
        self.write(move |tables| tenant::replace(tables, &row)).await
    }

    async fn ping(&self) -> Result<(), StoreError> {
        // A store that can be read and not written is of no use to a new login.
        if self.writer.has_stopped() {
            return Err(Fault::WriterStopped.into());
        }
        let transaction = self.shared.disk.read()?;
        transaction.open_table(META).map_err(Fault::from)?;
        Ok(())
    }
}
