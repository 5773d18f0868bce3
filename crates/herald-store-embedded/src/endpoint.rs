//! The webhook endpoints: a few for each tenant, which stay until they are removed.

use async_trait::async_trait;
use herald_core::{
    id::{EndpointId, TenantId},
    store::{EndpointRow, EndpointStore, OutboxRow, StoreError},
};
use redb::{ReadTransaction, ReadableTable};

use crate::{
    EmbeddedStore,
    fault::Fault,
    key, outbox,
    tables::{Bytes, ENDPOINTS, RowKey, Tables},
};

/// Every endpoint of a tenant, oldest first.
fn of_tenant(
    endpoints: &impl ReadableTable<RowKey, Bytes>,
    tenant: &TenantId,
) -> Result<Vec<EndpointRow>, Fault> {
    let rows = endpoints.range((tenant.as_str(), 0)..=(tenant.as_str(), u128::MAX))?.map(|entry| {
        let (key, bytes) = entry?;
        let (tenant, id) = key.value();
        Ok(EndpointRow::from_record(&key::tenant(tenant)?, EndpointId::from_u128(id), bytes.value())?)
    });
    rows.collect()
}

fn put(tables: &mut Tables<'_>, row: &EndpointRow) -> Result<(), Fault> {
    tables.endpoints.insert((row.tenant.as_str(), row.id.as_u128()), row.to_record().as_slice())?;
    Ok(())
}

/// See `EndpointStore::insert_endpoint`.
fn insert(tables: &mut Tables<'_>, row: &EndpointRow, most: usize) -> Result<bool, Fault> {
    let there = of_tenant(&tables.endpoints, &row.tenant)?;
    if there.iter().any(|other| other.id == row.id) {
        return Err(Fault::Unreadable(format!("the new endpoint {} is there already", row.id)));
    }
    if there.len() >= most {
        return Ok(false);
    }
    put(tables, row)?;
    Ok(true)
}

/// See `EndpointStore::replace_endpoint`.
fn replace(tables: &mut Tables<'_>, row: &EndpointRow, told: &[OutboxRow]) -> Result<bool, Fault> {
    let bytes = tables.endpoints.get((row.tenant.as_str(), row.id.as_u128()))?;
    let old = bytes.map(|bytes| EndpointRow::from_record(&row.tenant, row.id, bytes.value())).transpose()?;
    if old.and_then(|old| old.version.checked_add(1)) != Some(row.version) {
        return Ok(false);
    }
    put(tables, row)?;
    outbox::insert(tables, told)?;
    Ok(true)
}

/// The newest first.
fn list(transaction: &ReadTransaction, tenant: &TenantId) -> Result<Vec<EndpointRow>, Fault> {
    let mut rows = of_tenant(&transaction.open_table(ENDPOINTS)?, tenant)?;
    rows.reverse();
    Ok(rows)
}

#[async_trait]
impl EndpointStore for EmbeddedStore {
    async fn insert_endpoint(&self, row: &EndpointRow, most: usize) -> Result<bool, StoreError> {
        let row = row.clone();
        self.write(move |tables| insert(tables, &row, most)).await
    }

    async fn endpoints(&self, tenant: &TenantId) -> Result<Vec<EndpointRow>, StoreError> {
        Ok(list(&self.shared.disk.read()?, tenant)?)
    }

    async fn replace_endpoint(&self, row: &EndpointRow, told: &[OutboxRow]) -> Result<bool, StoreError> {
        let (row, told) = (row.clone(), told.to_vec());
        self.write(move |tables| replace(tables, &row, &told)).await
    }

    async fn remove_endpoint(&self, tenant: &TenantId, id: EndpointId) -> Result<bool, StoreError> {
        let tenant = tenant.clone();
        self.write(move |tables| {
            let removed = tables.endpoints.remove((tenant.as_str(), id.as_u128()))?;
            Ok(removed.is_some())
        })
        .await
    }
}
