//! A session.

use super::{Unreadable, decoder::Decoder, encoder::Encoder};
use crate::{
    id::{ConnectionId, SessionId, SubjectId, TenantId},
    session::SessionStatus,
    store::SessionRow,
};

impl SessionRow {
    /// The session's record.
    pub fn to_record(&self) -> Vec<u8> {
        let body = self.body.as_bytes();
        Encoder::new(body.len())
            .number(self.version)
            .word(self.status.as_str())
            .id(self.subject.as_u128())
            .word(self.connection.as_str())
            .time(self.created_at)
            .time(self.expires_at)
            .time(self.purge_at)
            .body(body)
    }

    /// The session, from the record that is stored under this tenant and id.
    pub fn from_record(tenant: &TenantId, id: SessionId, bytes: &[u8]) -> Result<Self, Unreadable> {
        let mut bytes = Decoder::new(bytes)?;
        Ok(Self {
            tenant: tenant.clone(),
            id,
            version: bytes.number()?,
            status: bytes.word(SessionStatus::parse)?,
            subject: SubjectId::from_u128(bytes.id()?),
            connection: bytes.word(|name| ConnectionId::parse(name).ok())?,
            created_at: bytes.time()?,
            expires_at: bytes.time()?,
            purge_at: bytes.time()?,
            body: bytes.body(),
        })
    }
}
