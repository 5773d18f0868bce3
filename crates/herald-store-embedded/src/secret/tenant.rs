//! The secrets of tenants: replaced by who saw the last one, and over when they say so.

use herald_core::{id::TenantId, store::SecretRow};
use jiff::Timestamp;
use redb::{ReadTransaction, ReadableTable};

use crate::{
    expiry,
    fault::Fault,
    tables::{Bytes, NameKey, TENANT_SECRETS, Tables, move_entry},
};

/// What is stored of a secret, expired or not.
fn stored(
    secrets: &impl ReadableTable<NameKey, Bytes>,
    tenant: &TenantId,
    name: &str,
) -> Result<Option<SecretRow>, Fault> {
    let bytes = secrets.get((tenant.as_str(), name))?;
    bytes.map(|bytes| Ok(SecretRow::from_record(tenant, name, bytes.value())?)).transpose()
}

fn is_over(row: &SecretRow, now: Timestamp) -> bool {
    row.purge_at.is_some_and(|purge_at| purge_at <= now)
}

/// The secret in this snapshot, if it has not expired by then.
pub(super) fn read(
    transaction: &ReadTransaction,
    tenant: &TenantId,
    name: &str,
    now: Timestamp,
) -> Result<Option<SecretRow>, Fault> {
    let row = stored(&transaction.open_table(TENANT_SECRETS)?, tenant, name)?;
    Ok(row.filter(|row| !is_over(row, now)))
}

/// Moves the expiry from that of `old` to that of `new`.
fn index(tables: &mut Tables<'_>, old: Option<&SecretRow>, new: Option<&SecretRow>) -> Result<(), Fault> {
    let Some(SecretRow { tenant, name, .. }) = new.or(old) else { return Ok(()) };
    let expiry = |row: &SecretRow| {
        row.purge_at.map(|at| (at.as_nanosecond(), expiry::SECRET, tenant.as_str(), name.as_bytes()))
    };
    move_entry(&mut tables.expiries, old.and_then(expiry), new.and_then(expiry))
}

/// Deletes a secret, if it has expired.
pub(crate) fn remove_expired(tables: &mut Tables<'_>, tenant: &TenantId, name: &str) -> Result<(), Fault> {
    let Some(row) = stored(&tables.tenant_secrets, tenant, name)?.filter(|row| is_over(row, tables.now))
    else {
        return Ok(());
    };
    index(tables, Some(&row), None)?;
    tables.tenant_secrets.remove((tenant.as_str(), name))?;
    Ok(())
}

/// See `SecretStore::replace_secret`.
pub(super) fn replace(tables: &mut Tables<'_>, row: &SecretRow) -> Result<bool, Fault> {
    let old = stored(&tables.tenant_secrets, &row.tenant, &row.name)?;
    // One that is over counts as none.
    let seen = old.as_ref().filter(|old| !is_over(old, tables.now)).map_or(0, |old| old.version);
    if seen.checked_add(1) != Some(row.version) {
        return Ok(false);
    }
    index(tables, old.as_ref(), Some(row))?;
    tables.tenant_secrets.insert((row.tenant.as_str(), row.name.as_str()), row.to_record().as_slice())?;
    Ok(true)
}
