//! The logins.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use herald_core::{
    id::{LoginId, TenantId},
    store::{
        ClaimWritten, Finder, IdentityRow, LoginFilter, LoginRow, LoginStore, OutboxRow, Page, SessionRow,
        StoreError,
    },
};
use jiff::Timestamp;

use super::{LateStore, Write};

#[async_trait]
impl LoginStore for LateStore {
    async fn insert_login(&self, row: &LoginRow, finders: &[Finder]) -> Result<bool, StoreError> {
        self.below.insert_login(row, finders).await
    }

    async fn login(&self, tenant: &TenantId, id: LoginId) -> Result<Option<LoginRow>, StoreError> {
        self.below.login(tenant, id).await
    }

    async fn find_login(&self, finder: Finder) -> Result<Option<LoginRow>, StoreError> {
        self.below.find_login(finder).await
    }

    async fn replace_login(&self, row: &LoginRow, told: &[OutboxRow]) -> Result<bool, StoreError> {
        self.below.replace_login(row, told).await
    }

    async fn claim_login(
        &self,
        row: &LoginRow,
        identity: &IdentityRow,
        session: &SessionRow,
        told: &[OutboxRow],
    ) -> Result<ClaimWritten, StoreError> {
        let below = Arc::clone(&self.below);
        let (row, identity) = (row.clone(), identity.clone());
        let (session, told) = (session.clone(), told.to_vec());
        let claim = async move { below.claim_login(&row, &identity, &session, &told).await };
        self.write(Write::ClaimLogin, claim).await
    }

    async fn list_logins(
        &self,
        tenant: &TenantId,
        filter: LoginFilter,
        page: Page,
    ) -> Result<Vec<LoginRow>, StoreError> {
        self.below.list_logins(tenant, filter, page).await
    }

    async fn lease_logins(
        &self,
        holder: &str,
        lease: Duration,
        limit: usize,
    ) -> Result<Vec<LoginRow>, StoreError> {
        self.below.lease_logins(holder, lease, limit).await
    }

    async fn lease_login(
        &self,
        holder: &str,
        tenant: &TenantId,
        id: LoginId,
        lease: Duration,
    ) -> Result<bool, StoreError> {
        self.below.lease_login(holder, tenant, id, lease).await
    }

    async fn release_login(&self, holder: &str, tenant: &TenantId, id: LoginId) -> Result<(), StoreError> {
        let below = Arc::clone(&self.below);
        let (holder, tenant) = (holder.to_owned(), tenant.clone());
        let release = async move { below.release_login(&holder, &tenant, id).await };
        self.write(Write::ReleaseLogin, release).await
    }

    async fn next_login_due(&self) -> Result<Option<Timestamp>, StoreError> {
        self.below.next_login_due().await
    }
}
