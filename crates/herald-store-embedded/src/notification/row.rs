//! A notification and an idempotency key as they are stored.

use herald_core::{
    id::{NotificationId, TenantId},
    notification::NotificationStatus,
    seal::{BlindIndex, Sealed},
    store::NotificationRow,
};
use jiff::Timestamp;

use crate::{
    codec::{Decoder, Encoder},
    fault::Fault,
};

pub(super) fn encode(row: &NotificationRow) -> Vec<u8> {
    let body = row.body.as_bytes();
    Encoder::new(body.len())
        .number(row.version)
        .word(row.status.as_str())
        .time(row.created_at)
        .optional_time(row.due_at)
        .time(row.purge_at)
        .body(body)
}

pub(super) fn decode(tenant: &TenantId, id: NotificationId, bytes: &[u8]) -> Result<NotificationRow, Fault> {
    let mut bytes = Decoder::new(bytes)?;
    Ok(NotificationRow {
        tenant: tenant.clone(),
        id,
        version: bytes.number()?,
        status: bytes.word(NotificationStatus::parse)?,
        created_at: bytes.time()?,
        due_at: bytes.optional_time()?,
        purge_at: bytes.time()?,
        body: Sealed::from_bytes(bytes.body()),
    })
}

/// What a used idempotency key leads to.
#[derive(Debug)]
pub(super) struct StoredKey {
    pub(super) fingerprint: BlindIndex,
    pub(super) keep_until: Timestamp,
    pub(super) notification: NotificationId,
}

impl StoredKey {
    pub(super) fn encode(&self) -> Vec<u8> {
        Encoder::new(0)
            .index(self.fingerprint)
            .time(self.keep_until)
            .id(self.notification.as_u128())
            .body(&[])
    }

    pub(super) fn decode(bytes: &[u8]) -> Result<Self, Fault> {
        let mut bytes = Decoder::new(bytes)?;
        Ok(Self {
            fingerprint: bytes.index()?,
            keep_until: bytes.time()?,
            notification: NotificationId::from_u128(bytes.id()?),
        })
    }
}
