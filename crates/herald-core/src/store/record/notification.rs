//! A notification.

use super::{Unreadable, decoder::Decoder, encoder::Encoder};
use crate::{
    id::{ConnectionId, NotificationId, SubjectId, TenantId},
    notification::NotificationStatus,
    store::NotificationRow,
};

/// Since this format a row has subject, reference, connection and message.
const FOUND_BY_MORE: u8 = 2;

impl NotificationRow {
    /// The notification's record.
    pub fn to_record(&self) -> Vec<u8> {
        let body = self.body.as_bytes();
        Encoder::in_format(FOUND_BY_MORE, body.len())
            .number(self.version)
            .word(self.status.as_str())
            .optional_id(self.subject.map(SubjectId::as_u128))
            .optional_index(self.reference)
            .word(self.connection.as_ref().map_or("", ConnectionId::as_str))
            .optional_index(self.message)
            .time(self.created_at)
            .optional_time(self.due_at)
            .time(self.purge_at)
            .body(body)
    }

    /// The notification, from the record that is stored under this tenant and id.
    pub fn from_record(tenant: &TenantId, id: NotificationId, bytes: &[u8]) -> Result<Self, Unreadable> {
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
        Ok(Self {
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
            body: bytes.body(),
        })
    }
}
