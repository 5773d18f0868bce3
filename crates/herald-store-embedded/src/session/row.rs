//! A session as it is stored.

use herald_core::{
    id::{ConnectionId, SessionId, SubjectId, TenantId},
    seal::Sealed,
    session::SessionStatus,
    store::SessionRow,
};
use redb::ReadableTable;

use crate::{
    codec::{Decoder, Encoder},
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
    bytes.map(|bytes| decode(tenant, id, bytes.value())).transpose()
}

pub(super) fn encode(row: &SessionRow) -> Vec<u8> {
    let body = row.body.as_bytes();
    Encoder::new(body.len())
        .number(row.version)
        .word(row.status.as_str())
        .id(row.subject.as_u128())
        .word(row.connection.as_str())
        .time(row.created_at)
        .time(row.expires_at)
        .time(row.purge_at)
        .body(body)
}

fn decode(tenant: &TenantId, id: SessionId, bytes: &[u8]) -> Result<SessionRow, Fault> {
    let mut bytes = Decoder::new(bytes)?;
    Ok(SessionRow {
        tenant: tenant.clone(),
        id,
        version: bytes.number()?,
        status: bytes.word(SessionStatus::parse)?,
        subject: SubjectId::from_u128(bytes.id()?),
        connection: bytes.word(|name| ConnectionId::parse(name).ok())?,
        created_at: bytes.time()?,
        expires_at: bytes.time()?,
        purge_at: bytes.time()?,
        body: Sealed::from_bytes(bytes.body()),
    })
}
