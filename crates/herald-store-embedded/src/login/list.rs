//! Lists of logins, newest first.

use herald_core::{
    id::{LoginId, TenantId},
    store::{LoginFilter, LoginRow, Page},
};
use jiff::Timestamp;
use redb::ReadTransaction;

use super::row::StoredLogin;
use crate::{
    fault::Fault,
    tables::{LOGINS, LOGINS_BY_REFERENCE, LOGINS_BY_TIME},
};

/// A page of a list. By reference there is an index; by status every login of the tenant is looked at until the page is full.
pub(super) fn page(
    transaction: &ReadTransaction,
    tenant: &TenantId,
    filter: LoginFilter,
    page: Page,
    now: Timestamp,
) -> Result<Vec<LoginRow>, Fault> {
    let name = tenant.as_str();
    // The page ends before the row that the cursor names, for it goes from new to old.
    let (time, id) =
        page.after.map_or((i128::MAX, u128::MAX), |after| (after.created_at.as_nanosecond(), after.id));
    let rows = Rows { transaction, tenant, filter, limit: page.limit, now };
    if let Some(reference) = &filter.reference {
        let index = transaction.open_table(LOGINS_BY_REFERENCE)?;
        let reference = reference.as_bytes();
        let range = index.range((name, reference, i128::MIN, 0)..(name, reference, time, id))?;
        rows.collect(range.rev().map(|entry| Ok(entry?.0.value().3)))
    } else {
        let index = transaction.open_table(LOGINS_BY_TIME)?;
        let range = index.range((name, i128::MIN, 0)..(name, time, id))?;
        rows.collect(range.rev().map(|entry| Ok(entry?.0.value().2)))
    }
}

struct Rows<'a> {
    transaction: &'a ReadTransaction,
    tenant: &'a TenantId,
    filter: LoginFilter,
    limit: usize,
    now: Timestamp,
}

impl Rows<'_> {
    fn collect(self, ids: impl Iterator<Item = Result<u128, Fault>>) -> Result<Vec<LoginRow>, Fault> {
        let table = self.transaction.open_table(LOGINS)?;
        let mut rows = Vec::new();
        for id in ids {
            if rows.len() >= self.limit {
                break;
            }
            let id = LoginId::from_u128(id?);
            let bytes = table.get((self.tenant.as_str(), id.as_u128()))?;
            let bytes = bytes.ok_or_else(|| Fault::Unreadable("a listed login is missing".to_owned()))?;
            let row = StoredLogin::decode(self.tenant, id, bytes.value())?.row;
            if row.purge_at > self.now && self.filter.status.is_none_or(|status| status == row.status) {
                rows.push(row);
            }
        }
        Ok(rows)
    }
}
