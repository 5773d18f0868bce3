//! What a transaction does to logins.

use herald_core::{
    id::{LoginId, TenantId},
    seal::BlindIndex,
    store::{ClaimWritten, Finder, IdentityRow, LoginRow, OutboxRow, SessionRow},
};
use redb::ReadableTable as _;

use crate::{
    due::{DueChange, Kind, RowName},
    expiry,
    fault::Fault,
    key, outbox, session, subject,
    tables::{Tables, move_entry},
};

/// A login and the finders that die with it.
struct StoredLogin {
    row: LoginRow,
    finders: Vec<Finder>,
}

/// What is stored of a login, expired or not.
fn stored(tables: &Tables<'_>, tenant: &TenantId, id: LoginId) -> Result<Option<StoredLogin>, Fault> {
    let Some(bytes) = tables.logins.get((tenant.as_str(), id.as_u128()))? else { return Ok(None) };
    let (row, finders) = LoginRow::from_record(tenant, id, bytes.value())?;
    Ok(Some(StoredLogin { row, finders }))
}

fn reference(row: &LoginRow) -> Option<&BlindIndex> {
    row.reference.as_ref()
}

/// Brings every index from `old` to `new`.
fn index(tables: &mut Tables<'_>, old: Option<&LoginRow>, new: Option<&LoginRow>) -> Result<(), Fault> {
    let Some(LoginRow { tenant, id, .. }) = new.or(old) else { return Ok(()) };
    let (name, id) = (tenant.as_str(), id.as_u128());
    let created = |row: &LoginRow| row.created_at.as_nanosecond();

    let by_time = |row| (name, created(row), id);
    move_entry(&mut tables.logins_by_time, old.map(by_time), new.map(by_time))?;

    let by_reference = |row| reference(row).map(|reference| (name, reference.as_bytes(), created(row), id));
    move_entry(&mut tables.logins_by_reference, old.and_then(by_reference), new.and_then(by_reference))?;

    let due = |row: &LoginRow| row.attend_at.map(|at| (at.as_nanosecond(), name, id));
    move_entry(&mut tables.logins_due, old.and_then(due), new.and_then(due))?;
    let (from, to) = (old.and_then(|row| row.attend_at), new.and_then(|row| row.attend_at));
    if from != to {
        let row = RowName { tenant: tenant.clone(), id };
        tables.changes.push(DueChange { kind: Kind::Login, row, from, to });
    }

    let bytes = id.to_be_bytes();
    let expiry = |row: &LoginRow| (row.purge_at.as_nanosecond(), expiry::LOGIN, name, bytes.as_slice());
    move_entry(&mut tables.expiries, old.map(expiry), new.map(expiry))
}

fn remove(tables: &mut Tables<'_>, login: &StoredLogin) -> Result<(), Fault> {
    index(tables, Some(&login.row), None)?;
    for finder in &login.finders {
        tables.login_finders.remove(finder.0.as_bytes())?;
    }
    tables.logins.remove((login.row.tenant.as_str(), login.row.id.as_u128()))?;
    Ok(())
}

/// Deletes a login with all that leads to it, if it has expired.
pub(crate) fn remove_expired(tables: &mut Tables<'_>, tenant: &TenantId, id: LoginId) -> Result<(), Fault> {
    match stored(tables, tenant, id)? {
        Some(login) if login.row.purge_at <= tables.now => remove(tables, &login),
        _ => Ok(()),
    }
}

/// The login that has a finder already, expired or not.
fn owner(tables: &Tables<'_>, finder: &Finder) -> Result<Option<StoredLogin>, Fault> {
    let Some(found) = tables.login_finders.get(finder.0.as_bytes())? else { return Ok(None) };
    let (tenant, id) = found.value();
    stored(tables, &key::tenant(tenant)?, LoginId::from_u128(id))
}

/// See `LoginStore::insert_login`.
pub(super) fn insert(tables: &mut Tables<'_>, row: &LoginRow, finders: &[Finder]) -> Result<bool, Fault> {
    let mut in_the_way: Vec<StoredLogin> = stored(tables, &row.tenant, row.id)?.into_iter().collect();
    for finder in finders {
        in_the_way.extend(owner(tables, finder)?);
    }
    if in_the_way.iter().any(|other| other.row.purge_at > tables.now) {
        return Ok(false);
    }
    for expired in &in_the_way {
        remove(tables, expired)?;
    }
    let key = (row.tenant.as_str(), row.id.as_u128());
    for finder in finders {
        tables.login_finders.insert(finder.0.as_bytes(), key)?;
    }
    index(tables, None, Some(row))?;
    tables.logins.insert(key, row.to_record(finders).as_slice())?;
    Ok(true)
}

/// The stored login that `row` may replace.
fn replaceable(tables: &Tables<'_>, row: &LoginRow) -> Result<Option<StoredLogin>, Fault> {
    Ok(stored(tables, &row.tenant, row.id)?
        .filter(|old| old.row.purge_at > tables.now && old.row.version.checked_add(1) == Some(row.version)))
}

fn overwrite(tables: &mut Tables<'_>, old: &StoredLogin, row: &LoginRow) -> Result<(), Fault> {
    index(tables, Some(&old.row), Some(row))?;
    tables.logins.insert((row.tenant.as_str(), row.id.as_u128()), row.to_record(&old.finders).as_slice())?;
    Ok(())
}

/// See `LoginStore::replace_login`.
pub(super) fn replace(tables: &mut Tables<'_>, row: &LoginRow, told: &[OutboxRow]) -> Result<bool, Fault> {
    let Some(old) = replaceable(tables, row)? else { return Ok(false) };
    overwrite(tables, &old, row)?;
    outbox::insert(tables, told)?;
    Ok(true)
}

/// See `LoginStore::claim_login`.
pub(super) fn claim(
    tables: &mut Tables<'_>,
    row: &LoginRow,
    identity: &IdentityRow,
    session: &SessionRow,
    told: &[OutboxRow],
) -> Result<ClaimWritten, Fault> {
    let Some(old) = replaceable(tables, row)? else { return Ok(ClaimWritten::LoginChanged) };
    if !subject::may_have(tables, identity)? {
        return Ok(ClaimWritten::SubjectChanged);
    }
    session::insert(tables, session)?;
    subject::put(tables, identity)?;
    overwrite(tables, &old, row)?;
    outbox::insert(tables, told)?;
    Ok(ClaimWritten::Done)
}
