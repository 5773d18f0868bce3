//! Lists of notifications, newest first: in the order of their ids, which begin with their time.

use herald_core::{
    id::{SubjectId, TenantId},
    notification::NotificationStatus,
    seal::BlindIndex,
    store::{Cursor, NotificationFilter, NotificationPage, NotificationRow, Page, StoreError},
};
use jiff::{SignedDuration, Timestamp};

use super::write::dead;
use crate::{
    RedisStore,
    names::Names,
    order::{Bound, Listed, MOST_OF_A_PART, Span},
};

/// The time in an id, in whole milliseconds.
pub(super) fn time_of(id: u128) -> Timestamp {
    let millisecond = i64::try_from(id >> NotificationRow::ID_BITS_BELOW_TIME).ok();
    // An id that is none of ours may have a time that is none.
    millisecond.and_then(|at| Timestamp::from_millisecond(at).ok()).unwrap_or(Timestamp::MAX)
}

/// All notifications of a tenant.
pub(super) fn all(names: &Names, tenant: &TenantId) -> Vec<u8> {
    names.of(tenant, "ntfs")
}

/// Those with a reference.
pub(super) fn by_reference(names: &Names, tenant: &TenantId, reference: &BlindIndex) -> Vec<u8> {
    names.hash(tenant, "ntfs:reference", reference)
}

/// Those for a subject.
pub(super) fn by_subject(names: &Names, tenant: &TenantId, subject: SubjectId) -> Vec<u8> {
    names.row(tenant, "ntfs:subject", subject.as_u128())
}

/// The shortest orders that have all that is asked for.
fn orders(names: &Names, tenant: &TenantId, filter: &NotificationFilter) -> Vec<Vec<u8>> {
    // A reference has fewer notifications than a subject, and a subject fewer than are dead.
    if let Some(reference) = &filter.reference {
        return vec![by_reference(names, tenant, reference)];
    }
    if let Some(subject) = filter.subject {
        return vec![by_subject(names, tenant, subject)];
    }
    if filter.statuses.is_empty() || !filter.statuses.iter().all(|status| status.is_dead()) {
        return vec![all(names, tenant)];
    }
    // Each once, however often it is asked for.
    let wanted = NotificationStatus::ALL.into_iter().filter(|status| filter.statuses.contains(status));
    wanted.map(|status| dead(names, tenant, status)).collect()
}

/// The part of an order that can be on the page.
fn span(filter: &NotificationFilter, page: Page) -> Span {
    let after = page.after.map(|after| Cursor { created_at: time_of(after.id), ..after });
    let mut span = Span::of(Page { after, ..page });
    // An order knows whole milliseconds only, and a time may be in the middle of one.
    if let Some(from) = filter.created_from {
        span = span.from(Timestamp::from_millisecond(from.as_millisecond()).unwrap_or(from));
    }
    if let Some(before) = filter.created_before {
        span = span.before(before.saturating_add(SignedDuration::from_millis(1)).unwrap_or(before));
    }
    span
}

impl RedisStore {
    /// A page of a list. By reference, by subject, and of dead letters there are orders; of the rest every notification of the
    /// time that was asked for is looked at, until the page is full or enough was looked at.
    pub(super) async fn list_page(
        &self,
        tenant: &TenantId,
        filter: &NotificationFilter,
        page: Page,
    ) -> Result<NotificationPage, StoreError> {
        let orders = orders(&self.names, tenant, filter);
        let bound = Bound { rows: page.limit, looked_at: MOST_OF_A_PART };
        let is_wanted = |row: &NotificationRow| filter.takes(row);
        let Listed { rows, next } = self.list(tenant, &orders, span(filter, page), bound, is_wanted).await?;
        Ok(NotificationPage { rows, next })
    }
}
