//! What a transaction does to notifications.

use herald_core::{
    failpoint,
    id::{NotificationId, TenantId},
    notification::NotificationStatus,
    seal::BlindIndex,
    store::{Accepted, KeyRecord, NotificationRow, OutboxRow, Replaced, record::KeyEntry},
};
use redb::ReadableTable as _;

use super::lookup::{self, stored, stored_key};
use crate::{
    due::{DueChange, Kind, RowName},
    expiry,
    fault::Fault,
    key, notice, outbox,
    tables::{Tables, move_entry},
};

fn reference(row: &NotificationRow) -> Option<&BlindIndex> {
    row.reference.as_ref()
}

/// The entry of a dead letter.
fn dead(row: &NotificationRow) -> Option<(&str, &str, u128)> {
    row.status.is_dead().then(|| (row.tenant.as_str(), row.status.as_str(), row.id.as_u128()))
}

/// Brings every index from `old` to `new`. A row has entries only for the members it has: every accept pays for each.
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
    // Also when it is due as before: a change ends the rest of a row that was put off.
    if from.is_some() || to.is_some() {
        let row = RowName { tenant: tenant.clone(), id };
        tables.changes.push(DueChange { kind: Kind::Notification, row, from, to });
    }

    let by_reference = |row| reference(row).map(|reference| (name, reference.as_bytes(), id));
    move_entry(
        &mut tables.notifications_by_reference,
        old.and_then(by_reference),
        new.and_then(by_reference),
    )?;
    let by_subject = |row: &NotificationRow| row.subject.map(|subject| (name, subject.as_u128(), id));
    move_entry(&mut tables.notifications_by_subject, old.and_then(by_subject), new.and_then(by_subject))?;
    move_entry(&mut tables.notifications_dead, old.and_then(dead), new.and_then(dead))?;
    index_message(tables, old, new)?;

    let bytes = id.to_be_bytes();
    let expiry =
        |row: &NotificationRow| (row.purge_at.as_nanosecond(), expiry::NOTIFICATION, name, bytes.as_slice());
    move_entry(&mut tables.expiries, old.map(expiry), new.map(expiry))
}

/// The same for the message, which leads to one notification: the last that had it.
fn index_message(
    tables: &mut Tables<'_>,
    old: Option<&NotificationRow>,
    new: Option<&NotificationRow>,
) -> Result<(), Fault> {
    let (from, to) = (old.and_then(|row| row.message), new.and_then(|row| row.message));
    if from == to {
        return Ok(());
    }
    let messages = &mut tables.notification_messages;
    if let (Some(row), Some(message)) = (old, &from) {
        let key = (row.tenant.as_str(), message.as_bytes());
        if messages.get(key)?.is_some_and(|id| id.value() == row.id.as_u128()) {
            messages.remove(key)?;
        }
    }
    if let (Some(row), Some(message)) = (new, &to) {
        messages.insert((row.tenant.as_str(), message.as_bytes()), row.id.as_u128())?;
    }
    Ok(())
}

fn put(tables: &mut Tables<'_>, old: Option<&NotificationRow>, new: &NotificationRow) -> Result<(), Fault> {
    index(tables, old, Some(new))?;
    tables.notifications.insert((new.tenant.as_str(), new.id.as_u128()), new.to_record().as_slice())?;
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

/// Gives the dead letters of an earlier layout their entries.
pub(crate) fn index_dead(tables: &mut Tables<'_>) -> Result<(), Fault> {
    for entry in tables.notifications.iter()? {
        let (key, bytes) = entry?;
        let (tenant, id) = key.value();
        let row = NotificationRow::from_record(
            &key::tenant(tenant)?,
            NotificationId::from_u128(id),
            bytes.value(),
        )?;
        move_entry(&mut tables.notifications_dead, None, dead(&row))?;
    }
    Ok(())
}

/// See `NotificationStore::accept_notification`.
pub(super) fn accept(
    tables: &mut Tables<'_>,
    row: &NotificationRow,
    record: &KeyRecord,
    told: &[OutboxRow],
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
        KeyEntry { fingerprint: record.fingerprint, keep_until: record.keep_until, notification: row.id };
    tables.notification_keys.insert((tenant, record.key.as_bytes()), key.to_record().as_slice())?;
    outbox::insert(tables, told)?;
    failpoint::pass("K1");
    Ok(Accepted::New)
}

/// See `NotificationStore::replace_notification`.
pub(super) fn replace(
    tables: &mut Tables<'_>,
    row: &NotificationRow,
    told: &[OutboxRow],
) -> Result<Replaced, Fault> {
    let old = stored(&tables.notifications, &row.tenant, row.id)?
        .filter(|old| old.purge_at > tables.now && old.version.checked_add(1) == Some(row.version));
    let Some(old) = old else { return Ok(Replaced::Stale) };
    if row.status != NotificationStatus::Delivered
        && let Some(message) = row.message
        && let Some(at) = notice::delivered_at(tables, &row.tenant, message)?
    {
        return Ok(Replaced::DeliveredAt(at));
    }
    put(tables, Some(&old), row)?;
    outbox::insert(tables, told)?;
    Ok(Replaced::Done)
}
