//! The secrets of tenants: replaced by who saw the last one, and over when they say so.

use herald_core::{
    id::TenantId,
    store::{Change, SecretRow, StoreError},
};

use crate::{
    RedisStore, expiry,
    step::{Checks, Committed},
    value::{self, Kind},
};

fn key(store: &RedisStore, tenant: &TenantId, name: &str) -> Vec<u8> {
    store.names.word(tenant, "secret", name)
}

/// The secret of this name, if there is one (still).
pub(super) async fn read(
    store: &RedisStore,
    tenant: &TenantId,
    name: &str,
) -> Result<Option<SecretRow>, StoreError> {
    let Some(value) = store.value(&key(store, tenant, name)).await? else { return Ok(None) };
    let stored = value::read(Kind::Secret, &value)?;
    if !stored.is_live(store.clock.now()) {
        return Ok(None);
    }
    Ok(Some(SecretRow::from_record(tenant, name, stored.record)?))
}

/// See `SecretStore::replace_secret`.
pub(super) async fn replace(store: &RedisStore, row: &SecretRow) -> Result<bool, StoreError> {
    let key = key(store, &row.tenant, &row.name);
    let mut checks = Checks::default();
    match row.version {
        0 => return Ok(false),
        1 => checks.absent(&key),
        version => checks.version(&key, version - 1),
    };
    let mut step = checks.then();
    step.set(&key, &value::wrap(row.version, row.purge_at, Kind::Secret, &row.to_record()));
    if let Some(purge_at) = row.purge_at {
        store.ensure_tenant(&row.tenant).await?;
        expiry::note(&mut step, &store.names, &row.tenant, purge_at, &key, &[]);
    }
    let change = Change::Secret { tenant: row.tenant.clone(), name: row.name.clone() };
    Ok(store.commit(step, &[change]).await? == Committed::Done)
}
