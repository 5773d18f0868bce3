//! The port.

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

use super::{due, finder, list, write};
use crate::{RedisStore, names::Agenda};

#[async_trait]
impl LoginStore for RedisStore {
    async fn insert_login(&self, row: &LoginRow, finders: &[Finder]) -> Result<bool, StoreError> {
        write::insert(self, row, finders).await
    }

    async fn login(&self, tenant: &TenantId, id: LoginId) -> Result<Option<LoginRow>, StoreError> {
        self.row(tenant, id.as_u128()).await
    }

    async fn find_login(&self, finder: Finder) -> Result<Option<LoginRow>, StoreError> {
        finder::find(self, finder).await
    }

    async fn replace_login(&self, row: &LoginRow, told: &[OutboxRow]) -> Result<bool, StoreError> {
        write::replace(self, row, told).await
    }

    async fn claim_login(
        &self,
        row: &LoginRow,
        identity: &IdentityRow,
        session: &SessionRow,
        told: &[OutboxRow],
    ) -> Result<ClaimWritten, StoreError> {
        write::claim(self, row, identity, session, told).await
    }

    async fn list_logins(
        &self,
        tenant: &TenantId,
        filter: LoginFilter,
        page: Page,
    ) -> Result<Vec<LoginRow>, StoreError> {
        list::list(self, tenant, filter, page).await
    }

    async fn lease_logins(
        &self,
        holder: &str,
        lease: Duration,
        limit: usize,
    ) -> Result<Vec<LoginRow>, StoreError> {
        due::lease(self, holder, lease, limit).await
    }

    async fn lease_login(
        &self,
        holder: &str,
        tenant: &TenantId,
        id: LoginId,
        lease: Duration,
    ) -> Result<bool, StoreError> {
        self.lease_one::<LoginRow>(tenant, id.as_u128(), holder, lease).await
    }

    async fn release_login(&self, holder: &str, tenant: &TenantId, id: LoginId) -> Result<(), StoreError> {
        self.agenda_release(tenant, Agenda::Logins, holder, id.as_u128(), None).await?;
        Ok(())
    }

    async fn next_login_due(&self) -> Result<Option<Timestamp>, StoreError> {
        due::next(self).await
    }
}
