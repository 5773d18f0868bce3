//! The logins.

use std::time::Duration;

use async_trait::async_trait;
use herald_core::{
    id::{LoginId, TenantId},
    store::{
        Change, ClaimWritten, Finder, IdentityRow, LoginFilter, LoginRow, LoginStore, OutboxRow, Page,
        SessionRow, StoreError,
    },
};
use jiff::Timestamp;

use super::SharedStore;

fn changed(row: &LoginRow) -> Change {
    Change::Login { tenant: row.tenant.clone(), id: row.id }
}

#[async_trait]
impl LoginStore for SharedStore {
    async fn insert_login(&self, row: &LoginRow, finders: &[Finder]) -> Result<bool, StoreError> {
        let written = self.reach()?.insert_login(row, finders).await?;
        Ok(self.told(written, written, &changed(row)))
    }

    async fn login(&self, tenant: &TenantId, id: LoginId) -> Result<Option<LoginRow>, StoreError> {
        self.reach()?.login(tenant, id).await
    }

    async fn find_login(&self, finder: Finder) -> Result<Option<LoginRow>, StoreError> {
        self.reach()?.find_login(finder).await
    }

    async fn replace_login(&self, row: &LoginRow, told: &[OutboxRow]) -> Result<bool, StoreError> {
        let written = self.reach()?.replace_login(row, told).await?;
        Ok(self.told(written, written, &changed(row)))
    }

    async fn claim_login(
        &self,
        row: &LoginRow,
        identity: &IdentityRow,
        session: &SessionRow,
        told: &[OutboxRow],
    ) -> Result<ClaimWritten, StoreError> {
        let written = self.reach()?.claim_login(row, identity, session, told).await?;
        Ok(self.told(written, written == ClaimWritten::Done, &changed(row)))
    }

    async fn list_logins(
        &self,
        tenant: &TenantId,
        filter: LoginFilter,
        page: Page,
    ) -> Result<Vec<LoginRow>, StoreError> {
        self.reach()?.list_logins(tenant, filter, page).await
    }

    async fn lease_logins(
        &self,
        holder: &str,
        lease: Duration,
        limit: usize,
    ) -> Result<Vec<LoginRow>, StoreError> {
        self.reach()?.lease_logins(holder, lease, limit).await
    }

    async fn lease_login(
        &self,
        holder: &str,
        tenant: &TenantId,
        id: LoginId,
        lease: Duration,
    ) -> Result<bool, StoreError> {
        self.reach()?.lease_login(holder, tenant, id, lease).await
    }

    async fn release_login(&self, holder: &str, tenant: &TenantId, id: LoginId) -> Result<(), StoreError> {
        self.reach()?.release_login(holder, tenant, id).await
    }

    async fn next_login_due(&self) -> Result<Option<Timestamp>, StoreError> {
        self.reach()?.next_login_due().await
    }
}
