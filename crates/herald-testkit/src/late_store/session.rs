//! The sessions.

use std::sync::Arc;

use async_trait::async_trait;
use herald_core::{
    id::{SessionId, TenantId},
    store::{EventRow, Page, SessionFilter, SessionRow, SessionStore, StoreError},
};

use super::{LateStore, Write};

#[async_trait]
impl SessionStore for LateStore {
    async fn session(&self, tenant: &TenantId, id: SessionId) -> Result<Option<SessionRow>, StoreError> {
        self.below.session(tenant, id).await
    }

    async fn replace_session(&self, row: &SessionRow, events: &[EventRow]) -> Result<bool, StoreError> {
        let (below, row, events) = (Arc::clone(&self.below), row.clone(), events.to_vec());
        self.write(Write::ReplaceSession, async move { below.replace_session(&row, &events).await }).await
    }

    async fn list_sessions(
        &self,
        tenant: &TenantId,
        filter: &SessionFilter,
        page: Page,
    ) -> Result<Vec<SessionRow>, StoreError> {
        self.below.list_sessions(tenant, filter, page).await
    }
}
