//! The store that the tests of the API run on: in memory unless `HERALD_TEST_STORE` says `disk`, `redis` or `cluster`. `make unit`
//! runs them on all four.

use std::{
    env,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use herald_core::store::Store;
use herald_store_embedded::EmbeddedStore;
use herald_store_redis::{RedisMode, RedisOptions, RedisStore, TimeSource};
use herald_testkit::{
    fake_clock::FakeClock,
    redis_server::{RedisCluster, RedisServer},
};

/// An empty store of its own for a test.
pub(crate) async fn fresh(clock: &Arc<FakeClock>) -> Arc<dyn Store> {
    match env::var("HERALD_TEST_STORE").as_deref() {
        Err(_) | Ok("memory") => {
            Arc::new(EmbeddedStore::in_memory(clock.clone()).expect("a store in memory opens"))
        }
        Ok("disk") => {
            let directory = tempfile::tempdir().expect("a directory");
            // Unlinked at once: the open file is all that a test needs.
            Arc::new(
                EmbeddedStore::open(&directory.path().join("herald.redb"), clock.clone())
                    .expect("a store on disk opens"),
            )
        }
        Ok("redis") => redis(RedisMode::Single, vec![RedisServer::shared().url()], clock).await,
        Ok("cluster") => redis(RedisMode::Cluster, RedisCluster::shared().urls(), clock).await,
        Ok(other) => panic!("HERALD_TEST_STORE is {other}; expected memory, disk, redis or cluster"),
    }
}

async fn redis(mode: RedisMode, urls: Vec<String>, clock: &Arc<FakeClock>) -> Arc<dyn Store> {
    static TESTS: AtomicUsize = AtomicUsize::new(0);
    let options = RedisOptions {
        urls: urls.into_iter().map(Into::into).collect(),
        mode,
        authorities: None,
        prefix: format!("test-{}", TESTS.fetch_add(1, Ordering::Relaxed)),
        // Its clock stands still, and is not that of the server.
        is_development: true,
    };
    let store = clock.pass_for(RedisStore::open(options, clock.clone(), TimeSource::Clock)).await;
    Arc::new(store.expect("a store in Redis opens"))
}
