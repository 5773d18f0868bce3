//! An identity.
//!
//! In every format the first bytes keep their place: the format (1 byte), the account (32), the subject (16). A store may compare
//! the subject where it is, without reading the record; a new member goes behind them.

use super::{Unreadable, decoder::Decoder, encoder::Encoder};
use crate::{
    id::{SubjectId, TenantId},
    seal::BlindIndex,
    store::IdentityRow,
};

impl IdentityRow {
    /// The identity's record.
    pub fn to_record(&self) -> Vec<u8> {
        let body = self.body.as_bytes();
        Encoder::new(body.len())
            .index(self.account)
            .id(self.subject.as_u128())
            .time(self.verified_at)
            .body(body)
    }

    /// The identity, from the record that is stored under this tenant and key.
    pub fn from_record(tenant: &TenantId, key: BlindIndex, bytes: &[u8]) -> Result<Self, Unreadable> {
        let mut bytes = Decoder::new(bytes)?;
        Ok(Self {
            tenant: tenant.clone(),
            key,
            account: bytes.index()?,
            subject: SubjectId::from_u128(bytes.id()?),
            verified_at: bytes.time()?,
            body: bytes.body(),
        })
    }
}
