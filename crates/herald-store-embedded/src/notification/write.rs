//! What a transaction does to notifications.

use herald_core::{
    id::{NotificationId, TenantId},
    seal::BlindIndex,
    store::{Accepted, KeyRecord, NotificationRow},
};

use super::{
    lookup::{self, stored, stored_key},
    row::{self, StoredKey},
};
use crate::{
    due::{DueChange, Kind, RowName},
    expiry,
    fault::Fault,
    tables::{Tables, move_entry},
};

/// Brings every index from `old` to `new`.
fn index(
    tables: &mut Tables<'_>,
    old: Option<&NotificationRow>,
    new: Option<&NotificationRow>,
) -> Result<(), Fault> {
    let Some(NotificationRow { tenant, id, .. }) = new.or(old) else { return Ok(()) };
    let (name, id) = (tenant.as_str(), id.as_u128());

    let due = |row: &NotificationRow| row.due_at.map(|at| (at.as_nanosecond(), name, id));
    move_entry(&mut tables.notifications_due, old.and_then(due), new.and_then(due))?;
    let (from, to) = (old.and_then(|row| row.due_at), new.and_then(|row| row.due_at));
    if from != to {
        let row = RowName { tenant: tenant.clone(), id };
        tables.changes.push(DueChange { kind: Kind::Notification, row, from, to });
    }

    let bytes = id.to_be_bytes();
    let expiry =
        |row: &NotificationRow| (row.purge_at.as_nanosecond(), expiry::NOTIFICATION, name, bytes.as_slice());
    move_entry(&mut tables.expiries, old.map(expiry), new.map(expiry))
}

fn put(tables: &mut Tables<'_>, old: Option<&NotificationRow>, new: &NotificationRow) -> Result<(), Fault> {
    index(tables, old, Some(new))?;
    tables.notifications.insert((new.tenant.as_str(), new.id.as_u128()), row::encode(new).as_slice())?;
    Ok(())
}

/// Deletes a notification with all that leads to it, if it has expired.
pub(crate) fn remove_expired(
    tables: &mut Tables<'_>,
    tenant: &TenantId,
    id: NotificationId,
) -> Result<(), Fault> {
    let Some(row) = stored(&tables.notifications, tenant, id)?.filter(|row| row.purge_at <= tables.now)
    else {
        return Ok(());
    };
    index(tables, Some(&row), None)?;
    tables.notifications.remove((tenant.as_str(), id.as_u128()))?;
    Ok(())
}

/// Deletes an idempotency key, if its time is over.
pub(crate) fn remove_expired_key(
    tables: &mut Tables<'_>,
    tenant: &TenantId,
    key: BlindIndex,
) -> Result<(), Fault> {
    if stored_key(&tables.notification_keys, tenant, &key)?
        .is_some_and(|stored| stored.keep_until <= tables.now)
    {
        tables.notification_keys.remove((tenant.as_str(), key.as_bytes()))?;
    }
    Ok(())
}

/// See `NotificationStore::accept_notification`.
pub(super) fn accept(
    tables: &mut Tables<'_>,
    row: &NotificationRow,
    record: &KeyRecord,
) -> Result<Accepted, Fault> {
    let (notifications, keys) = (&tables.notifications, &tables.notification_keys);
    if let Some(before) = lookup::under(notifications, keys, &row.tenant, record, tables.now)? {
        return Ok(before);
    }
    let old_key = stored_key(keys, &row.tenant, &record.key)?;
    let old = stored(&tables.notifications, &row.tenant, row.id)?;
    if old.as_ref().is_some_and(|old| old.purge_at > tables.now) {
        return Err(Fault::Unreadable(format!("the new notification {} is there already", row.id)));
    }
    put(tables, old.as_ref(), row)?;

    let tenant = row.tenant.as_str();
    let expiry = |until: jiff::Timestamp| {
        (until.as_nanosecond(), expiry::KEY, tenant, record.key.as_bytes().as_slice())
    };
    let before = old_key.map(|old| expiry(old.keep_until));
    move_entry(&mut tables.expiries, before, Some(expiry(record.keep_until)))?;
    let key =
        StoredKey { fingerprint: record.fingerprint, keep_until: record.keep_until, notification: row.id };
    tables.notification_keys.insert((tenant, record.key.as_bytes()), key.encode().as_slice())?;
    Ok(Accepted::New)
}

/// See `NotificationStore::replace_notification`.
pub(super) fn replace(tables: &mut Tables<'_>, row: &NotificationRow) -> Result<bool, Fault> {
    let old = stored(&tables.notifications, &row.tenant, row.id)?
        .filter(|old| old.purge_at > tables.now && old.version.checked_add(1) == Some(row.version));
    let Some(old) = old else { return Ok(false) };
    put(tables, Some(&old), row)?;
    Ok(true)
}
