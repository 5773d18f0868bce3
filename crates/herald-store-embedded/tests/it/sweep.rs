//! The sweeper: what is over goes, with every index; what is not stays.

use std::{sync::Arc, time::Duration};

use herald_core::{
    clock::Clock as _,
    store::{Accepted, LoginRow, LoginStore as _, NotificationRow, NotificationStore as _},
};
use herald_store_embedded::EmbeddedStore;
use herald_testkit::{
    fake_clock::FakeClock,
    store_suite::sample::{LIFE, Sample},
};
use jiff::SignedDuration;

const ROWS: u128 = 40;

async fn fill(store: &EmbeddedStore, sample: &Sample) {
    for number in 0..ROWS {
        let login = LoginRow {
            reference: Some(sample.hash("reference", number % 3)),
            ..sample.due_login(number, sample.now)
        };
        let finders = [sample.finder(number), sample.finder(1_000 + number)];
        assert!(store.insert_login(&login, &finders).await.unwrap());
        let moved = LoginRow { version: 2, attend_at: Some(sample.now + LIFE), ..login };
        assert!(store.replace_login(&moved).await.unwrap());
        let row = sample.due_notification(number, sample.now);
        assert_eq!(store.accept_notification(&row, &sample.key(number, 1)).await.unwrap(), Accepted::New);
    }
}

fn store() -> (Arc<FakeClock>, EmbeddedStore, Sample) {
    let clock = Arc::new(FakeClock::default());
    let sample = Sample::of("acme", clock.now());
    (clock.clone(), EmbeddedStore::in_memory(clock).unwrap(), sample)
}

/// The tables that are not empty, but for the one that says which layout the file has.
fn tables_in_use(store: &EmbeddedStore) -> Vec<String> {
    let sizes = store.table_sizes().unwrap();
    sizes.into_iter().filter(|(name, rows)| name != "meta" && *rows > 0).map(|(name, _)| name).collect()
}

#[tokio::test]
async fn what_is_over_goes_with_every_index() {
    let (clock, store, sample) = store();
    fill(&store, &sample).await;
    assert_eq!(store.sweep(1_000).await.unwrap(), 0);
    assert_eq!(store.table_sizes().unwrap()["login_finders"], 2 * u64::try_from(ROWS).unwrap());
    let every = [
        "expiries",
        "login_finders",
        "logins",
        "logins_by_reference",
        "logins_by_time",
        "logins_due",
        "notification_keys",
        "notifications",
        "notifications_due",
    ];
    assert_eq!(tables_in_use(&store), every);

    clock.advance(SignedDuration::try_from(LIFE).unwrap());
    let mut swept = Vec::new();
    while let batch @ 1.. = store.sweep(50).await.unwrap() {
        swept.push(batch);
    }
    // Forty logins, notifications and keys each.
    assert_eq!(swept, [50, 50, 20]);
    assert_eq!(tables_in_use(&store), Vec::<String>::new());
    assert_eq!(store.next_login_due().await.unwrap(), None);
    assert_eq!(store.lease_notifications("a", LIFE, 10).await.unwrap(), []);
}

#[tokio::test]
async fn what_is_not_over_stays_whole() {
    let (clock, store, sample) = store();
    fill(&store, &sample).await;
    let longer = NotificationRow { version: 2, purge_at: sample.now + 2 * LIFE, ..sample.notification(1) };
    assert!(store.replace_notification(&longer).await.unwrap());
    clock.advance(SignedDuration::try_from(LIFE).unwrap());
    let later = Sample { now: clock.now(), ..sample.clone() };
    // The id and finder of an expired login, and the key of an expired notification, used anew before the sweep.
    assert!(store.insert_login(&later.login(1), &[sample.finder(2)]).await.unwrap());
    let accepted = store.accept_notification(&later.notification(99), &later.key(1, 1)).await.unwrap();
    assert_eq!(accepted, Accepted::New);
    while store.sweep(7).await.unwrap() > 0 {}

    assert_eq!(store.find_login(sample.finder(2)).await.unwrap(), Some(later.login(1)));
    assert_eq!(store.notification(&sample.tenant, longer.id).await.unwrap(), Some(longer));
    let replay = store.notification_under(&sample.tenant, &later.key(1, 1)).await.unwrap();
    assert_eq!(replay, Some(Accepted::Replay(Box::new(later.notification(99)))));
    let sizes = store.table_sizes().unwrap();
    let left =
        ["logins", "login_finders", "notifications", "notification_keys", "expiries"].map(|t| sizes[t]);
    assert_eq!(left, [1, 1, 2, 1, 4]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_sweeper_goes_by_the_clock() {
    let (clock, store, sample) = store();
    let store = Arc::new(store);
    fill(&store, &sample).await;
    let sweeper = tokio::spawn({
        let store = Arc::clone(&store);
        async move { store.keep_swept().await }
    });
    for _ in 0..3 {
        clock.advance(SignedDuration::try_from(LIFE).unwrap());
        let swept = async {
            while !tables_in_use(&store).is_empty() {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(Duration::from_secs(30), swept).await.expect("the sweeper wakes by the clock");
        fill(&store, &Sample { now: clock.now(), ..sample.clone() }).await;
    }
    sweeper.abort();
}
