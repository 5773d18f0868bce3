//! What is there of a delivery, for readers and for writers.

use herald_core::{
    id::{DeliveryId, TenantId},
    store::OutboxRow,
};
use redb::ReadableTable;

use crate::{
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
    bytes.map(|bytes| Ok(OutboxRow::from_record(tenant, id, bytes.value())?)).transpose()
}
