//! The steps that write logins.

use herald_core::store::{
    Change, ClaimWritten, Finder, IdentityRow, LoginRow, OutboxRow, SessionRow, StoreError,
};

use super::{finder, row::StoredLogin};
use crate::{
    RedisStore, outbox,
    row::{self, Row as _},
    session,
    step::{Check, Checks, Committed},
    subject, value,
};

fn told_of(row: &LoginRow) -> Change {
    Change::Login { tenant: row.tenant.clone(), id: row.id }
}

fn key(store: &RedisStore, row: &LoginRow) -> Vec<u8> {
    row::key::<StoredLogin>(&store.names, &row.tenant, row.id.as_u128())
}

/// See `LoginStore::insert_login`.
pub(super) async fn insert(
    store: &RedisStore,
    row: &LoginRow,
    finders: &[Finder],
) -> Result<bool, StoreError> {
    store.ensure_tenant(&row.tenant).await?;
    let Some(reservation) = finder::reserve(store, row, finders).await? else { return Ok(false) };
    let mut checks = Checks::default();
    checks.absent(&key(store, row));
    let mut step = checks.then();
    StoredLogin { row: row.clone(), finders: finders.to_vec() }.put(&mut step, &store.names);
    match store.commit(step, &[told_of(row)]).await? {
        Committed::Done => Ok(true),
        Committed::Refused { met, .. } => {
            // If this was the second attempt of a caller who did not hear of the first, the finders are in use.
            let kept = met.map(|met| stored(row, &met)).transpose()?.map(|login| login.finders);
            finder::give_back(store, reservation, &kept.unwrap_or_default()).await?;
            Ok(false)
        }
    }
}

/// What is stored in place of this row.
fn stored(row: &LoginRow, value: &[u8]) -> Result<StoredLogin, StoreError> {
    let stored = value::read(StoredLogin::KIND, value)?;
    StoredLogin::decode(&row.tenant, row.id.as_u128(), stored.record)
}

/// The login as `row` replaces it, if what is stored is at the version before: with the finders that it has, kept for as long
/// as it will be.
async fn replacement(store: &RedisStore, row: &LoginRow) -> Result<Option<StoredLogin>, StoreError> {
    let old: Option<StoredLogin> = store.row(&row.tenant, row.id.as_u128()).await?;
    let Some(old) = old.filter(|old| old.row.version.checked_add(1) == Some(row.version)) else {
        return Ok(None);
    };
    if row.purge_at > old.row.purge_at {
        finder::keep(store, row, &old.finders).await?;
    }
    Ok(Some(StoredLogin { row: row.clone(), finders: old.finders }))
}

/// The login is still at the version before `row`.
fn expect_before(checks: &mut Checks, store: &RedisStore, row: &LoginRow) -> Check {
    checks.version(&key(store, row), row.version.saturating_sub(1))
}

/// See `LoginStore::replace_login`.
pub(super) async fn replace(
    store: &RedisStore,
    row: &LoginRow,
    told: &[OutboxRow],
) -> Result<bool, StoreError> {
    let Some(login) = replacement(store, row).await? else { return Ok(false) };
    let mut checks = Checks::default();
    let before = expect_before(&mut checks, store, row);
    outbox::expect_new(&mut checks, &store.names, &row.tenant, told)?;
    let mut step = checks.then();
    login.put(&mut step, &store.names);
    outbox::write(&mut step, &store.names, told);
    let mut changes = vec![told_of(row)];
    changes.extend(outbox::change(&row.tenant, told));
    match store.commit(step, &changes).await? {
        Committed::Done => Ok(true),
        Committed::Refused { check, .. } if check == before => Ok(false),
        Committed::Refused { .. } => Err(outbox::already_there()),
    }
}

/// See `LoginStore::claim_login`.
pub(super) async fn claim(
    store: &RedisStore,
    row: &LoginRow,
    identity: &IdentityRow,
    session: &SessionRow,
    told: &[OutboxRow],
) -> Result<ClaimWritten, StoreError> {
    let Some(login) = replacement(store, row).await? else { return Ok(ClaimWritten::LoginChanged) };
    let names = &store.names;
    let mut checks = Checks::default();
    let before = expect_before(&mut checks, store, row);
    let may_have = subject::expect_same(&mut checks, names, identity);
    let new_session = session::expect_new(&mut checks, names, session);
    outbox::expect_new(&mut checks, names, &row.tenant, told)?;
    let mut step = checks.then();
    login.put(&mut step, names);
    subject::put(&mut step, names, identity);
    session::put(&mut step, names, session);
    outbox::write(&mut step, names, told);
    let mut changes = vec![told_of(row), session::told_of(session)];
    changes.extend(outbox::change(&row.tenant, told));
    match store.commit(step, &changes).await? {
        Committed::Done => Ok(ClaimWritten::Done),
        Committed::Refused { check, .. } if check == before => Ok(ClaimWritten::LoginChanged),
        Committed::Refused { check, .. } if check == may_have => Ok(ClaimWritten::SubjectChanged),
        Committed::Refused { check, .. } if check == new_session => {
            // Not a repeated call: that one would have found its login changed.
            Err(StoreError::Corrupt(format!("the new session {} is there already", session.id)))
        }
        Committed::Refused { .. } => Err(outbox::already_there()),
    }
}
