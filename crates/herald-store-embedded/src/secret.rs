//! The secrets of the installation, and whether the store is well.

use async_trait::async_trait;
use herald_core::{
    seal::Sealed,
    store::{SecretStore, StoreError},
};
use redb::ReadableTable as _;

use crate::{
    EmbeddedStore,
    fault::Fault,
    tables::{META, SECRETS, Tables},
};

#[async_trait]
impl SecretStore for EmbeddedStore {
    async fn shared_secret(&self, name: &str, fresh: Sealed) -> Result<Sealed, StoreError> {
        if let Some(secret) = self.secret(name)? {
            return Ok(secret);
        }
        let name = name.to_owned();
        self.write(move |tables| first(tables, &name, &fresh)).await
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

impl EmbeddedStore {
    fn secret(&self, name: &str) -> Result<Option<Sealed>, Fault> {
        let table = self.shared.disk.read()?.open_table(SECRETS)?;
        Ok(table.get(name)?.map(|bytes| Sealed::from_bytes(bytes.value().to_vec())))
    }
}

/// The secret that is there, or else this one.
fn first(tables: &mut Tables<'_>, name: &str, fresh: &Sealed) -> Result<Sealed, Fault> {
    if let Some(stored) = tables.secrets.get(name)? {
        return Ok(Sealed::from_bytes(stored.value().to_vec()));
    }
    tables.secrets.insert(name, fresh.as_bytes())?;
    Ok(fresh.clone())
}
