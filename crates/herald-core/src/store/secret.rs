//! Secrets that the replicas of an installation share.

use std::fmt;

use async_trait::async_trait;
use jiff::Timestamp;

use super::StoreError;
use crate::{id::TenantId, seal::Sealed};

/// A tenant's shared secret: its signing keys, what a one-shot call to a provider gave, that a provider's session is over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecretRow {
    /// The tenant.
    pub tenant: TenantId,
    /// Which one, a fixed word and perhaps a hash behind it; at most 128 visible ASCII characters. Never personal.
    pub name: String,
    /// 1 when inserted, one more with every change: what a conditional write is conditional on, and its fence.
    pub version: u64,
    /// From then on it is gone; nothing for what stays.
    pub purge_at: Option<Timestamp>,
    /// The secret.
    pub body: Sealed,
}

/// Keeps shared secrets.
#[async_trait]
pub trait SecretStore: fmt::Debug + Send + Sync + 'static {
    /// The secret of the installation of this name, such as the pepper of the blind indexes: the one that is there, or else
    /// `fresh`, which is then stored.
    ///
    /// # Behaviour
    /// - `a_shared_secret_is_made_once`: of many callers with fresh ones, all get the same one back.
    async fn shared_secret(&self, name: &str, fresh: Sealed) -> Result<Sealed, StoreError>;

    /// The tenant's secret of this name, if there is one.
    async fn secret(&self, tenant: &TenantId, name: &str) -> Result<Option<SecretRow>, StoreError>;

    /// Stores a secret: a new one at version 1 where there is none (any more), a changed one if it is still at the version
    /// before `row.version`.
    ///
    /// # Behaviour
    /// - `of_racing_secret_writers_one_wins`: of many writers that saw the same, or nothing, exactly one gets true.
    async fn replace_secret(&self, row: &SecretRow) -> Result<bool, StoreError>;

    /// Can the store be read now? For readiness.
    async fn ping(&self) -> Result<(), StoreError>;
}
