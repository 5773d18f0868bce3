//! What a transaction does to sessions.

use herald_core::{
    id::{SessionId, TenantId},
    store::{OutboxRow, SessionRow},
};

use super::lookup::stored;
use crate::{
    expiry,
    fault::Fault,
    outbox,
    tables::{Tables, move_entry},
};

/// Brings every index from `old` to `new`.
fn index(tables: &mut Tables<'_>, old: Option<&SessionRow>, new: Option<&SessionRow>) -> Result<(), Fault> {
    let Some(SessionRow { tenant, id, .. }) = new.or(old) else { return Ok(()) };
    let (name, id) = (tenant.as_str(), id.as_u128());
    let created = |row: &SessionRow| row.created_at.as_nanosecond();

    let by_time = |row| (name, created(row), id);
    move_entry(&mut tables.sessions_by_time, old.map(by_time), new.map(by_time))?;

    let by_subject = |row: &SessionRow| (name, row.subject.as_u128(), created(row), id);
    move_entry(&mut tables.sessions_by_subject, old.map(by_subject), new.map(by_subject))?;

    let by_connection = |row| (name, connection(row), created(row), id);
    move_entry(&mut tables.sessions_by_connection, old.map(by_connection), new.map(by_connection))?;

    let bytes = id.to_be_bytes();
    let expiry = |row: &SessionRow| (row.purge_at.as_nanosecond(), expiry::SESSION, name, bytes.as_slice());
    move_entry(&mut tables.expiries, old.map(expiry), new.map(expiry))
}

fn connection(row: &SessionRow) -> &str {
    row.connection.as_str()
}

fn put(tables: &mut Tables<'_>, old: Option<&SessionRow>, new: &SessionRow) -> Result<(), Fault> {
    index(tables, old, Some(new))?;
    tables.sessions.insert((new.tenant.as_str(), new.id.as_u128()), new.to_record().as_slice())?;
    Ok(())
}

/// Deletes a session with all that leads to it, if it has expired.
pub(crate) fn remove_expired(tables: &mut Tables<'_>, tenant: &TenantId, id: SessionId) -> Result<(), Fault> {
    let Some(row) = stored(&tables.sessions, tenant, id)?.filter(|row| row.purge_at <= tables.now) else {
        return Ok(());
    };
    index(tables, Some(&row), None)?;
    tables.sessions.remove((tenant.as_str(), id.as_u128()))?;
    Ok(())
}

/// Stores the session that a claim gives.
pub(crate) fn insert(tables: &mut Tables<'_>, row: &SessionRow) -> Result<(), Fault> {
    let old = stored(&tables.sessions, &row.tenant, row.id)?;
    if old.as_ref().is_some_and(|old| old.purge_at > tables.now) {
        // Not a repeated call: that one would have found its login changed.
        return Err(Fault::Unreadable(format!("the new session {} is there already", row.id)));
    }
    put(tables, old.as_ref(), row)
}

/// See `SessionStore::replace_session`.
pub(super) fn replace(tables: &mut Tables<'_>, row: &SessionRow, told: &[OutboxRow]) -> Result<bool, Fault> {
    let old = stored(&tables.sessions, &row.tenant, row.id)?
        .filter(|old| old.purge_at > tables.now && old.version.checked_add(1) == Some(row.version));
    let Some(old) = old else { return Ok(false) };
    put(tables, Some(&old), row)?;
    outbox::insert(tables, told)?;
    Ok(true)
}
