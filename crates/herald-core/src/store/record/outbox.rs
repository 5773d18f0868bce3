//! An event on its way to one destination.

use super::{Unreadable, decoder::Decoder, encoder::Encoder};
use crate::{
    id::{DeliveryId, EndpointId, TenantId},
    store::OutboxRow,
};

impl OutboxRow {
    /// The delivery's record.
    pub fn to_record(&self) -> Vec<u8> {
        let body = self.body.as_bytes();
        Encoder::new(body.len())
            .optional_id(self.endpoint.map(EndpointId::as_u128))
            .number(self.version)
            .time(self.created_at)
            .optional_time(self.due_at)
            .time(self.purge_at)
            .body(body)
    }

    /// The delivery, from the record that is stored under this tenant and id.
    pub fn from_record(tenant: &TenantId, id: DeliveryId, bytes: &[u8]) -> Result<Self, Unreadable> {
        let mut bytes = Decoder::new(bytes)?;
        Ok(Self {
            tenant: tenant.clone(),
            id,
            endpoint: bytes.optional_id()?.map(EndpointId::from_u128),
            version: bytes.number()?,
            created_at: bytes.time()?,
            due_at: bytes.optional_time()?,
            purge_at: bytes.time()?,
            body: bytes.body(),
        })
    }
}
