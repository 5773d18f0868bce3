//! Lists of notifications, newest first. Ids sort by time, so the rows themselves and every index are in that order.

use std::iter::{self, Peekable};

use herald_core::{
    id::{NotificationId, TenantId},
    notification::NotificationStatus,
    store::{Cursor, NotificationFilter, NotificationPage, NotificationRow, Page},
};
use jiff::Timestamp;
use redb::{ReadOnlyTable, ReadTransaction};

use super::lookup;
use crate::{
    fault::Fault,
    page::{self, Ids, Part},
    tables::{
        Bytes, NOTIFICATIONS, NOTIFICATIONS_BY_REFERENCE, NOTIFICATIONS_BY_SUBJECT, NOTIFICATIONS_DEAD,
        RowKey,
    },
};

/// The first id of the millisecond that this time is in.
fn first_id(at: Timestamp) -> u128 {
    u128::try_from(at.as_millisecond()).unwrap_or(0) << NotificationRow::ID_BITS_BELOW_TIME
}

/// The ids that can be on the page: from the first one to before the second.
fn bounds(filter: &NotificationFilter, page: Page) -> (u128, u128) {
    let from = filter.created_from.map_or(0, first_id);
    // To the end of the millisecond, for the time itself may be in the middle of it.
    let before = filter.created_before.map(|at| first_id(at) + (1 << NotificationRow::ID_BITS_BELOW_TIME));
    let after = page.after.map(|after| after.id);
    (from, before.into_iter().chain(after).min().unwrap_or(u128::MAX))
}

/// The ids that an index has of what is asked for, newest first; nothing when no index helps.
fn indexed(
    transaction: &ReadTransaction,
    tenant: &TenantId,
    filter: &NotificationFilter,
    (from, to): (u128, u128),
) -> Result<Option<Ids>, Fault> {
    let name = tenant.as_str();
    // A reference has fewer notifications than a subject, and a subject fewer than are dead.
    if let Some(reference) = &filter.reference {
        let (index, hash) = (transaction.open_table(NOTIFICATIONS_BY_REFERENCE)?, reference.as_bytes());
        let range = index.range((name, hash, from)..(name, hash, to))?;
        return Ok(Some(Box::new(range.rev().map(|entry| Ok(entry?.0.value().2)))));
    }
    if let Some(subject) = filter.subject {
        let (index, subject) = (transaction.open_table(NOTIFICATIONS_BY_SUBJECT)?, subject.as_u128());
        let range = index.range((name, subject, from)..(name, subject, to))?;
        return Ok(Some(Box::new(range.rev().map(|entry| Ok(entry?.0.value().2)))));
    }
    if filter.statuses.is_empty() || !filter.statuses.iter().all(|status| status.is_dead()) {
        return Ok(None);
    }
    let index = transaction.open_table(NOTIFICATIONS_DEAD)?;
    // Each once, however often it is asked for.
    let wanted = NotificationStatus::ALL.into_iter().filter(|status| filter.statuses.contains(status));
    let ranges = wanted.map(|status| {
        let range = index.range((name, status.as_str(), from)..(name, status.as_str(), to))?;
        Ok((Box::new(range.rev().map(|entry| Ok(entry?.0.value().2))) as Ids).peekable())
    });
    Ok(Some(merged(ranges.collect::<Result<_, Fault>>()?)))
}

/// Several descending sequences as one.
fn merged(mut sequences: Vec<Peekable<Ids>>) -> Ids {
    Box::new(iter::from_fn(move || {
        // One that cannot be read comes first: the list fails with it.
        let heads = sequences.iter_mut().enumerate().filter_map(|(index, sequence)| {
            let head = sequence.peek()?;
            Some((head.as_ref().map_or(u128::MAX, |id| *id), index))
        });
        let (_, index) = heads.max()?;
        sequences[index].next()
    }))
}

/// The rows of a table between two ids, newest first.
fn scanned(
    table: &ReadOnlyTable<RowKey, Bytes>,
    tenant: &TenantId,
    (from, to): (u128, u128),
) -> Result<impl Iterator<Item = Result<NotificationRow, Fault>>, Fault> {
    let range = table.range((tenant.as_str(), from)..(tenant.as_str(), to))?;
    Ok(range.rev().map(|entry| {
        let (key, bytes) = entry?;
        Ok(NotificationRow::from_record(tenant, NotificationId::from_u128(key.value().1), bytes.value())?)
    }))
}

/// A page of a list. By reference, by subject, and of dead letters there are indexes; of the rest every notification of the
/// time that was asked for is looked at, until the page is full or enough was looked at.
pub(super) fn list(
    transaction: &ReadTransaction,
    tenant: &TenantId,
    filter: &NotificationFilter,
    page: Page,
    now: Timestamp,
) -> Result<NotificationPage, Fault> {
    let bounds = bounds(filter, page);
    if bounds.0 >= bounds.1 {
        return Ok(NotificationPage::default());
    }
    let is_listed = |row: &NotificationRow| row.purge_at > now && filter.takes(row);
    let table = transaction.open_table(NOTIFICATIONS)?;
    let cursor = |row: &NotificationRow| Cursor { created_at: row.created_at, id: row.id.as_u128() };
    let part = match indexed(transaction, tenant, filter, bounds)? {
        Some(ids) => {
            let rows = ids.map(|id| {
                let row = lookup::stored(&table, tenant, NotificationId::from_u128(id?))?;
                row.ok_or_else(|| Fault::Unreadable("a listed notification is missing".to_owned()))
            });
            page::part(page, rows, cursor, is_listed)
        }
        None => page::part(page, scanned(&table, tenant, bounds)?, cursor, is_listed),
    };
    let Part { rows, next } = part?;
    Ok(NotificationPage { rows, next })
}
