//! A notification and an idempotency key as they are stored.

use herald_core::{
    id::{ConnectionId, NotificationId, SubjectId, TenantId},
    notification::NotificationStatus,
    seal::{BlindIndex, Sealed},
    store::NotificationRow,
};
use jiff::Timestamp;

use crate::{
    codec::{Decoder, Encoder},
    fault::Fault,
};

/// Since this format a row has subject, reference, connection and message.
const FOUND_BY_MORE: u8 = 2;

pub(super) fn encode(row: &NotificationRow) -> Vec<u8> {
    let body = row.body.as_bytes();
    Encoder::in_format(FOUND_BY_MORE, body.len())
        .number(row.version)
        .word(row.status.as_str())
        .optional_id(row.subject.map(SubjectId::as_u128))
        .optional_index(row.reference)
        .word(row.connection.as_ref().map_or("", ConnectionId::as_str))
        .optional_index(row.message)
        .time(row.created_at)
        .optional_time(row.due_at)
        .time(row.purge_at)
        .body(body)
}

pub(super) fn decode(tenant: &TenantId, id: NotificationId, bytes: &[u8]) -> Result<NotificationRow, Fault> {
    let (format, mut bytes) = Decoder::up_to(FOUND_BY_MORE, bytes)?;
    let version = bytes.number()?;
    let status = bytes.word(NotificationStatus::parse)?;
    let (mut subject, mut reference, mut connection, mut message) = (None, None, None, None);
    if format >= FOUND_BY_MORE {
        subject = bytes.optional_id()?.map(SubjectId::from_u128);
        reference = bytes.optional_index()?;
        connection = bytes.word(|name| match name {
            "" => Some(None),
            name => ConnectionId::parse(name).ok().map(Some),
        })?;
        message = bytes.optional_index()?;
    }
    Ok(NotificationRow {
        tenant: tenant.clone(),
        id,
        version,
        status,
        subject,
        reference,
        connection,
        message,
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
