//! The port, and single logins out of a snapshot.

use std::time::Duration;

use async_trait::async_trait;
use herald_core::{
    id::{LoginId, TenantId},
    store::{
        ClaimWritten, Finder, IdentityRow, LoginFilter, LoginRow, LoginStore, Page, SessionRow, StoreError,
    },
};
use jiff::Timestamp;
use redb::ReadTransaction;

use super::{list, row::StoredLogin, write};
use crate::{
    EmbeddedStore, codec,
    due::{Kind, RowName},
    fault::Fault,
    lease::Leased,
    tables::{LOGIN_FINDERS, LOGINS},
};

/// A login that has not expired.
fn live(
    transaction: &ReadTransaction,
    tenant: &TenantId,
    id: LoginId,
    now: Timestamp,
) -> Result<Option<LoginRow>, Fault> {
    let table = transaction.open_table(LOGINS)?;
    let Some(bytes) = table.get((tenant.as_str(), id.as_u128()))? else { return Ok(None) };
    let row = StoredLogin::decode(tenant, id, bytes.value())?.row;
    Ok(Some(row).filter(|row| row.purge_at > now))
}

fn found(transaction: &ReadTransaction, finder: Finder, now: Timestamp) -> Result<Option<LoginRow>, Fault> {
    let finders = transaction.open_table(LOGIN_FINDERS)?;
    let Some(name) = finders.get(finder.0.as_bytes())? else { return Ok(None) };
    let (tenant, id) = name.value();
    live(transaction, &codec::tenant(tenant)?, LoginId::from_u128(id), now)
}

impl Leased for LoginRow {
    const KIND: Kind = Kind::Login;

    fn read(transaction: &ReadTransaction, name: &RowName, now: Timestamp) -> Result<Option<Self>, Fault> {
        live(transaction, &name.tenant, LoginId::from_u128(name.id), now)
    }

    fn due(&self) -> Option<Timestamp> {
        self.attend_at
    }
}

#[async_trait]
impl LoginStore for EmbeddedStore {
    async fn insert_login(&self, row: &LoginRow, finders: &[Finder]) -> Result<bool, StoreError> {
        let (login, finders) = (StoredLogin::new(row, finders), finders.to_vec());
        self.write(move |tables| write::insert(tables, &login, &finders)).await
    }

    async fn login(&self, tenant: &TenantId, id: LoginId) -> Result<Option<LoginRow>, StoreError> {
        Ok(live(&self.shared.disk.read()?, tenant, id, self.shared.clock.now())?)
    }

    async fn find_login(&self, finder: Finder) -> Result<Option<LoginRow>, StoreError> {
        Ok(found(&self.shared.disk.read()?, finder, self.shared.clock.now())?)
    }

    async fn replace_login(&self, row: &LoginRow) -> Result<bool, StoreError> {
        let row = row.clone();
        self.write(move |tables| write::replace(tables, &row)).await
    }

    async fn claim_login(
        &self,
        row: &LoginRow,
        identity: &IdentityRow,
        session: &SessionRow,
    ) -> Result<ClaimWritten, StoreError> {
        let (row, identity, session) = (row.clone(), identity.clone(), session.clone());
        self.write(move |tables| write::claim(tables, &row, &identity, &session)).await
    }

    async fn list_logins(
        &self,
        tenant: &TenantId,
        filter: LoginFilter,
        page: Page,
    ) -> Result<Vec<LoginRow>, StoreError> {
        Ok(list::list(&self.shared.disk.read()?, tenant, filter, page, self.shared.clock.now())?)
    }

    async fn lease_logins(
        &self,
        holder: &str,
        lease: Duration,
        limit: usize,
    ) -> Result<Vec<LoginRow>, StoreError> {
        Ok(self.lease_due(holder, lease, limit)?)
    }

    async fn lease_login(
        &self,
        holder: &str,
        tenant: &TenantId,
        id: LoginId,
        lease: Duration,
    ) -> Result<bool, StoreError> {
        let name = RowName { tenant: tenant.clone(), id: id.as_u128() };
        Ok(self.lease_one::<LoginRow>(holder, &name, lease)?)
    }

    async fn release_login(&self, holder: &str, tenant: &TenantId, id: LoginId) -> Result<(), StoreError> {
        self.release::<LoginRow>(holder, tenant, id.as_u128());
        Ok(())
    }

    async fn next_login_due(&self) -> Result<Option<Timestamp>, StoreError> {
        Ok(self.next_due::<LoginRow>())
    }
}
