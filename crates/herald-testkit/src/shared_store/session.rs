//! The sessions.

use std::sync::atomic::Ordering;

use async_trait::async_trait;
use herald_core::{
    id::{SessionId, TenantId},
    store::{Change, OutboxRow, Page, SessionFilter, SessionPage, SessionRow, SessionStore, StoreError},
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
    ) -> Result<SessionPage, StoreError> {
        let below = self.reach()?;
        if !self.is_short_sighted.load(Ordering::SeqCst) {
            return below.list_sessions(tenant, filter, page).await;
        }
        let one = Page { limit: page.limit.min(1), ..page };
        let mut looked_at = below.list_sessions(tenant, &SessionFilter::default(), one).await?;
        looked_at.rows.retain(|row| filter.takes(row));
        Ok(looked_at)
    }
}
