//! The counters of what is limited: the same for all replicas.

use std::{sync::LazyLock, time::Duration};

use async_trait::async_trait;
use herald_core::{
    id::TenantId,
    seal::BlindIndex,
    store::{CounterStore, Quota, StoreError, Taken},
};
use redis::Script;

use crate::{RedisStore, answer, script::script};

static TAKE: LazyLock<Script> = script!("../script/clock.lua", "take.lua");

/// How a quota stands, as the script answers: is it allowed, how many remain, until all are there again, until one is; times
/// in microseconds.
type Standing = (bool, u32, u64, u64);

/// How long it takes until one that was taken is there again, and until all of the quota is, in microseconds.
fn intervals(quota: Quota) -> [Vec<u8>; 2] {
    // A limit beyond this is none; with any, a burst is no longer than a day.
    let limit = u128::from(quota.limit.get()).min(i32::MAX.unsigned_abs().into());
    let interval = quota.interval().as_micros();
    [interval, interval * limit].map(|micros| micros.to_string().into_bytes())
}

#[async_trait]
impl CounterStore for RedisStore {
    async fn take(&self, tenant: &TenantId, asked: &[(BlindIndex, Quota)]) -> Result<Vec<Taken>, StoreError> {
        if asked.is_empty() {
            return Ok(Vec::new());
        }
        let keys: Vec<_> =
            asked.iter().map(|(counter, _)| self.names.hash(tenant, "counter", counter)).collect();
        let mut arguments = vec![self.script_now()];
        arguments.extend(asked.iter().flat_map(|(_, quota)| intervals(*quota)));
        let standings: Vec<Standing> = answer::read(self.link.run(&TAKE, &keys, &arguments).await?)?;
        let taken = standings.into_iter().map(|(is_allowed, remaining, reset, retry)| Taken {
            is_allowed,
            remaining,
            reset_after: Duration::from_micros(reset),
            retry_after: Duration::from_micros(retry),
        });
        Ok(taken.collect())
    }
}
