//! What Redis answered, as what it should be.

use herald_core::store::StoreError;
use redis::{Cmd, FromRedisValue, Value, cmd};

use crate::RedisStore;

impl RedisStore {
    /// Runs a command, whose keys are of one tenant, and reads the answer.
    pub(crate) async fn ask<T: FromRedisValue>(&self, command: &Cmd) -> Result<T, StoreError> {
        read(self.link.query(command.clone()).await?)
    }

    /// What is under a key, over or not.
    pub(crate) async fn value(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        self.ask(cmd("GET").arg(key)).await
    }
}

/// Reads an answer.
pub(crate) fn read<T: FromRedisValue>(value: Value) -> Result<T, StoreError> {
    // The error of the redis crate repeats the answer.
    redis::from_redis_value(value)
        .map_err(|_| StoreError::Corrupt("an answer of Redis makes no sense".to_owned()))
}
