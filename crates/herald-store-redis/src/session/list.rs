//! Lists of sessions, newest first.

use herald_core::{
    id::TenantId,
    store::{Page, SessionFilter, SessionPage, SessionRow, StoreError},
};

use super::row::{by_connection, by_subject, by_time};
use crate::{
    RedisStore,
    order::{Bound, Listed, MOST_OF_A_PART, Span},
};

/// A page of a list. By subject and by connection there are orders; of the rest every session is looked at until the page is
/// full, or enough was looked at.
pub(super) async fn list(
    store: &RedisStore,
    tenant: &TenantId,
    filter: &SessionFilter,
    page: Page,
) -> Result<SessionPage, StoreError> {
    // A subject has fewer sessions than a connection.
    let orders = [match (filter.subject, &filter.connection) {
        (Some(subject), _) => by_subject(&store.names, tenant, subject),
        (None, Some(connection)) => by_connection(&store.names, tenant, connection),
        (None, None) => by_time(&store.names, tenant),
    }];
    let bound = Bound { rows: page.limit, looked_at: MOST_OF_A_PART };
    let is_wanted = |row: &SessionRow| filter.takes(row);
    let Listed { rows, next } = store.list(tenant, &orders, Span::of(page), bound, is_wanted).await?;
    Ok(SessionPage { rows, next })
}
