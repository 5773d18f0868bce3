//! Killed in the middle of writing, and again while opening: what was acknowledged is there.

use std::{collections::BTreeSet, path::Path, sync::Arc};

use herald_core::{
    clock::Clock as _,
    store::{Accepted, LoginStore as _, NotificationStore as _, OutboxStore as _},
};
use herald_store_embedded::EmbeddedStore;
use herald_testkit::{
    fake_clock::FakeClock,
    store_suite::sample::{LEASE, Sample},
};
use tokio::task::JoinSet;

use crate::child::{self, Running};

const TEST: &str = "kill::acknowledged_writes_survive_kills";
const ROUNDS: u32 = 12;
/// Kills while opening, after each kill while writing.
const KILLS_WHILE_OPENING: u32 = 4;
const WRITERS: u32 = 16;
/// Numbers that one child has for its rows.
const PER_ROUND: u32 = 1_000_000;

fn sample() -> Sample {
    Sample::of("acme", FakeClock::default().now())
}

fn open(path: &Path) -> EmbeddedStore {
    EmbeddedStore::open(path, Arc::new(FakeClock::default())).unwrap()
}

#[test]
fn acknowledged_writes_survive_kills() {
    match child::role() {
        Some((path, round)) => write_until_killed(&path, round.parse().unwrap()),
        None => kill_and_look(),
    }
}

fn kill_and_look() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("herald.redb");
    let mut acknowledged: BTreeSet<u32> = BTreeSet::new();
    for round in 0..ROUNDS {
        let mut child = Running::start(TEST, &path, &round.to_string());
        assert_eq!(child.told().as_deref(), Some("opening"));
        for _ in 0..=round * 53 {
            let number = child.told().expect("the child writes until it is killed");
            acknowledged.insert(number.parse().unwrap());
        }
        acknowledged.extend(child.kill().iter().map(|number| number.parse::<u32>().unwrap()));

        for kill in 0..KILLS_WHILE_OPENING {
            let mut child = Running::start(TEST, &path, &(ROUNDS + round).to_string());
            assert_eq!(child.told().as_deref(), Some("opening"));
            // A little further into the opening each time.
            (0..kill * 20_000).for_each(|_| std::hint::spin_loop());
            let told = child.kill();
            acknowledged.extend(told.iter().map(|number| number.parse::<u32>().unwrap()));
        }
    }
    assert!(acknowledged.len() > ROUNDS as usize * 100, "only {} writes", acknowledged.len());
    look(&path, &acknowledged);
}

#[tokio::main(flavor = "current_thread")]
async fn look(path: &Path, acknowledged: &BTreeSet<u32>) {
    let (store, sample) = (open(path), sample());
    for &number in acknowledged {
        let id = u128::from(number);
        let notification = sample.due_notification(id, sample.now);
        let stored = store.notification(&sample.tenant, notification.id).await.unwrap();
        assert_eq!(stored.as_ref(), Some(&notification), "notification {number}");
        let replay = store.notification_under(&sample.tenant, &sample.key(id, id)).await.unwrap();
        assert_eq!(replay, Some(Accepted::Replay(Box::new(notification))), "key {number}");
        let login = store.find_login(sample.finder(id)).await.unwrap();
        assert_eq!(login, Some(sample.login(id)), "login {number}");
    }
    // What was not acknowledged may be there too, and is then as whole as the rest: with what is told of it.
    let mut told = store.lease_deliveries(&sample.tenant, "a", LEASE, usize::MAX).await.unwrap();
    told.sort_by_key(|row| row.id);
    let mut rows = store.lease_notifications(&sample.tenant, "a", LEASE, usize::MAX).await.unwrap();
    rows.sort_by_key(|row| row.id);
    assert_eq!(told.len(), rows.len());
    for (row, told) in rows.into_iter().zip(told) {
        let number = row.id.as_u128();
        assert_eq!(row, sample.due_notification(number, sample.now));
        assert_eq!(told, sample.due_delivery(number, sample.now));
    }
}

/// Acknowledges a number when its notification, key, login and finder are stored.
#[tokio::main]
async fn write_until_killed(path: &Path, round: u32) {
    child::tell("opening");
    let (store, sample) = (Arc::new(open(path)), sample());
    let mut writers = JoinSet::new();
    for writer in 0..WRITERS {
        let (store, sample) = (Arc::clone(&store), sample.clone());
        writers.spawn(async move {
            // Children of the same round, killed while opening, may meet what the one before wrote.
            for number in (round * PER_ROUND + writer..(round + 1) * PER_ROUND).step_by(WRITERS as usize) {
                let id = u128::from(number);
                let (row, told) =
                    (sample.due_notification(id, sample.now), [sample.due_delivery(id, sample.now)]);
                let accepted = store.accept_notification(&row, &sample.key(id, id), &told).await.unwrap();
                assert_ne!(accepted, Accepted::KeyReused);
                store.insert_login(&sample.login(id), &[sample.finder(id)]).await.unwrap();
                child::tell(&number.to_string());
            }
        });
    }
    writers.join_all().await;
}
