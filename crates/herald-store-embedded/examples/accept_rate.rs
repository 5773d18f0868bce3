//! How many notifications per second the store accepts durably, by the number of callers that wait at once.
//!
//! `cargo run --release -p herald-store-embedded --example accept_rate [directory]`; the directory decides which disk is
//! measured. Prints a line for each number of callers: accepts per second, and how long a caller waited.

use std::{
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

use herald_core::{
    clock::Clock as _,
    id::NotificationId,
    notification::NotificationStatus,
    seal::{BlindIndex, Sealed},
    secret::Digest,
    store::{Accepted, KeyRecord, NotificationRow, NotificationStore as _},
};
use herald_store_embedded::EmbeddedStore;
use herald_testkit::{
    fake_clock::FakeClock,
    store_suite::sample::{LIFE, Sample},
};

/// A sealed message of ordinary length.
const BODY_BYTES: usize = 500;
const RUN: Duration = Duration::from_secs(5);
const CALLERS: [usize; 5] = [1, 16, 64, 256, 1024];

fn hash(number: u64) -> BlindIndex {
    BlindIndex::from_bytes(*Digest::of(number.to_be_bytes()).as_bytes())
}

fn row(number: u64, sample: &Sample) -> NotificationRow {
    // Twenty in each millisecond.
    let now = sample.now + Duration::from_millis(number / 20);
    NotificationRow {
        // Ids sort by time, as real ones do, with random bits behind.
        id: NotificationId::from_u128(u128::from(number) << 64 | u128::from(hash(number).as_bytes()[0])),
        status: NotificationStatus::Queued,
        created_at: now,
        due_at: Some(now),
        purge_at: now + LIFE,
        body: Sealed::from_bytes(vec![7; BODY_BYTES]),
        ..sample.notification(0)
    }
}

#[expect(clippy::print_stdout, reason = "it prints what it measured")]
#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() {
    let directory = std::env::args_os().nth(1).map_or_else(std::env::temp_dir, PathBuf::from);
    println!("callers  accepts/s   p50 ms   p99 ms");
    for callers in CALLERS {
        let path = directory.join(format!("accept-rate-{}-{callers}.redb", std::process::id()));
        let store = EmbeddedStore::open(&path, Arc::new(FakeClock::default())).expect("an empty store opens");
        let (rate, mut waits) = measure(Arc::new(store), callers).await;
        waits.sort_unstable();
        let at = |part: usize| waits[(waits.len() - 1) * part / 100].as_secs_f64() * 1_000.0;
        println!("{callers:>7} {rate:>10.0} {:>8.2} {:>8.2}", at(50), at(99));
        std::fs::remove_file(&path).expect("the file was made above");
    }
}

async fn measure(store: Arc<EmbeddedStore>, callers: usize) -> (f64, Vec<Duration>) {
    let sample = Sample::of("acme", FakeClock::default().now());
    let numbers = Arc::new(AtomicU64::new(0));
    let begun = Instant::now();
    let tasks: Vec<_> = (0..callers)
        .map(|_| {
            let (store, numbers, sample) = (Arc::clone(&store), Arc::clone(&numbers), sample.clone());
            tokio::spawn(async move {
                let mut waits = Vec::new();
                while begun.elapsed() < RUN {
                    let number = numbers.fetch_add(1, Relaxed);
                    let row = row(number, &sample);
                    let (key, fingerprint) = (hash(!number), hash(number));
                    let key = KeyRecord { key, fingerprint, keep_until: row.purge_at };
                    let asked = Instant::now();
                    let accepted = store.accept_notification(&row, &key, &[]).await.expect("the store works");
                    assert_eq!(accepted, Accepted::New);
                    waits.push(asked.elapsed());
                }
                waits
            })
        })
        .collect();
    let mut waits = Vec::new();
    for task in tasks {
        waits.extend(task.await.expect("no caller panics"));
    }
    #[expect(clippy::cast_precision_loss, reason = "far fewer than 2^52 accepts fit into the run")]
    let rate = waits.len() as f64 / begun.elapsed().as_secs_f64();
    (rate, waits)
}
