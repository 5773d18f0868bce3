//! A notification's idempotency key.

use jiff::Timestamp;

use super::{Unreadable, decoder::Decoder, encoder::Encoder};
use crate::{id::NotificationId, seal::BlindIndex};

/// What a used idempotency key leads to. It is stored under the tenant and the key, hashed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyEntry {
    /// What was asked for under it, hashed.
    pub fingerprint: BlindIndex,
    /// From then on the key is free again.
    pub keep_until: Timestamp,
    /// What was accepted under it.
    pub notification: NotificationId,
}

impl KeyEntry {
    /// The entry's record.
    pub fn to_record(&self) -> Vec<u8> {
        Encoder::new(0).index(self.fingerprint).time(self.keep_until).id(self.notification.as_u128()).end()
    }

    /// The entry, from the record that is stored under the key.
    pub fn from_record(bytes: &[u8]) -> Result<Self, Unreadable> {
        let mut bytes = Decoder::new(bytes)?;
        let (fingerprint, keep_until) = (bytes.index()?, bytes.time()?);
        let notification = NotificationId::from_u128(bytes.id()?);
        bytes.end()?;
        Ok(Self { fingerprint, keep_until, notification })
    }
}
