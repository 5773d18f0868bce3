//! The conformance suite, in memory and on disk.

use std::{path::PathBuf, sync::Arc, time::Duration};

use async_trait::async_trait;
use herald_core::{clock::Clock as _, store::Store};
use herald_store_embedded::EmbeddedStore;
use herald_testkit::{
    fake_clock::FakeClock,
    store_suite::{DurableFixture, StoreFixture},
};
use jiff::{SignedDuration, Timestamp};
use tempfile::TempDir;

struct Fixture {
    store: Option<Arc<EmbeddedStore>>,
    clock: Arc<FakeClock>,
    directory: Option<TempDir>,
}

impl Fixture {
    fn path(&self) -> PathBuf {
        self.directory.as_ref().expect("only a store on disk has a path").path().join("herald.redb")
    }

    fn open(&mut self) {
        self.store = Some(Arc::new(EmbeddedStore::open(&self.path(), self.clock.clone()).unwrap()));
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
impl DurableFixture for Fixture {
    async fn restart(&mut self) {
        let store = self.store.take().and_then(Arc::into_inner);
        drop(store.expect("nobody else has the store"));
        self.open();
    }
}

mod in_memory {
    use super::{Arc, EmbeddedStore, FakeClock, Fixture};

    #[expect(clippy::unused_async, reason = "the suite awaits it, for stores that have to connect")]
    async fn open() -> Fixture {
        let clock = Arc::new(FakeClock::default());
        let store = EmbeddedStore::in_memory(clock.clone()).unwrap();
        Fixture { store: Some(Arc::new(store)), clock, directory: None }
    }

    herald_testkit::store_suite!(open);
}

mod on_disk {
    use super::{Arc, FakeClock, Fixture};

    #[expect(clippy::unused_async, reason = "the suite awaits it, for stores that have to connect")]
    async fn open() -> Fixture {
        let directory = Some(tempfile::tempdir().unwrap());
        let mut fixture = Fixture { store: None, clock: Arc::new(FakeClock::default()), directory };
        fixture.open();
        fixture
    }

    herald_testkit::store_suite!(open);
    herald_testkit::durable_store_suite!(open);
    herald_testkit::exclusive_store_suite!(open);
}
