//! A webhook endpoint.

use super::{Unreadable, decoder::Decoder, encoder::Encoder};
use crate::{
    id::{EndpointId, TenantId},
    store::EndpointRow,
};

impl EndpointRow {
    /// The endpoint's record.
    pub fn to_record(&self) -> Vec<u8> {
        let body = self.body.as_bytes();
        Encoder::new(body.len()).number(self.version).body(body)
    }

    /// The endpoint, from the record that is stored under this tenant and id.
    pub fn from_record(tenant: &TenantId, id: EndpointId, bytes: &[u8]) -> Result<Self, Unreadable> {
        let mut bytes = Decoder::new(bytes)?;
        Ok(Self { tenant: tenant.clone(), id, version: bytes.number()?, body: bytes.body() })
    }
}
