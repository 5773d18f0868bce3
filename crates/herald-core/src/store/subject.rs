//! The subjects and their identities.

use std::fmt;

use async_trait::async_trait;
use jiff::Timestamp;

use super::StoreError;
use crate::{
    id::{SubjectId, TenantId},
    seal::{BlindIndex, Sealed},
};

/// What a store sees of an identity. Written by a claim, with its login.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdentityRow {
    /// The tenant.
    pub tenant: TenantId,
    /// Provider, account and user key, hashed: what makes an identity one.
    pub key: BlindIndex,
    /// Provider and account, hashed: to find through which accounts a subject can be reached.
    pub account: BlindIndex,
    /// Who it is.
    pub subject: SubjectId,
    /// When the provider last vouched for it.
    pub verified_at: Timestamp,
    /// The identity.
    pub body: Sealed,
}

/// Keeps subjects.
#[async_trait]
pub trait SubjectStore: fmt::Debug + Send + Sync + 'static {
    /// Whose identity this is, if anybody's.
    async fn subject_of(&self, tenant: &TenantId, key: BlindIndex) -> Result<Option<SubjectId>, StoreError>;

    /// The identities of a subject, the one verified last first; empty for a subject that does not exist.
    ///
    /// # Behaviour
    /// - `a_claim_replaces_the_identity`: each identity once, as the last claim wrote it.
    async fn identities_of(
        &self,
        tenant: &TenantId,
        subject: SubjectId,
    ) -> Result<Vec<IdentityRow>, StoreError>;
}
