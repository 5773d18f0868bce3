//! The agendas: who is due and who holds it. In memory only, so that leases end with the process.
//!
//! Each mirrors what a due table says: built from it at start, kept in step by the writer after every commit. Logins have
//! one agenda over all tenants; notifications and deliveries have one for each tenant, so that nobody waits behind what another
//! has waiting.

mod agenda;
mod tenants;

use std::sync::Arc;

use herald_core::id::TenantId;
use jiff::Timestamp;

pub(crate) use agenda::{Agenda, Waiting};
pub(crate) use tenants::TenantAgendas;

/// Names a row of one kind.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct RowName {
    /// The tenant.
    pub(crate) tenant: TenantId,
    /// The 128 bits of its id.
    pub(crate) id: u128,
}

/// Which agenda.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// That of the logins.
    Login,
    /// Those of the notifications.
    Notification,
    /// Those of the deliveries of the outbox.
    Delivery,
}

/// A row has changed with a commit, and perhaps when it is due.
#[derive(Debug)]
pub(crate) struct DueChange {
    /// Of which kind the row is.
    pub(crate) kind: Kind,
    /// Which row.
    pub(crate) row: RowName,
    /// When it was due.
    pub(crate) from: Option<Timestamp>,
    /// When it is due now.
    pub(crate) to: Option<Timestamp>,
}

/// All agendas.
#[derive(Debug, Default)]
pub(crate) struct Agendas {
    /// That of the logins.
    pub(crate) logins: Arc<Agenda>,
    /// Those of the notifications.
    pub(crate) notifications: TenantAgendas,
    /// Those of the deliveries.
    pub(crate) deliveries: TenantAgendas,
}

impl Agendas {
    /// The agenda that a tenant's rows of one kind are in.
    pub(crate) fn of(&self, kind: Kind, tenant: &TenantId) -> Arc<Agenda> {
        match kind {
            Kind::Login => Arc::clone(&self.logins),
            Kind::Notification => self.notifications.of(tenant),
            Kind::Delivery => self.deliveries.of(tenant),
        }
    }

    /// Takes note of a commit.
    pub(crate) fn change(&self, change: DueChange) {
        self.of(change.kind, &change.row.tenant).change(change);
    }
}

#[cfg(test)]
mod tests;
