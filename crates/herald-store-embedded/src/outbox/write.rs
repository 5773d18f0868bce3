//! What a transaction does to deliveries.

use herald_core::{
    id::{DeliveryId, TenantId},
    store::OutboxRow,
};

use super::lookup::stored;
use crate::{
    due::{DueChange, Kind, RowName},
    expiry,
    fault::Fault,
    tables::{Tables, move_entry},
};

/// Brings every index from `old` to `new`.
fn index(tables: &mut Tables<'_>, old: Option<&OutboxRow>, new: Option<&OutboxRow>) -> Result<(), Fault> {
    let Some(OutboxRow { tenant, id, .. }) = new.or(old) else { return Ok(()) };
    let (name, id) = (tenant.as_str(), id.as_u128());

    let due = |row: &OutboxRow| row.due_at.map(|at| (at.as_nanosecond(), name, id));
    move_entry(&mut tables.outbox_due, old.and_then(due), new.and_then(due))?;
    let (from, to) = (old.and_then(|row| row.due_at), new.and_then(|row| row.due_at));
    // Also of one that is due as before: a change ends its rest.
    if from.is_some() || to.is_some() {
        let row = RowName { tenant: tenant.clone(), id };
        tables.changes.push(DueChange { kind: Kind::Delivery, row, from, to });
    }

    let by_endpoint = |row: &OutboxRow| {
        row.endpoint.map(|endpoint| (name, endpoint.as_u128(), row.created_at.as_nanosecond(), id))
    };
    move_entry(&mut tables.outbox_by_endpoint, old.and_then(by_endpoint), new.and_then(by_endpoint))?;

    let bytes = id.to_be_bytes();
    let expiry = |row: &OutboxRow| (row.purge_at.as_nanosecond(), expiry::DELIVERY, name, bytes.as_slice());
    move_entry(&mut tables.expiries, old.map(expiry), new.map(expiry))
}

fn put(tables: &mut Tables<'_>, old: Option<&OutboxRow>, new: &OutboxRow) -> Result<(), Fault> {
    index(tables, old, Some(new))?;
    tables.outbox.insert((new.tenant.as_str(), new.id.as_u128()), new.to_record().as_slice())?;
    Ok(())
}

/// Deletes a delivery with all that leads to it, if it has expired.
pub(crate) fn remove_expired(
    tables: &mut Tables<'_>,
    tenant: &TenantId,
    id: DeliveryId,
) -> Result<(), Fault> {
    let Some(row) = stored(&tables.outbox, tenant, id)?.filter(|row| row.purge_at <= tables.now) else {
        return Ok(());
    };
    index(tables, Some(&row), None)?;
    tables.outbox.remove((tenant.as_str(), id.as_u128()))?;
    Ok(())
}

/// Stores what is to be told, of a change that is made in the same transaction or of none.
pub(crate) fn insert(tables: &mut Tables<'_>, rows: &[OutboxRow]) -> Result<(), Fault> {
    for row in rows {
        let old = stored(&tables.outbox, &row.tenant, row.id)?;
        if old.as_ref().is_some_and(|old| old.purge_at > tables.now) {
            // Not a repeated change: that one would have found changed what it was to change.
            return Err(Fault::Unreadable(format!("the new delivery {} is there already", row.id)));
        }
        put(tables, old.as_ref(), row)?;
    }
    Ok(())
}

/// See `OutboxStore::replace_delivery`.
pub(super) fn replace(tables: &mut Tables<'_>, row: &OutboxRow) -> Result<bool, Fault> {
    let old = stored(&tables.outbox, &row.tenant, row.id)?
        .filter(|old| old.purge_at > tables.now && old.version.checked_add(1) == Some(row.version));
    let Some(old) = old else { return Ok(false) };
    put(tables, Some(&old), row)?;
    Ok(true)
}
