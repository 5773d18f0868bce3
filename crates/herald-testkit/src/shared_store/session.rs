//! The sessions.

use async_trait::async_trait;
use herald_core::{
    id::{SessionId, TenantId},
    store::{Change, OutboxRow, Page, SessionFilter, SessionRow, SessionStore, StoreError},
};

use super::SharedStore;

#[async_trait]
impl SessionStore for SharedStore {
    async fn session(&self, tenant: &TenantId, id: SessionId) -> Result<Option<SessionRow>, StoreError> {
        self.reach()?.session(tenant, id).await
    }

    async fn replace_session(&self, row: &SessionRow, told: &[OutboxRow]) -> Result<bool, StoreError> {
        let written = self.reach()?.replace_session(row, told).await?;
        let change = Change::Session { tenant: row.tenant.clone(), id: row.id };
        Ok(self.told(written, written, &change))
    }

    async fn list_sessions(
        &self,
        tenant: &TenantId,
        filter: &SessionFilter,
        page: Page,
    ) -> Result<Vec<SessionRow>, StoreError> {
        self.reach()?.list_sessions(tenant, filter, page).await
    }
}
