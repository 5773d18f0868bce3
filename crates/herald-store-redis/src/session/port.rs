//! The port.

use async_trait::async_trait;
use herald_core::{
    id::{SessionId, TenantId},
    store::{OutboxRow, Page, SessionFilter, SessionPage, SessionRow, SessionStore, StoreError},
};

use super::{list, write};
use crate::RedisStore;

#[async_trait]
impl SessionStore for RedisStore {
    async fn session(&self, tenant: &TenantId, id: SessionId) -> Result<Option<SessionRow>, StoreError> {
        self.row(tenant, id.as_u128()).await
    }

    async fn replace_session(&self, row: &SessionRow, told: &[OutboxRow]) -> Result<bool, StoreError> {
        write::replace(self, row, told).await
    }

    async fn list_sessions(
        &self,
        tenant: &TenantId,
        filter: &SessionFilter,
        page: Page,
    ) -> Result<SessionPage, StoreError> {
        list::list(self, tenant, filter, page).await
    }
}
