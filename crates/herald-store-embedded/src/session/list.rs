//! Lists of sessions, newest first.

use herald_core::{
    id::{SessionId, TenantId},
    store::{Page, SessionFilter, SessionRow},
};
use jiff::Timestamp;
use redb::ReadTransaction;

use super::lookup;
use crate::{
    fault::Fault,
    page,
    tables::{SESSIONS, SESSIONS_BY_CONNECTION, SESSIONS_BY_SUBJECT, SESSIONS_BY_TIME},
};

fn is_wanted(row: &SessionRow, filter: &SessionFilter) -> bool {
    filter.subject.is_none_or(|subject| subject == row.subject)
        && filter.connection.as_ref().is_none_or(|connection| *connection == row.connection)
        && filter.active_at.is_none_or(|at| row.is_active(at))
}

/// A page of a list. By subject and by connection there are indexes; of the rest every session is looked at until the page
/// is full.
pub(super) fn list(
    transaction: &ReadTransaction,
    tenant: &TenantId,
    filter: &SessionFilter,
    page: Page,
    now: Timestamp,
) -> Result<Vec<SessionRow>, Fault> {
    let name = tenant.as_str();
    let table = transaction.open_table(SESSIONS)?;
    let read = |id| {
        let row = lookup::stored(&table, tenant, SessionId::from_u128(id))?;
        let row = row.ok_or_else(|| Fault::Unreadable("a listed session is missing".to_owned()))?;
        Ok(Some(row).filter(|row| row.purge_at > now && is_wanted(row, filter)))
    };
    let (time, id) = page::end(page);
    // A subject has fewer sessions than a connection.
    if let Some(subject) = filter.subject {
        let index = transaction.open_table(SESSIONS_BY_SUBJECT)?;
        let subject = subject.as_u128();
        let range = index.range((name, subject, i128::MIN, 0)..(name, subject, time, id))?;
        page::fill(page, range.rev().map(|entry| Ok(entry?.0.value().3)), read)
    } else if let Some(connection) = &filter.connection {
        let index = transaction.open_table(SESSIONS_BY_CONNECTION)?;
        let connection = connection.as_str();
        let range = index.range((name, connection, i128::MIN, 0)..(name, connection, time, id))?;
        page::fill(page, range.rev().map(|entry| Ok(entry?.0.value().3)), read)
    } else {
        let index = transaction.open_table(SESSIONS_BY_TIME)?;
        let range = index.range((name, i128::MIN, 0)..(name, time, id))?;
        page::fill(page, range.rev().map(|entry| Ok(entry?.0.value().2)), read)
    }
}
