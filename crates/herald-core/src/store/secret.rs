//! Secrets of the installation that its replicas share.

use std::fmt;

use async_trait::async_trait;

use super::StoreError;
use crate::seal::Sealed;

/// Keeps secrets that are made once and shared by all replicas, such as the pepper of the blind indexes.
#[async_trait]
pub trait SecretStore: fmt::Debug + Send + Sync + 'static {
    /// The secret of this name: the one that is there, or else `fresh`, which is then stored.
    ///
    /// # Behaviour
    /// - `a_shared_secret_is_made_once`: of many callers with fresh ones, all get the same one back.
    async fn shared_secret(&self, name: &str, fresh: Sealed) -> Result<Sealed, StoreError>;

    /// Can the store be read now? For readiness.
    async fn ping(&self) -> Result<(), StoreError>;
}
