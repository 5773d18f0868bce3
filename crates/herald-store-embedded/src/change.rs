//! The port of changes. There is no other replica to hear of.

use async_trait::async_trait;
use herald_core::store::{Change, ChangeStore};

use crate::EmbeddedStore;

#[async_trait]
impl ChangeStore for EmbeddedStore {
    async fn next_change(&self) -> Change {
        std::future::pending().await
    }
}
