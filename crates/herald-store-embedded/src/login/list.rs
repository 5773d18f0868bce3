//! Lists of logins, newest first.

use herald_core::{
    id::{LoginId, TenantId},
    store::{LoginFilter, LoginRow, Page},
};
use jiff::Timestamp;
use redb::ReadTransaction;

use crate::{
    fault::Fault,
    page,
    tables::{LOGINS, LOGINS_BY_REFERENCE, LOGINS_BY_TIME},
};

/// A page of a list. By reference there is an index; by status every login of the tenant is looked at until the page is full.
pub(super) fn list(
    transaction: &ReadTransaction,
    tenant: &TenantId,
    filter: LoginFilter,
    page: Page,
    now: Timestamp,
) -> Result<Vec<LoginRow>, Fault> {
    let name = tenant.as_str();
    let table = transaction.open_table(LOGINS)?;
    let read = |id| {
        let bytes = table.get((name, id))?;
        let bytes = bytes.ok_or_else(|| Fault::Unreadable("a listed login is missing".to_owned()))?;
        let (row, _) = LoginRow::from_record(tenant, LoginId::from_u128(id), bytes.value())?;
        Ok(Some(row).filter(|row| row.purge_at > now && filter.takes(row)))
    };
    let (time, id) = page::end(page);
    if let Some(reference) = &filter.reference {
        let index = transaction.open_table(LOGINS_BY_REFERENCE)?;
        let reference = reference.as_bytes();
        let range = index.range((name, reference, i128::MIN, 0)..(name, reference, time, id))?;
        page::fill(page, range.rev().map(|entry| Ok(entry?.0.value().3)), read)
    } else {
        let index = transaction.open_table(LOGINS_BY_TIME)?;
        let range = index.range((name, i128::MIN, 0)..(name, time, id))?;
        page::fill(page, range.rev().map(|entry| Ok(entry?.0.value().2)), read)
    }
}
