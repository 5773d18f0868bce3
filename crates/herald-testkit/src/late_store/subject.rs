//! The subjects.

use async_trait::async_trait;
use herald_core::{
    id::{SubjectId, TenantId},
    seal::BlindIndex,
    store::{IdentityRow, StoreError, SubjectStore},
};

use super::LateStore;

#[async_trait]
impl SubjectStore for LateStore {
    async fn subject_of(&self, tenant: &TenantId, key: BlindIndex) -> Result<Option<SubjectId>, StoreError> {
        self.below.subject_of(tenant, key).await
    }

    async fn identities_of(
        &self,
        tenant: &TenantId,
        subject: SubjectId,
    ) -> Result<Vec<IdentityRow>, StoreError> {
        self.below.identities_of(tenant, subject).await
    }
}
