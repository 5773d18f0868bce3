//! What other replicas change.

use async_trait::async_trait;
use herald_core::store::{Change, ChangeStore};

use super::LateStore;

#[async_trait]
impl ChangeStore for LateStore {
    async fn next_change(&self) -> Change {
        self.below.next_change().await
    }
}
