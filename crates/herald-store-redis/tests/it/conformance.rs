//! The conformance suite, on a single server, on a cluster of three masters, and over a server's death.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use herald_core::{
    clock::Clock as _,
    store::{Change, ChangeStore as _, Store},
};
use herald_store_redis::{RedisMode, RedisOptions, RedisStore, TimeSource};
use herald_testkit::{
    fake_clock::FakeClock,
    redis_server::RedisServer,
    store_suite::{DurableFixture, SharedFixture, StoreFixture},
};
use jiff::{SignedDuration, Timestamp};

struct Fixture {
    store: Option<Arc<RedisStore>>,
    options: RedisOptions,
    clock: Arc<FakeClock>,
    /// The server that nobody else uses, where there is one.
    server: Option<RedisServer>,
}

impl Fixture {
    /// A store that is alone with its prefix.
    async fn open(urls: Vec<String>, mode: RedisMode, server: Option<RedisServer>) -> Self {
        static OPENED: AtomicU32 = AtomicU32::new(0);
        let options = RedisOptions {
            urls: urls.into_iter().map(Into::into).collect(),
            mode,
            authorities: None,
            prefix: format!("test-{}", OPENED.fetch_add(1, Ordering::Relaxed)),
            // The clock of the tests is not that of the server.
            is_development: true,
        };
        let clock = Arc::new(FakeClock::default());
        let mut fixture = Self { store: None, options, clock, server };
        fixture.store = Some(Arc::new(fixture.handle().await));
        fixture
    }

    async fn handle(&self) -> RedisStore {
        let opening = RedisStore::open(self.options.clone(), self.clock.clone(), TimeSource::Clock);
        self.clock.pass_for(opening).await.unwrap()
    }
}

#[async_trait]
impl StoreFixture for Fixture {
    fn store(&self) -> Arc<dyn Store> {
        self.store.clone().expect("the store is open")
    }

    fn now(&self) -> Timestamp {
        self.clock.now()
    }

    async fn fast_forward(&mut self, by: Duration) {
        self.clock.advance(SignedDuration::try_from(by).unwrap());
    }
}

#[async_trait]
impl SharedFixture for Fixture {
    async fn other(&self) -> Arc<dyn Store> {
        let store = self.handle().await;
        // It says so as soon as it listens.
        assert_eq!(store.next_change().await, Change::Anything);
        Arc::new(store)
    }
}

#[async_trait]
impl DurableFixture for Fixture {
    async fn restart(&mut self) {
        let store = self.store.take().and_then(Arc::into_inner);
        drop(store.expect("nobody else has the store"));
        self.server.as_ref().expect("a shared server is not restarted").restart();
        self.store = Some(Arc::new(self.handle().await));
    }
}

mod on_a_server {
    use super::{Fixture, RedisMode, RedisServer};

    async fn open() -> Fixture {
        Fixture::open(vec![RedisServer::shared().url()], RedisMode::Single, None).await
    }

    herald_testkit::store_suite!(open);
    herald_testkit::shared_store_suite!(open);
}

mod on_a_cluster {
    use herald_testkit::redis_server::RedisCluster;

    use super::{Fixture, RedisMode};

    async fn open() -> Fixture {
        Fixture::open(RedisCluster::shared().urls(), RedisMode::Cluster, None).await
    }

    herald_testkit::store_suite!(open);
    herald_testkit::shared_store_suite!(open);
}

mod over_a_servers_death {
    use super::{Fixture, RedisMode, RedisServer};

    async fn open() -> Fixture {
        let server = RedisServer::start_with(&["--appendfsync", "always"]);
        Fixture::open(vec![server.url()], RedisMode::Single, Some(server)).await
    }

    herald_testkit::durable_store_suite!(open);
}
