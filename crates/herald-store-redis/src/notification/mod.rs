//! The notifications and their idempotency keys.

mod accept;
mod list;
mod port;
mod write;

use herald_core::{
    id::{NotificationId, TenantId},
    seal::BlindIndex,
    store::{NotificationRow, StoreError},
};
use jiff::Timestamp;

use crate::{
    agenda::Leased,
    names::{Agenda, Names},
    row::Row,
    value::Kind,
};

impl Row for NotificationRow {
    const KIND: Kind = Kind::Notification;
    const NAME: &'static str = "ntf";

    fn decode(tenant: &TenantId, id: u128, record: &[u8]) -> Result<Self, StoreError> {
        Ok(Self::from_record(tenant, NotificationId::from_u128(id), record)?)
    }

    /// By its id, so that lists are in the order of ids, also within a millisecond.
    fn created_at(&self) -> Timestamp {
        list::time_of(self.id.as_u128())
    }
}

impl Leased for NotificationRow {
    const AGENDA: Agenda = Agenda::Notifications;

    fn due(&self) -> Option<Timestamp> {
        self.due_at
    }
}

/// The key of what a message leads to: the 128 bits of the id of the notification that has had it, of the last if there were
/// several. It need not have it any more.
pub(crate) fn message_key(names: &Names, tenant: &TenantId, message: &BlindIndex) -> Vec<u8> {
    names.hash(tenant, "message", message)
}
