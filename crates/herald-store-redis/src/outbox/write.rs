//! What a step does to deliveries.

use std::collections::BTreeSet;

use herald_core::{
    id::{EndpointId, TenantId},
    store::{Change, OutboxRow, StoreError},
};

use crate::{
    expiry,
    names::{Agenda, Names},
    order, row,
    step::{Checks, Step},
    value::{self, Kind},
};

/// The order of the deliveries to an endpoint.
pub(super) fn by_endpoint(names: &Names, tenant: &TenantId, endpoint: EndpointId) -> Vec<u8> {
    names.row(tenant, "outs:endpoint", endpoint.as_u128())
}

/// What is told has to be of this tenant, and new: wherever a step stores it. A refusal by one of these checks is
/// [`already_there`].
pub(crate) fn expect_new(
    checks: &mut Checks,
    names: &Names,
    tenant: &TenantId,
    told: &[OutboxRow],
) -> Result<(), StoreError> {
    let mut ids = BTreeSet::new();
    for row in told {
        if row.tenant != *tenant {
            return Err(StoreError::Corrupt(format!("the new delivery {} is of another tenant", row.id)));
        }
        // The checks of a step come before its changes, and would not see it.
        if !ids.insert(row.id) {
            return Err(StoreError::Corrupt(format!("the new delivery {} is told twice", row.id)));
        }
        checks.absent(&row::key::<OutboxRow>(names, tenant, row.id.as_u128()));
    }
    Ok(())
}

/// Not a repeated change: that one would have found changed what it was to change.
pub(crate) fn already_there() -> StoreError {
    StoreError::Corrupt("a new delivery is there already".to_owned())
}

/// Stores what is to be told.
pub(crate) fn write(step: &mut Step, names: &Names, told: &[OutboxRow]) {
    for row in told {
        put(step, names, row);
    }
}

/// What other replicas hear of what was written.
pub(crate) fn change(tenant: &TenantId, told: &[OutboxRow]) -> Option<Change> {
    told.iter().any(|row| row.due_at.is_some()).then(|| Change::Outbox { tenant: tenant.clone() })
}

/// Stores a delivery, new or changed.
pub(super) fn put(step: &mut Step, names: &Names, row: &OutboxRow) {
    let OutboxRow { tenant, endpoint, version, created_at, due_at, purge_at, .. } = row;
    let id = row.id.as_u128();
    let key = row::key::<OutboxRow>(names, tenant, id);
    step.set(&key, &value::wrap(*version, Some(*purge_at), Kind::Outbox, &row.to_record()));
    step.due(&names.agenda(tenant, Agenda::Deliveries), id, *due_at);
    let entry =
        endpoint.map(|endpoint| (by_endpoint(names, tenant, endpoint), order::member(*created_at, id)));
    if let Some((order, member)) = &entry {
        step.enter(order, member, Some(*purge_at));
    }
    expiry::note_due(step, names, tenant, *purge_at, &key, (Agenda::Deliveries, id), entry.as_slice());
}
