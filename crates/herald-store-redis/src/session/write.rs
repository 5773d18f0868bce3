//! The steps that write sessions.

use herald_core::store::{Change, OutboxRow, SessionRow, StoreError};

use super::row::{by_connection, by_subject, by_time};
use crate::{
    RedisStore, expiry,
    names::Names,
    order, outbox,
    row::{self, Row as _},
    step::{Check, Checks, Committed, Step},
    value,
};

/// What the other replicas hear of a change.
pub(crate) fn told_of(row: &SessionRow) -> Change {
    Change::Session { tenant: row.tenant.clone(), id: row.id }
}

fn key(names: &Names, row: &SessionRow) -> Vec<u8> {
    row::key::<SessionRow>(names, &row.tenant, row.id.as_u128())
}

/// The session is not there (any more).
pub(crate) fn expect_new(checks: &mut Checks, names: &Names, row: &SessionRow) -> Check {
    checks.absent(&key(names, row))
}

/// Stores a session, with all that leads to it.
pub(crate) fn put(step: &mut Step, names: &Names, row: &SessionRow) {
    let (tenant, key) = (&row.tenant, key(names, row));
    step.set(&key, &value::wrap(row.version, Some(row.purge_at), SessionRow::KIND, &row.to_record()));
    let member = order::member(row.created_at, row.id.as_u128());
    let orders = [
        by_time(names, tenant),
        by_subject(names, tenant, row.subject),
        by_connection(names, tenant, &row.connection),
    ];
    let entries = orders.map(|order| (order, member.clone()));
    for (order, member) in &entries {
        step.enter(order, member, Some(row.purge_at));
    }
    expiry::note(step, names, tenant, row.purge_at, &key, &entries);
}

/// See `SessionStore::replace_session`.
pub(super) async fn replace(
    store: &RedisStore,
    row: &SessionRow,
    told: &[OutboxRow],
) -> Result<bool, StoreError> {
    let Some(version) = row.version.checked_sub(1) else { return Ok(false) };
    store.ensure_tenant(&row.tenant).await?;
    let mut checks = Checks::default();
    let before = checks.version(&key(&store.names, row), version);
    outbox::expect_new(&mut checks, &store.names, &row.tenant, told)?;
    let mut step = checks.then();
    put(&mut step, &store.names, row);
    outbox::write(&mut step, &store.names, told);
    let mut changes = vec![told_of(row)];
    changes.extend(outbox::change(&row.tenant, told));
    match store.commit(step, &changes).await? {
        Committed::Done => Ok(true),
        Committed::Refused { check, .. } if check == before => Ok(false),
        Committed::Refused { .. } => Err(outbox::already_there()),
    }
}
