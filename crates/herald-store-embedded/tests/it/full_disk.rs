//! A disk without room: writes fail, reads go on, and with room writes work again.

use std::{path::Path, process::Command, sync::Arc};

use herald_core::{
    clock::Clock as _,
    seal::Sealed,
    store::{
        Accepted, NotificationFilter, NotificationRow, NotificationStore as _, OutboxStore as _, Page,
        SecretStore as _, StoreError,
    },
};
use herald_store_embedded::EmbeddedStore;
use herald_testkit::{
    fake_clock::FakeClock,
    store_suite::sample::{LEASE, Sample},
};

use crate::child::{self, Running};

const TEST: &str = "full_disk::a_full_disk_fails_writes_and_not_reads";
/// 4 or 8 MiB, by the shell.
const BLOCKS: u32 = 8_192;

#[test]
fn a_full_disk_fails_writes_and_not_reads() {
    if let Some((path, _)) = child::role() {
        return fill(&path);
    }
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("herald.redb");
    let mut child = Running::start_limited(TEST, &path, BLOCKS);
    let accepted: u128 = child.told().expect("the child ran into the limit").parse().unwrap();
    child.finish();
    look(&path, accepted);
}

fn open(path: &Path) -> (EmbeddedStore, Sample) {
    let clock = Arc::new(FakeClock::default());
    let sample = Sample::of("acme", clock.now());
    (EmbeddedStore::open(path, clock).unwrap(), sample)
}

/// Large, so that few of them fill the disk.
fn row(sample: &Sample, number: u128) -> NotificationRow {
    let body = Sealed::from_bytes(vec![7; 30_000]);
    NotificationRow { body, ..sample.due_notification(number, sample.now) }
}

async fn accept(store: &EmbeddedStore, sample: &Sample, number: u128) -> Result<Accepted, StoreError> {
    let told = [sample.due_delivery(number, sample.now)];
    store.accept_notification(&row(sample, number), &sample.key(number, 1), &told).await
}

async fn is_there(store: &EmbeddedStore, sample: &Sample, number: u128) -> bool {
    let row = row(sample, number);
    store.notification(&sample.tenant, row.id).await.unwrap() == Some(row)
}

#[tokio::main]
async fn fill(path: &Path) {
    let (store, sample) = open(path);
    let mut number = 0;
    let error = loop {
        match accept(&store, &sample, number).await {
            Ok(_) => number += 1,
            Err(error) => break error,
        }
    };
    assert!(matches!(error, StoreError::Unavailable(_)), "{error:?}");
    for seen in [0, number / 2, number - 1] {
        assert!(is_there(&store, &sample, seen).await, "row {seen} of {number}");
    }
    let error = accept(&store, &sample, number + 1).await.expect_err("there is still no room");
    assert!(matches!(error, StoreError::Unavailable(_)), "{error:?}");
    store.ping().await.unwrap();
    // A change of what is there is refused as well, and everything is as it was.
    let changed = NotificationRow { version: 2, ..row(&sample, 0) };
    let error = store.replace_notification(&changed, &[]).await.expect_err("there is still no room");
    assert!(matches!(error, StoreError::Unavailable(_)), "{error:?}");
    let page = Page { after: None, limit: usize::MAX };
    let listed =
        store.list_notifications(&sample.tenant, &NotificationFilter::default(), page).await.unwrap();
    assert!((number..=number + 1).contains(&(listed.rows.len() as u128)), "{}", listed.rows.len());
    assert!(is_there(&store, &sample, 0).await);

    let me = std::process::id().to_string();
    assert!(Command::new("prlimit").args(["--pid", &me, "--fsize=unlimited"]).status().unwrap().success());
    // The one that failed may be there or not; repeating it is safe.
    assert_ne!(accept(&store, &sample, number).await.unwrap(), Accepted::KeyReused);
    assert_eq!(accept(&store, &sample, number + 2).await.unwrap(), Accepted::New);
    let due = store.lease_notifications(&sample.tenant, "a", LEASE, usize::MAX).await.unwrap();
    assert!(due.len() as u128 >= number + 2);
    // As many as there are told: none without the other.
    assert_eq!(
        store.lease_deliveries(&sample.tenant, "a", LEASE, usize::MAX).await.unwrap().len(),
        due.len()
    );
    child::tell(&number.to_string());
}

#[tokio::main(flavor = "current_thread")]
async fn look(path: &Path, accepted: u128) {
    let (store, sample) = open(path);
    for number in (0..=accepted).chain([accepted + 2]) {
        assert!(is_there(&store, &sample, number).await, "row {number} of {accepted}");
    }
}
