//! Lists of sessions, newest first.

use herald_core::{
    id::TenantId,
    store::{Page, SessionFilter, SessionRow, StoreError},
};

use super::row::{by_connection, by_subject, by_time};
use crate::{
    RedisStore,
    order::{Bound, MOST_LOOKED_AT, Span},
};

fn is_wanted(row: &SessionRow, filter: &SessionFilter) -> bool {
    filter.subject.is_none_or(|subject| subject == row.subject)
        && filter.connection.as_ref().is_none_or(|connection| *connection == row.connection)
        && filter.active_at.is_none_or(|at| row.is_active(at))
}

/// A page of a list. By subject and by connection there are orders; of the rest every session is looked at until the page is
/// full, or enough was looked at.
pub(super) async fn list(
    store: &RedisStore,
    tenant: &TenantId,
    filter: &SessionFilter,
    page: Page,
) -> Result<Vec<SessionRow>, StoreError> {
    // A subject has fewer sessions than a connection.
    let orders = [match (filter.subject, &filter.connection) {
        (Some(subject), _) => by_subject(&store.names, tenant, subject),
        (None, Some(connection)) => by_connection(&store.names, tenant, connection),
        (None, None) => by_time(&store.names, tenant),
    }];
    let bound = Bound { rows: page.limit, looked_at: MOST_LOOKED_AT };
    let listed = store.list(tenant, &orders, Span::of(page), bound, |row| is_wanted(row, filter));
    Ok(listed.await?.rows)
}
