//! Lists of an endpoint's deliveries, newest first.

use herald_core::{
    id::{DeliveryId, TenantId},
    store::{OutboxFilter, OutboxRow, Page},
};
use jiff::Timestamp;
use redb::ReadTransaction;

use super::lookup;
use crate::{
    fault::Fault,
    page,
    tables::{OUTBOX, OUTBOX_BY_ENDPOINT},
};

/// A page of a list.
pub(super) fn list(
    transaction: &ReadTransaction,
    tenant: &TenantId,
    filter: OutboxFilter,
    page: Page,
    now: Timestamp,
) -> Result<Vec<OutboxRow>, Fault> {
    let (name, endpoint) = (tenant.as_str(), filter.endpoint.as_u128());
    let table = transaction.open_table(OUTBOX)?;
    let read = |id| {
        let row = lookup::stored(&table, tenant, DeliveryId::from_u128(id))?;
        let row = row.ok_or_else(|| Fault::Unreadable("a listed delivery is missing".to_owned()))?;
        Ok(Some(row).filter(|row| row.purge_at > now))
    };
    let from = (filter.created_from.map_or(i128::MIN, Timestamp::as_nanosecond), 0);
    let to = page::end(page);
    if from >= to {
        return Ok(Vec::new());
    }
    let index = transaction.open_table(OUTBOX_BY_ENDPOINT)?;
    let range = index.range((name, endpoint, from.0, from.1)..(name, endpoint, to.0, to.1))?;
    page::fill(page, range.rev().map(|entry| Ok(entry?.0.value().3)), read)
}
