//! An event as it is stored.

use herald_core::{
    id::{EventId, TenantId},
    seal::Sealed,
    store::EventRow,
};
use redb::ReadableTable;

use crate::{
    codec::{Decoder, Encoder},
    fault::Fault,
    tables::{Bytes, RowKey},
};

/// What is stored of an event, expired or not.
pub(super) fn stored(
    events: &impl ReadableTable<RowKey, Bytes>,
    tenant: &TenantId,
    id: EventId,
) -> Result<Option<EventRow>, Fault> {
    let bytes = events.get((tenant.as_str(), id.as_u128()))?;
    bytes.map(|bytes| decode(tenant, id, bytes.value())).transpose()
}

pub(super) fn encode(row: &EventRow) -> Vec<u8> {
    let body = row.body.as_bytes();
    Encoder::new(body.len()).number(row.version).optional_time(row.due_at).time(row.purge_at).body(body)
}

fn decode(tenant: &TenantId, id: EventId, bytes: &[u8]) -> Result<EventRow, Fault> {
    let mut bytes = Decoder::new(bytes)?;
    Ok(EventRow {
        tenant: tenant.clone(),
        id,
        version: bytes.number()?,
        due_at: bytes.optional_time()?,
        purge_at: bytes.time()?,
        body: Sealed::from_bytes(bytes.body()),
    })
}
