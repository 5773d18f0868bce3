//! A tenant's shared secret.

use super::{Unreadable, decoder::Decoder, encoder::Encoder};
use crate::{id::TenantId, store::SecretRow};

impl SecretRow {
    /// The secret's record.
    pub fn to_record(&self) -> Vec<u8> {
        let body = self.body.as_bytes();
        Encoder::new(body.len()).number(self.version).optional_time(self.purge_at).body(body)
    }

    /// The secret, from the record that is stored under this tenant and name.
    pub fn from_record(tenant: &TenantId, name: &str, bytes: &[u8]) -> Result<Self, Unreadable> {
        let mut bytes = Decoder::new(bytes)?;
        Ok(Self {
            tenant: tenant.clone(),
            name: name.to_owned(),
            version: bytes.number()?,
            purge_at: bytes.optional_time()?,
            body: bytes.body(),
        })
    }
}
