//! What is due of the logins of all tenants together: each tenant has an agenda of its own, in its own slot.

use std::{collections::BTreeMap, time::Duration};

use herald_core::{
    id::TenantId,
    store::{LoginRow, StoreError},
};
use jiff::Timestamp;

use crate::{RedisStore, names::Agenda, tenants::of_each};

/// See `LoginStore::lease_logins`.
pub(super) async fn lease(
    store: &RedisStore,
    holder: &str,
    lease: Duration,
    limit: usize,
) -> Result<Vec<LoginRow>, StoreError> {
    let tenants = store.tenants().await?;
    let mut rows: Vec<LoginRow> = Vec::new();
    while rows.len() < limit {
        let leased = async {
            let earliest = earliest(store, tenants.clone(), limit - rows.len()).await?;
            let is_last = earliest.is_empty();
            let leased = lease_these(store, earliest, holder, lease).await?;
            Ok((leased, is_last))
        };
        match leased.await {
            Ok((leased, false)) => rows.extend(leased),
            Ok((_, true)) => break,
            Err(error) if rows.is_empty() => return Err(error),
            // What is leased already is attended to: nobody else can before the leases end.
            Err(error) => {
                tracing::warn!(%error, "fewer logins were leased than are due");
                break;
            }
        }
    }
    rows.sort_by_key(|row| row.attend_at);
    Ok(rows)
}

/// The logins that can be taken now, the earliest of all tenants together, by tenant.
async fn earliest(
    store: &RedisStore,
    tenants: Vec<TenantId>,
    limit: usize,
) -> Result<BTreeMap<TenantId, Vec<u128>>, StoreError> {
    let heads = tenants.into_iter().map(|tenant| async move {
        let heads = store.agenda_heads(&tenant, Agenda::Logins, limit).await?;
        Ok(heads.into_iter().map(|(since, id)| (since, tenant.clone(), id)).collect::<Vec<_>>())
    });
    let mut heads = of_each(Agenda::Logins, heads).await?.concat();
    heads.sort_unstable();
    heads.truncate(limit);
    let mut earliest = BTreeMap::<_, Vec<_>>::new();
    for (_, tenant, id) in heads {
        earliest.entry(tenant).or_default().push(id);
    }
    Ok(earliest)
}

/// Takes those of them that are still free; others may have been faster.
async fn lease_these(
    store: &RedisStore,
    ids: BTreeMap<TenantId, Vec<u128>>,
    holder: &str,
    lease: Duration,
) -> Result<Vec<LoginRow>, StoreError> {
    let leases = ids.into_iter().map(|(tenant, ids)| async move {
        store.lease_these::<LoginRow>(&tenant, &ids, holder, lease).await
    });
    Ok(of_each(Agenda::Logins, leases).await?.into_iter().flatten().collect())
}

/// See `LoginStore::next_login_due`.
pub(super) async fn next(store: &RedisStore) -> Result<Option<Timestamp>, StoreError> {
    let tenants = store.tenants().await?;
    let next =
        tenants.into_iter().map(|tenant| async move { store.agenda_next(&tenant, Agenda::Logins).await });
    Ok(of_each(Agenda::Logins, next).await?.into_iter().flatten().min())
}
