//! The port, and single logins out of a snapshot.

use std::time::Duration;

use async_trait::async_trait;
use herald_core::{
    id::{LoginId, TenantId},
    store::{
        ClaimWritten, Finder, IdentityRow, LoginFilter, LoginRow, LoginStore, OutboxRow, Page, SessionRow,
        StoreError,
    },
};
use jiff::Timestamp;
use redb::{ReadTransaction, TableDefinition};

use super::{list, write};
use crate::{
    EmbeddedStore,
    due::{Kind, RowName},
    fault::Fault,
    key,
    lease::Leased,
    tables::{Bytes, LOGIN_FINDERS, LOGINS, RowKey},
};

fn found(transaction: &ReadTransaction, finder: Finder, now: Timestamp) -> Result<Option<LoginRow>, Fault> {
    let finders = transaction.open_table(LOGIN_FINDERS)?;
    let Some(name) = finders.get(finder.0.as_bytes())? else { return Ok(None) };
    let (tenant, id) = name.value();
    LoginRow::read(transaction, &RowName { tenant: key::tenant(tenant)?, id }, now)
}

impl Leased for LoginRow {
    const KIND: Kind = Kind::Login;
    const TABLE: TableDefinition<'static, RowKey, Bytes> = LOGINS;

    fn decode(name: &RowName, bytes: &[u8]) -> Result<Self, Fault> {
        let (row, _) = LoginRow::from_record(&name.tenant, LoginId::from_u128(name.id), bytes)?;
        Ok(row)
    }

    fn due(&self) -> Option<Timestamp> {
        self.attend_at
    }

    fn purge_at(&self) -> Timestamp {
        self.purge_at
    }
}

#[async_trait]
impl LoginStore for EmbeddedStore {
    async fn insert_login(&self, row: &LoginRow, finders: &[Finder]) -> Result<bool, StoreError> {
        let (row, finders) = (row.clone(), finders.to_vec());
        self.write(move |tables| write::insert(tables, &row, &finders)).await
    }

    async fn login(&self, tenant: &TenantId, id: LoginId) -> Result<Option<LoginRow>, StoreError> {
        let name = RowName { tenant: tenant.clone(), id: id.as_u128() };
        Ok(LoginRow::read(&self.shared.disk.read()?, &name, self.shared.clock.now())?)
    }

    async fn find_login(&self, finder: Finder) -> Result<Option<LoginRow>, StoreError> {
        Ok(found(&self.shared.disk.read()?, finder, self.shared.clock.now())?)
    }

    async fn replace_login(&self, row: &LoginRow, told: &[OutboxRow]) -> Result<bool, StoreError> {
        let (row, told) = (row.clone(), told.to_vec());
        self.write(move |tables| write::replace(tables, &row, &told)).await
    }

    async fn claim_login(
        &self,
        row: &LoginRow,
        identity: &IdentityRow,
        session: &SessionRow,
        told: &[OutboxRow],
    ) -> Result<ClaimWritten, StoreError> {
        let (row, identity) = (row.clone(), identity.clone());
        let (session, told) = (session.clone(), told.to_vec());
        self.write(move |tables| write::claim(tables, &row, &identity, &session, &told)).await
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
        Ok(self.lease_due(&self.shared.agendas.logins, holder, lease, limit)?)
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
        self.release::<LoginRow>(holder, tenant, id.as_u128(), None);
        Ok(())
    }

    async fn next_login_due(&self) -> Result<Option<Timestamp>, StoreError> {
        Ok(self.shared.agendas.logins.next(self.shared.clock.now()))
    }
}
