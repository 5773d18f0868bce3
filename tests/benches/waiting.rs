//! What a waiting login costs: memory per waiter, and how long after the change its waiter hears of it.
//!
//! `cargo bench -p herald-e2e --bench waiting`

#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]

#[path = "../it/caller.rs"]
#[expect(dead_code, reason = "the harness serves the tests too")]
mod caller;
mod load;
#[path = "../it/process.rs"]
#[expect(dead_code, reason = "the harness serves the tests too")]
mod process;
#[path = "../it/relay.rs"]
#[expect(dead_code, reason = "the harness serves the tests too")]
mod relay;
#[path = "load/resident.rs"]
mod resident;
#[path = "../it/stack.rs"]
#[expect(dead_code, reason = "the harness serves the tests too")]
mod stack;
#[path = "../it/waiter.rs"]
#[expect(dead_code, reason = "the harness serves the tests too")]
mod waiter;

use std::time::{Duration, Instant};

use load::{Connection, post, quantile};

/// Half of them are of one tenant, half of another.
const WAITERS: usize = 10_000;
/// A waiter is an open file here and another one in Herald.
const OPEN_FILES: u64 = 11_000;
const CHANGES: usize = 2_000;

fn main() {
    tokio::runtime::Runtime::new().expect("a runtime").block_on(measure());
}

async fn measure() {
    waiter::allow_open_files(OPEN_FILES);
    let stack = stack::Stack::start().await;
    let address = stack.url.trim_start_matches("http://").to_owned();
    let keys = ["antara", "authara"].map(|tenant| {
        let (_, key) = stack::TENANTS.into_iter().find(|(name, _)| *name == tenant).expect("a tenant");
        format!("Authorization: Bearer {key}\r\n")
    });
    let mut caller = Connection::open(&address).await.expect("Herald listens");

    let body =
        format!("{{\"return_url\":\"{}/shop/signed-in\",\"expires_in_seconds\":600}}", stack.sandbox_url);
    let mut logins = Vec::with_capacity(WAITERS);
    for authorization in keys.iter().cycle().take(WAITERS) {
        caller.send(&post("/v1/logins", authorization, &body)).await.expect("Herald reads");
        let (status, answer) = caller.answer().await.expect("Herald answers");
        assert_eq!(status, 201, "{}", String::from_utf8_lossy(answer));
        let login: serde_json::Value = serde_json::from_slice(answer).expect("Herald speaks JSON");
        logins.push((login["id"].as_str().expect("a login has an id").to_owned(), authorization));
    }

    let before = resident::kib(stack.herald.id());
    let mut waiters = Vec::with_capacity(WAITERS);
    for (id, authorization) in &logins {
        let mut waiter = Connection::open(&address).await.expect("Herald listens");
        let peek = format!("GET /v1/logins/{id} HTTP/1.1\r\nHost: bench\r\n{authorization}\r\n");
        waiter.send(peek.as_bytes()).await.expect("Herald reads");
        let (status, _) = waiter.answer().await.expect("Herald answers");
        assert_eq!(status, 200);
        waiters.push(waiter);
    }
    let connected = resident::kib(stack.herald.id());
    for ((id, authorization), waiter) in logins.iter().zip(&mut waiters) {
        let peek =
            format!("GET /v1/logins/{id} HTTP/1.1\r\nHost: bench\r\n{authorization}Prefer: wait=60\r\n\r\n");
        waiter.send(peek.as_bytes()).await.expect("Herald reads");
    }
    // A call of our own on each worker's queue comes back after the waiters before it are seated.
    for _ in 0..64 {
        let mut probe = Connection::open(&address).await.expect("Herald listens");
        let (id, authorization) = &logins[0];
        let peek = format!("GET /v1/logins/{id} HTTP/1.1\r\nHost: bench\r\n{authorization}\r\n");
        probe.send(peek.as_bytes()).await.expect("Herald reads");
        probe.answer().await.expect("Herald answers");
    }
    let after = resident::kib(stack.herald.id());
    let (connection, waiting) = (each(before, connected), each(connected, after));
    println!(
        "{WAITERS} waiters: {} MiB before, {} MiB connected, {} MiB waiting",
        before / 1024,
        connected / 1024,
        after / 1024
    );
    println!(
        "  {connection:.1} KiB for an idle connection that was used once, {waiting:.1} KiB more for waiting on it"
    );

    let mut delays = Vec::with_capacity(CHANGES);
    for ((id, authorization), waiter) in logins.iter().zip(&mut waiters).take(CHANGES) {
        let cancel = format!("DELETE /v1/logins/{id} HTTP/1.1\r\nHost: bench\r\n{authorization}\r\n");
        let changed = Instant::now();
        caller.send(cancel.as_bytes()).await.expect("Herald reads");
        let (status, _) = waiter.answer().await.expect("the waiter is answered");
        delays.push(changed.elapsed());
        assert_eq!(status, 200);
        let (status, _) = caller.answer().await.expect("Herald answers");
        assert_eq!(status, 204);
    }
    delays.sort_unstable();
    let (p50, p99) = (quantile(&delays, 50), quantile(&delays, 99));
    println!(
        "from the change's request to its waiter's answer, beside {WAITERS} others: p50 {p50:?} p99 {p99:?}"
    );
    let aims = [
        ("memory per waiter ≤ 10 KiB, its connection included", connection + waiting <= 10.0),
        ("wake-up p99 ≤ 50 ms", p99 <= Duration::from_millis(50)),
    ];
    for (aim, is_met) in aims {
        println!("  {} {aim}", if is_met { "met:    " } else { "NOT MET:" });
    }
}

/// How many KiB each waiter took.
fn each(before: u64, after: u64) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "a few gigabytes at most")]
    let kib = after.saturating_sub(before) as f64;
    #[expect(clippy::cast_precision_loss, reason = "a few thousand")]
    let waiters = WAITERS as f64;
    kib / waiters
}
