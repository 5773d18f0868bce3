//! A login's row, with the finders that die with it.

use herald_core::{
    id::{LoginId, TenantId},
    store::{Finder, LoginRow, StoreError},
};
use jiff::Timestamp;

use crate::{
    agenda::Leased,
    expiry,
    names::{Agenda, Names},
    order,
    row::{self, Row},
    step::Step,
    value::{self, Kind},
};

/// What is stored of a login.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct StoredLogin {
    pub(super) row: LoginRow,
    pub(super) finders: Vec<Finder>,
}

impl StoredLogin {
    /// Stores it, with all that leads to it but its finders.
    pub(super) fn put(&self, step: &mut Step, names: &Names) {
        let row = &self.row;
        let (tenant, id) = (&row.tenant, row.id.as_u128());
        let (key, member) = (row::key::<Self>(names, tenant, id), order::member(row.created_at, id));
        let record = row.to_record(&self.finders);
        step.set(&key, &value::wrap(row.version, Some(row.purge_at), Self::KIND, &record));
        step.due(&names.agenda(tenant, Agenda::Logins), id, row.attend_at);
        let mut entries = vec![(by_time(names, tenant), member.clone())];
        entries.extend(row.reference.map(|reference| (names.hash(tenant, BY_REFERENCE, &reference), member)));
        for (order, member) in &entries {
            step.enter(order, member, Some(row.purge_at));
        }
        expiry::note_due(step, names, tenant, row.purge_at, &key, (Agenda::Logins, id), &entries);
    }
}

impl Row for StoredLogin {
    const KIND: Kind = Kind::Login;
    const NAME: &'static str = "log";

    fn decode(tenant: &TenantId, id: u128, record: &[u8]) -> Result<Self, StoreError> {
        let (row, finders) = LoginRow::from_record(tenant, LoginId::from_u128(id), record)?;
        Ok(Self { row, finders })
    }

    fn created_at(&self) -> Timestamp {
        self.row.created_at
    }
}

impl Row for LoginRow {
    const KIND: Kind = StoredLogin::KIND;
    const NAME: &'static str = StoredLogin::NAME;

    fn decode(tenant: &TenantId, id: u128, record: &[u8]) -> Result<Self, StoreError> {
        StoredLogin::decode(tenant, id, record).map(|login| login.row)
    }

    fn created_at(&self) -> Timestamp {
        self.created_at
    }
}

impl Leased for LoginRow {
    const AGENDA: Agenda = Agenda::Logins;

    fn due(&self) -> Option<Timestamp> {
        self.attend_at
    }
}

/// The order of a tenant's logins with one reference, by its hash.
pub(super) const BY_REFERENCE: &str = "logs:reference";

/// The order of all logins of a tenant.
pub(super) fn by_time(names: &Names, tenant: &TenantId) -> Vec<u8> {
    names.of(tenant, "logs")
}
