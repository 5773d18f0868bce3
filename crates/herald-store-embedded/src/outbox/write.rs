//! What a transaction does to events.

use herald_core::{
    id::{EventId, TenantId},
    store::EventRow,
};

use super::row::{self, stored};
use crate::{
    due::{DueChange, Kind, RowName},
    expiry,
    fault::Fault,
    tables::{Tables, move_entry},
};

/// Brings every index from `old` to `new`.
fn index(tables: &mut Tables<'_>, old: Option<&EventRow>, new: Option<&EventRow>) -> Result<(), Fault> {
    let Some(EventRow { tenant, id, .. }) = new.or(old) else { return Ok(()) };
    let (name, id) = (tenant.as_str(), id.as_u128());

    let due = |row: &EventRow| row.due_at.map(|at| (at.as_nanosecond(), name, id));
    move_entry(&mut tables.events_due, old.and_then(due), new.and_then(due))?;
    let (from, to) = (old.and_then(|row| row.due_at), new.and_then(|row| row.due_at));
    if from != to {
        let row = RowName { tenant: tenant.clone(), id };
        tables.changes.push(DueChange { kind: Kind::Event, row, from, to });
    }

    let bytes = id.to_be_bytes();
    let expiry = |row: &EventRow| (row.purge_at.as_nanosecond(), expiry::EVENT, name, bytes.as_slice());
    move_entry(&mut tables.expiries, old.map(expiry), new.map(expiry))
}

fn put(tables: &mut Tables<'_>, old: Option<&EventRow>, new: &EventRow) -> Result<(), Fault> {
    index(tables, old, Some(new))?;
    tables.events.insert((new.tenant.as_str(), new.id.as_u128()), row::encode(new).as_slice())?;
    Ok(())
}

/// Deletes an event with all that leads to it, if it has expired.
pub(crate) fn remove_expired(tables: &mut Tables<'_>, tenant: &TenantId, id: EventId) -> Result<(), Fault> {
    let Some(row) = stored(&tables.events, tenant, id)?.filter(|row| row.purge_at <= tables.now) else {
        return Ok(());
    };
    index(tables, Some(&row), None)?;
    tables.events.remove((tenant.as_str(), id.as_u128()))?;
    Ok(())
}

/// Stores the event of a change that is made in the same transaction.
pub(crate) fn insert(tables: &mut Tables<'_>, row: &EventRow) -> Result<(), Fault> {
    let old = stored(&tables.events, &row.tenant, row.id)?;
    if old.as_ref().is_some_and(|old| old.purge_at > tables.now) {
        // Not a repeated call: that one would have found changed what it was to change.
        return Err(Fault::Unreadable(format!("the new event {} is there already", row.id)));
    }
    put(tables, old.as_ref(), row)
}

/// See `OutboxStore::replace_event`.
pub(super) fn replace(tables: &mut Tables<'_>, row: &EventRow) -> Result<bool, Fault> {
    let old = stored(&tables.events, &row.tenant, row.id)?
        .filter(|old| old.purge_at > tables.now && old.version.checked_add(1) == Some(row.version));
    let Some(old) = old else { return Ok(false) };
    put(tables, Some(&old), row)?;
    Ok(true)
}
