//! Lists of logins, newest first.

use herald_core::{
    id::TenantId,
    store::{LoginFilter, LoginRow, Page, StoreError},
};

use super::row::{BY_REFERENCE, by_time};
use crate::{
    RedisStore,
    order::{Bound, MOST_LOOKED_AT, Span},
};

/// A page of a list. By reference there is an order; by status every login of the tenant is looked at until the page is full,
/// or enough was looked at.
pub(super) async fn list(
    store: &RedisStore,
    tenant: &TenantId,
    filter: LoginFilter,
    page: Page,
) -> Result<Vec<LoginRow>, StoreError> {
    let order = match &filter.reference {
        Some(reference) => store.names.hash(tenant, BY_REFERENCE, reference),
        None => by_time(&store.names, tenant),
    };
    let is_wanted = |row: &LoginRow| filter.takes(row);
    let bound = Bound { rows: page.limit, looked_at: MOST_LOOKED_AT };
    Ok(store.list(tenant, &[order], Span::of(page), bound, is_wanted).await?.rows)
}
