//! The port.

use async_trait::async_trait;
use herald_core::{
    id::{SessionId, TenantId},
    store::{OutboxRow, Page, SessionFilter, SessionPage, SessionRow, SessionStore, StoreError},
};
use redb::ReadTransaction;

use super::{list, lookup, write};
use crate::{EmbeddedStore, fault::Fault, tables::SESSIONS};

fn read(
    transaction: &ReadTransaction,
    tenant: &TenantId,
    id: SessionId,
) -> Result<Option<SessionRow>, Fault> {
    lookup::stored(&transaction.open_table(SESSIONS)?, tenant, id)
}

#[async_trait]
impl SessionStore for EmbeddedStore {
    async fn session(&self, tenant: &TenantId, id: SessionId) -> Result<Option<SessionRow>, StoreError> {
        let row = read(&self.shared.disk.read()?, tenant, id)?;
        Ok(row.filter(|row| row.purge_at > self.shared.clock.now()))
    }

    async fn replace_session(&self, row: &SessionRow, told: &[OutboxRow]) -> Result<bool, StoreError> {
        let (row, told) = (row.clone(), told.to_vec());
        self.write(move |tables| write::replace(tables, &row, &told)).await
    }

    async fn list_sessions(
        &self,
        tenant: &TenantId,
        filter: &SessionFilter,
        page: Page,
    ) -> Result<SessionPage, StoreError> {
        Ok(list::list(&self.shared.disk.read()?, tenant, filter, page, self.shared.clock.now())?)
    }
}
