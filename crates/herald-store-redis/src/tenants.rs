//! The tenants that something was stored of, so that every replica finds what there is to do for them.

use std::{
    collections::BTreeSet,
    slice::from_ref,
    sync::{PoisonError, RwLock},
};

use herald_core::{id::TenantId, store::StoreError};
use redis::cmd;

use crate::{RedisStore, answer};

/// The tenants that this handle registered.
#[derive(Debug, Default)]
pub(crate) struct Tenants(RwLock<BTreeSet<TenantId>>);

impl Tenants {
    fn has(&self, tenant: &TenantId) -> bool {
        self.0.read().unwrap_or_else(PoisonError::into_inner).contains(tenant)
    }

    fn add(&self, tenant: TenantId) {
        self.0.write().unwrap_or_else(PoisonError::into_inner).insert(tenant);
    }

    fn all(&self) -> Vec<TenantId> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }
}

impl RedisStore {
    /// Registers a tenant: before the first write of a row of it that somebody has to attend to or to sweep.
    pub(crate) async fn ensure_tenant(&self, tenant: &TenantId) -> Result<(), StoreError> {
        if self.tenants.has(tenant) {
            return Ok(());
        }
        self.register(from_ref(tenant)).await?;
        self.tenants.add(tenant.clone());
        Ok(())
    }

    /// Registers again the tenants that this handle registered: Redis may have lost that, when a replica of it took over.
    pub(crate) async fn register_again(&self) -> Result<(), StoreError> {
        match self.tenants.all() {
            tenants if tenants.is_empty() => Ok(()),
            tenants => self.register(&tenants).await,
        }
    }

    async fn register(&self, tenants: &[TenantId]) -> Result<(), StoreError> {
        let mut add = cmd("SADD");
        add.arg(self.names.tenants());
        for tenant in tenants {
            add.arg(tenant.as_str());
        }
        self.link.query(add).await?;
        Ok(())
    }

    /// All tenants that something was stored of, by whatever replica.
    pub(crate) async fn tenants(&self) -> Result<Vec<TenantId>, StoreError> {
        let mut members = cmd("SMEMBERS");
        members.arg(self.names.tenants());
        let names: Vec<String> = answer::read(self.link.query(members).await?)?;
        let unreadable = |_| StoreError::Corrupt("the tenants have one with no name".to_owned());
        names.iter().map(|name| TenantId::parse(name).map_err(unreadable)).collect()
    }
}
