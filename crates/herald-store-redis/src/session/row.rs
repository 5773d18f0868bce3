//! A session's row, and its orders.

use herald_core::{
    id::{ConnectionId, SessionId, SubjectId, TenantId},
    store::{SessionRow, StoreError},
};
use jiff::Timestamp;

use crate::{names::Names, row::Row, value::Kind};

impl Row for SessionRow {
    const KIND: Kind = Kind::Session;
    const NAME: &'static str = "ses";

    fn decode(tenant: &TenantId, id: u128, record: &[u8]) -> Result<Self, StoreError> {
        Ok(Self::from_record(tenant, SessionId::from_u128(id), record)?)
    }

    fn created_at(&self) -> Timestamp {
        self.created_at
    }
}

/// The order of all sessions of a tenant.
pub(super) fn by_time(names: &Names, tenant: &TenantId) -> Vec<u8> {
    names.of(tenant, "sess")
}

/// The order of a subject's sessions.
pub(super) fn by_subject(names: &Names, tenant: &TenantId, subject: SubjectId) -> Vec<u8> {
    names.row(tenant, "sess:subject", subject.as_u128())
}

/// The order of the sessions through a connection.
pub(super) fn by_connection(names: &Names, tenant: &TenantId, connection: &ConnectionId) -> Vec<u8> {
    names.word(tenant, "sess:connection", connection.as_str())
}
