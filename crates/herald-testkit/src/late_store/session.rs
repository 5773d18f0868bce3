//! The sessions.

use std::sync::Arc;

use async_trait::async_trait;
use herald_core::{
    id::{SessionId, TenantId},
    store::{OutboxRow, Page, SessionFilter, SessionPage, SessionRow, SessionStore, StoreError},
};

use super::{LateStore, Write};

#[async_trait]
impl SessionStore for LateStore {
    async fn session(&self, tenant: &TenantId, id: SessionId) -> Result<Option<SessionRow>, StoreError> {
        self.below.session(tenant, id).await
    }

    async fn replace_session(&self, row: &SessionRow, told: &[OutboxRow]) -> Result<bool, StoreError> {
        let (below, row, told) = (Arc::clone(&self.below), row.clone(), told.to_vec());
        self.write(Write::ReplaceSession, async move { below.replace_session(&row, &told).await }).await
    }

    async fn list_sessions(
        &self,
        tenant: &TenantId,
        filter: &SessionFilter,
        page: Page,
    ) -> Result<SessionPage, StoreError> {
        self.below.list_sessions(tenant, filter, page).await
    }
}
