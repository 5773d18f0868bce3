//! A delivery as it is stored.

use herald_core::{
    id::{DeliveryId, EndpointId, TenantId},
    seal::Sealed,
    store::OutboxRow,
};
use redb::ReadableTable;

use crate::{
    codec::{Decoder, Encoder},
    fault::Fault,
    tables::{Bytes, RowKey},
};

/// What is stored of a delivery, expired or not.
pub(super) fn stored(
    outbox: &impl ReadableTable<RowKey, Bytes>,
    tenant: &TenantId,
    id: DeliveryId,
) -> Result<Option<OutboxRow>, Fault> {
    let bytes = outbox.get((tenant.as_str(), id.as_u128()))?;
    bytes.map(|bytes| decode(tenant, id, bytes.value())).transpose()
}

pub(super) fn encode(row: &OutboxRow) -> Vec<u8> {
    let body = row.body.as_bytes();
    Encoder::new(body.len())
        .optional_id(row.endpoint.map(EndpointId::as_u128))
        .number(row.version)
        .time(row.created_at)
        .optional_time(row.due_at)
        .time(row.purge_at)
        .body(body)
}

pub(super) fn decode(tenant: &TenantId, id: DeliveryId, bytes: &[u8]) -> Result<OutboxRow, Fault> {
    let mut bytes = Decoder::new(bytes)?;
    Ok(OutboxRow {
        tenant: tenant.clone(),
        id,
        endpoint: bytes.optional_id()?.map(EndpointId::from_u128),
        version: bytes.number()?,
        created_at: bytes.time()?,
        due_at: bytes.optional_time()?,
        purge_at: bytes.time()?,
        body: Sealed::from_bytes(bytes.body()),
    })
}
