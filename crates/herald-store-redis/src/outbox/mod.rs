//! The outbox: what is still to be told, and what was told of late.

mod port;
mod write;

use herald_core::{
    id::{DeliveryId, TenantId},
    store::{OutboxRow, StoreError},
};
use jiff::Timestamp;

use crate::{agenda::Leased, names::Agenda, row::Row, value::Kind};

pub(crate) use write::{already_there, change, expect_new, write};

impl Row for OutboxRow {
    const KIND: Kind = Kind::Outbox;
    const NAME: &'static str = "out";

    fn decode(tenant: &TenantId, id: u128, record: &[u8]) -> Result<Self, StoreError> {
        Ok(Self::from_record(tenant, DeliveryId::from_u128(id), record)?)
    }

    fn created_at(&self) -> Timestamp {
        self.created_at
    }
}

impl Leased for OutboxRow {
    const AGENDA: Agenda = Agenda::Deliveries;

    fn due(&self) -> Option<Timestamp> {
        self.due_at
    }
}
