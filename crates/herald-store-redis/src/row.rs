//! Rows that are found by tenant and id: what they have in common, and reading them.

use herald_core::{id::TenantId, store::StoreError};
use jiff::Timestamp;
use redis::cmd;

use crate::{
    RedisStore,
    names::Names,
    value::{self, Kind},
};

/// A row of one kind.
pub(crate) trait Row: Sized + Send {
    /// The kind of its values.
    const KIND: Kind;
    /// What its keys are called.
    const NAME: &'static str;

    /// The row, from the record that is stored under this tenant and id.
    fn decode(tenant: &TenantId, id: u128, record: &[u8]) -> Result<Self, StoreError>;

    /// When it was made: what lists order it by.
    fn created_at(&self) -> Timestamp;
}

/// The key of a row.
pub(crate) fn key<R: Row>(names: &Names, tenant: &TenantId, id: u128) -> Vec<u8> {
    names.row(tenant, R::NAME, id)
}

/// The row in a value, if it is not over by then.
pub(crate) fn read<R: Row>(
    tenant: &TenantId,
    id: u128,
    value: &[u8],
    now: Timestamp,
) -> Result<Option<R>, StoreError> {
    let stored = value::read(R::KIND, value)?;
    stored.is_live(now).then(|| R::decode(tenant, id, stored.record)).transpose()
}

impl RedisStore {
    /// What is under these keys, which are of one tenant, in their order.
    pub(crate) async fn values(&self, keys: &[Vec<u8>]) -> Result<Vec<Option<Vec<u8>>>, StoreError> {
        if keys.is_empty() {
            return Ok(Vec::new());
        }
        self.ask(cmd("MGET").arg(keys)).await
    }

    /// The row, if there is one.
    pub(crate) async fn row<R: Row>(&self, tenant: &TenantId, id: u128) -> Result<Option<R>, StoreError> {
        let value = self.value(&key::<R>(&self.names, tenant, id)).await?;
        value.map_or(Ok(None), |value| read(tenant, id, &value, self.clock.now()))
    }
}
