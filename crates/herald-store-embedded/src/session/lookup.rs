//! What is there of a session, for readers and for writers.

use herald_core::{
    id::{SessionId, TenantId},
    store::SessionRow,
};
use redb::ReadableTable;

use crate::{
    fault::Fault,
    tables::{Bytes, RowKey},
};

/// What is stored of a session, expired or not.
pub(super) fn stored(
    sessions: &impl ReadableTable<RowKey, Bytes>,
    tenant: &TenantId,
    id: SessionId,
) -> Result<Option<SessionRow>, Fault> {
    let bytes = sessions.get((tenant.as_str(), id.as_u128()))?;
    bytes.map(|bytes| Ok(SessionRow::from_record(tenant, id, bytes.value())?)).transpose()
}
