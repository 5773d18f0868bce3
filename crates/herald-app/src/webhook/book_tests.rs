//! What a book knows by heart, while it is written in.

use std::sync::atomic::{AtomicBool, Ordering};

use arc_swap::ArcSwap;
use async_trait::async_trait;
use herald_core::{
    clock::{Clock as _, SystemEntropy},
    courier::{Courier, NoAnswer, Parcel, Receipt},
    event::{EventFilter, Happening},
    seal::{Keyring, Pepper},
    store::EndpointStore as _,
    webhook::{EndpointSecret, SigningSecrets},
};
use herald_store_embedded::EmbeddedStore;
use herald_testkit::fake_clock::FakeClock;
use url::Url;
use zeroize::Zeroizing;

use super::*;
use crate::{outbox::EventShapes, tasks::Tasks, tenant::Tenants, vault::Vault};

/// A book sends nothing and tells of nothing.
#[derive(Debug)]
struct NoOutside;

#[async_trait]
impl Courier for NoOutside {
    fn reaches(&self, _: &Url, _: bool) -> bool {
        false
    }

    async fn deliver(&self, _: &Parcel) -> Result<Receipt, NoAnswer> {
        panic!("nothing is sent by a book")
    }
}

impl EventShapes for NoOutside {
    fn data(&self, _: &Happening) -> serde_json::Map<String, serde_json::Value> {
        panic!("nothing is told of a book")
    }
}

fn book(clock: &Arc<FakeClock>, store: &Arc<EmbeddedStore>) -> Book {
    let keyring = Keyring::new(&[Zeroizing::new([7; 32])]).expect("one key is a ring");
    Book::new(Arc::new(Context {
        store: store.clone(),
        clock: clock.clone(),
        entropy: Arc::new(SystemEntropy),
        vault: Vault::new(keyring, Pepper::new(&[7; 32])),
        tenants: ArcSwap::from_pointee(Tenants::default()),
        tasks: Tasks::here(),
        courier: Arc::new(NoOutside),
        shapes: Arc::new(NoOutside),
        public_url: "https://herald.example".to_owned(),
        replica: "replica".to_owned(),
        replicas: 1,
        is_development: false,
    }))
}

fn tenant() -> TenantId {
    TenantId::parse("acme").unwrap()
}

fn endpoint(clock: &FakeClock) -> Endpoint {
    Endpoint {
        id: EndpointId::generate(clock.now(), &SystemEntropy),
        tenant: tenant(),
        url: "https://shop.example/hooks".parse().unwrap(),
        events: vec![EventFilter::parse("*").unwrap()],
        description: None,
        is_enabled: true,
        disabled_reason: None,
        secrets: SigningSecrets::new(EndpointSecret::generate(&SystemEntropy)),
        created_at: clock.now(),
        failing_since: None,
        failed_again_at: None,
        replay: None,
    }
}

fn world() -> (Arc<FakeClock>, Arc<EmbeddedStore>) {
    let clock = Arc::new(FakeClock::default());
    let store = EmbeddedStore::in_memory(clock.clone()).expect("a store in memory opens");
    (clock, Arc::new(store))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_was_written_is_known_however_many_read_meanwhile() {
    let (clock, store) = world();
    let book = Arc::new(book(&clock, &store));
    let is_over = Arc::new(AtomicBool::new(false));
    let readers: Vec<_> = (0..4)
        .map(|_| {
            let (book, is_over) = (Arc::clone(&book), Arc::clone(&is_over));
            tokio::spawn(async move {
                while !is_over.load(Ordering::Relaxed) {
                    book.list(&tenant()).await.unwrap();
                    tokio::task::yield_now().await;
                }
            })
        })
        .collect();
    for _ in 0..200 {
        let made = book.insert(endpoint(&clock), 20).await.unwrap().expect("there is room");
        let is_known = |list: &Endpoints| list.iter().any(|kept| kept.value.id == made.id);
        assert!(is_known(&book.list(&tenant()).await.unwrap()));
        assert!(book.remove(&tenant(), made.id).await.unwrap());
        assert!(!is_known(&book.list(&tenant()).await.unwrap()));
    }
    is_over.store(true, Ordering::Relaxed);
    for reader in readers {
        reader.await.unwrap();
    }
}

#[tokio::test]
async fn what_another_replica_wrote_is_known_after_five_seconds() {
    let (clock, store) = world();
    let (here, there) = (book(&clock, &store), book(&clock, &store));
    assert_eq!(here.list(&tenant()).await.unwrap().len(), 0);
    there.insert(endpoint(&clock), 20).await.unwrap().expect("there is room");
    clock.advance(SignedDuration::from_millis(4_999));
    assert_eq!(here.list(&tenant()).await.unwrap().len(), 0);
    assert_eq!(here.read(&tenant()).await.unwrap().len(), 1);
    clock.advance(SignedDuration::from_millis(1));
    assert_eq!(here.list(&tenant()).await.unwrap().len(), 1);
    // A clock that is set back does not make an old list a new one.
    there.insert(endpoint(&clock), 20).await.unwrap().expect("there is room");
    clock.advance(SignedDuration::from_secs(-3600));
    assert_eq!(here.list(&tenant()).await.unwrap().len(), 2);
}

#[tokio::test]
async fn a_change_of_ones_own_is_known_without_reading_anew_and_an_older_one_does_not_undo_it() {
    let (clock, store) = world();
    let (here, there) = (book(&clock, &store), book(&clock, &store));
    let made = here.insert(endpoint(&clock), 20).await.unwrap().expect("there is room");
    here.list(&tenant()).await.unwrap();
    // Not seen here before five seconds are over, unless the list is read anew.
    there.insert(endpoint(&clock), 20).await.unwrap().expect("there is room");
    let failing = Endpoint { failing_since: Some(clock.now()), ..Endpoint::clone(&made) };
    here.replace(1, failing.clone(), &[]).await.unwrap().expect("it is the version that was seen");
    let list = here.list(&tenant()).await.unwrap();
    assert_eq!((list.len(), &*list[0].value, list[0].version), (1, &failing, 2));
    assert!(here.replace(1, Endpoint::clone(&made), &[]).await.unwrap().is_none());
    assert_eq!(here.list(&tenant()).await.unwrap().len(), 2, "what was not as it seemed is read anew");
}

#[tokio::test]
async fn an_endpoint_that_cannot_be_read_stops_no_other() {
    let (clock, store) = world();
    let book = book(&clock, &store);
    let good = book.insert(endpoint(&clock), 20).await.unwrap().expect("there is room");
    let id = EndpointId::from_u128(7);
    let row = EndpointRow { id, ..book.row(&good, 1) };
    assert!(store.insert_endpoint(&row, 20).await.unwrap());
    let list = book.list(&tenant()).await.unwrap();
    assert_eq!(list.iter().map(|kept| kept.value.id).collect::<Vec<_>>(), [good.id]);
    assert!(list.is_unreadable(id) && !list.is_unreadable(good.id));
}
