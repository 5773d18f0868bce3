//! Lists of sessions, newest first.

use herald_core::{
    id::{SessionId, TenantId},
    store::{Cursor, Page, SessionFilter, SessionPage, SessionRow},
};
use jiff::Timestamp;
use redb::ReadTransaction;

use super::lookup;
use crate::{
    fault::Fault,
    page::{self, Ids, Part},
    tables::{SESSIONS, SESSIONS_BY_CONNECTION, SESSIONS_BY_SUBJECT, SESSIONS_BY_TIME},
};

/// The ids that the shortest index has of what is asked for, from the place where the page begins.
fn indexed(
    transaction: &ReadTransaction,
    tenant: &TenantId,
    filter: &SessionFilter,
    page: Page,
) -> Result<Ids, Fault> {
    let (name, (time, id)) = (tenant.as_str(), page::end(page));
    // A subject has fewer sessions than a connection.
    if let Some(subject) = filter.subject {
        let (index, subject) = (transaction.open_table(SESSIONS_BY_SUBJECT)?, subject.as_u128());
        let range = index.range((name, subject, i128::MIN, 0)..(name, subject, time, id))?;
        return Ok(Box::new(range.rev().map(|entry| Ok(entry?.0.value().3))));
    }
    if let Some(connection) = &filter.connection {
        let (index, connection) = (transaction.open_table(SESSIONS_BY_CONNECTION)?, connection.as_str());
        let range = index.range((name, connection, i128::MIN, 0)..(name, connection, time, id))?;
        return Ok(Box::new(range.rev().map(|entry| Ok(entry?.0.value().3))));
    }
    let index = transaction.open_table(SESSIONS_BY_TIME)?;
    let range = index.range((name, i128::MIN, 0)..(name, time, id))?;
    Ok(Box::new(range.rev().map(|entry| Ok(entry?.0.value().2))))
}

/// A page of a list. By subject and by connection there are indexes; of the rest every session is looked at until the page is
/// full or enough was looked at.
pub(super) fn list(
    transaction: &ReadTransaction,
    tenant: &TenantId,
    filter: &SessionFilter,
    page: Page,
    now: Timestamp,
) -> Result<SessionPage, Fault> {
    let table = transaction.open_table(SESSIONS)?;
    let rows = indexed(transaction, tenant, filter, page)?.map(|id| {
        let row = lookup::stored(&table, tenant, SessionId::from_u128(id?))?;
        row.ok_or_else(|| Fault::Unreadable("a listed session is missing".to_owned()))
    });
    let cursor = |row: &SessionRow| Cursor { created_at: row.created_at, id: row.id.as_u128() };
    let is_listed = |row: &SessionRow| row.purge_at > now && filter.takes(row);
    let Part { rows, next } = page::part(page, rows, cursor, is_listed)?;
    Ok(SessionPage { rows, next })
}
