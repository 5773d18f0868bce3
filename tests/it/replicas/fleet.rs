//! Several real Heralds over one real Redis, with one address for everybody outside.

use std::{
    ops::{Deref, DerefMut},
    sync::{Arc, LazyLock},
    time::Duration,
};

use herald_testkit::redis_server::RedisServer;
use tokio::sync::{Mutex, OwnedMutexGuard};

use crate::stack::{Stack, over_redis, store_section};

/// Whoever has a fleet.
static ALONE: LazyLock<Arc<Mutex<()>>> = LazyLock::new(Arc::default);

/// A [`Stack`] of replicas that differ in their ports only, and the Redis that they share.
pub(crate) struct Fleet<R = RedisServer> {
    stack: Stack,
    pub(crate) redis: R,
    _alone: OwnedMutexGuard<()>,
}

impl Fleet {
    /// Starts so many, with the sandbox as all their providers; ready when this returns.
    pub(crate) async fn start(count: usize) -> Self {
        Self::start_with(count, |config| config).await
    }

    /// The same, with a configuration that the test has changed.
    pub(crate) async fn start_with(count: usize, change: impl FnOnce(String) -> String) -> Self {
        let redis = RedisServer::start();
        let section = store_section(&redis.url(), count);
        Self::start_over(redis, &section, count, change).await
    }
}

impl<R> Fleet<R> {
    /// The same over any Redis, with the `[store]` that leads to it.
    pub(crate) async fn start_over(
        redis: R,
        section: &str,
        count: usize,
        change: impl FnOnce(String) -> String,
    ) -> Self {
        // Tests of fleets say within what time an answer has to come: no two of them share the machine.
        let alone = Arc::clone(&ALONE).lock_owned().await;
        let stack = Stack::launch(count, |config| change(over_redis(&config, section))).await;
        Self { stack, redis, _alone: alone }
    }

    /// Kills a replica as a power cut would; it is dead when this returns.
    pub(crate) fn kill(&self, replica: usize) {
        self.process(replica).signal("KILL");
        assert!(self.process(replica).has_ended(Duration::from_secs(10)), "it lives on");
    }

    /// Ends a replica by SIGTERM, and sees that it ends well.
    pub(crate) fn terminate(&mut self, replica: usize) {
        let process = self.process_mut(replica);
        process.signal("TERM");
        assert!(process.has_ended(Duration::from_secs(60)), "it never ended, but:\n{}", process.log());
        let status = process.ended();
        assert!(status.success(), "{status}:\n{}", process.log());
    }
}

impl<R> Deref for Fleet<R> {
    type Target = Stack;

    fn deref(&self) -> &Stack {
        &self.stack
    }
}

impl<R> DerefMut for Fleet<R> {
    fn deref_mut(&mut self) -> &mut Stack {
        &mut self.stack
    }
}

/// Waits until it is so; a test that waits for longer than a minute waits for ever.
pub(crate) async fn until<T>(what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    let mut ticks = tokio::time::interval(Duration::from_millis(100));
    let found = async {
        loop {
            ticks.tick().await;
            if let Some(found) = look().await {
                return found;
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(90), found).await.unwrap_or_else(|_| panic!("never: {what}"))
}
