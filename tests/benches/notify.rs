//! What a message costs from the call to the provider's answer (`Prefer: wait`), against the same message to the same
//! sandbox, plain by nginx and by a bare actix-web handler with reqwest. Herald keeps what it is given three times on the
//! way: accepted, being sent, sent. All in one run, in alternating rounds, on the same cores as the load.
//!
//! `cargo bench -p herald-e2e --bench notify`

#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]

#[path = "../it/caller.rs"]
#[expect(dead_code, reason = "the harness serves the tests too")]
mod caller;
#[path = "notify/forward.rs"]
mod forward;
mod load;
#[path = "../it/process.rs"]
#[expect(dead_code, reason = "the harness serves the tests too")]
mod process;
#[path = "../it/relay.rs"]
#[expect(dead_code, reason = "the harness serves the tests too")]
mod relay;
#[path = "load/rounds.rs"]
mod rounds;
#[path = "../it/stack.rs"]
#[expect(dead_code, reason = "the harness serves the tests too")]
mod stack;

use std::time::Duration;

use forward::Forwarder;
use load::post;
use rounds::{Round, run, spread};
use serde_json::json;

const ROUNDS: usize = 5;
/// One shows what is added to a message, many how much gets through.
const CONNECTIONS: [usize; 2] = [1, 64];
const TIME: Duration = Duration::from_secs(3);
const PHONE: &str = "+16502530000";

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    if let [_, mode, upstream] = &arguments[..]
        && mode == "forward"
    {
        return forward::serve(upstream);
    }
    tokio::runtime::Runtime::new().expect("a runtime").block_on(measure());
}

fn say(line: &str) {
    println!("{line}");
}

async fn measure() {
    let stack = stack::Stack::start().await;
    stack.switch("antirius", json!({ "everyone_reachable": true })).await;
    let (_nginx, nginx) = forward::nginx(stack.dir.path(), &stack.sandbox_url);
    let forwarder = Forwarder::start(&stack.sandbox_url);
    let herald = stack.url.trim_start_matches("http://").to_owned();
    let credentials = stack.control("credentials").await;
    let token = credentials["antirius"]["message_token"].as_str().expect("a token").to_owned();

    println!("a message to the provider and back, {} s a round, load on the same cores", TIME.as_secs());
    for connections in CONNECTIONS {
        let mut all: [Vec<Round>; 3] = Default::default();
        for round in 0..ROUNDS {
            let plain = {
                let headers = format!("X-Authorization: token {token}\r\n");
                let body = format!("{{\"recipient\":\"{PHONE}\",\"message\":\"Your parcel is here\"}}");
                move |_: usize, _: usize| post("/api/v1/message/send", &headers, &body)
            };
            let through_herald = move |client: usize, number: usize| {
                let headers = format!(
                    "Authorization: Bearer {}\r\nIdempotency-Key: {connections}-{round}-{client}-{number}\r\nPrefer: wait=10\r\n",
                    stack::TENANTS[1].1
                );
                let body = format!(
                    "{{\"to\":{{\"type\":\"phone\",\"phone_number\":\"{PHONE}\"}},\"message\":{{\"type\":\"text\",\"text\":\"Your parcel is here\"}}}}"
                );
                post("/v1/notifications", &headers, &body)
            };
            all[0].push(run(&nginx, connections, TIME, 200, plain.clone()).await);
            all[1].push(run(&forwarder.address, connections, TIME, 200, plain).await);
            all[2].push(run(&herald, connections, TIME, 200, through_herald).await);
            for (name, rounds) in ["nginx proxy_pass", "actix + reqwest", "herald"].iter().zip(&all) {
                if let Some(Round { per_second, p50, p99 }) = rounds.last() {
                    println!("  {name:<18} {per_second:>8.0}/s p50 {p50:?} p99 {p99:?}");
                }
            }
        }
        report(connections, &all);
    }
}

fn report(connections: usize, [nginx, forwarder, herald]: &[Vec<Round>; 3]) {
    for (name, others, aim) in [("nginx proxy_pass", nginx, None), ("actix + reqwest", forwarder, Some(0.7))]
    {
        let ratios: Vec<f64> =
            herald.iter().zip(others).map(|(herald, other)| herald.per_second / other.per_second).collect();
        let (ratio, low, high) = spread(&ratios);
        let aim = aim.filter(|_| connections > 1);
        let verdict = aim.map(|aim| format!("; {} ≥ {aim}", if ratio >= aim { "met:" } else { "NOT MET:" }));
        println!(
            "{connections} connections: herald is {ratio:.2} of {name} ({low:.2} to {high:.2}){}",
            verdict.unwrap_or_default()
        );
    }
    if connections == 1 {
        let added: Vec<f64> = herald
            .iter()
            .zip(forwarder)
            .map(|(herald, other)| (herald.p50.as_secs_f64() - other.p50.as_secs_f64()) * 1e3)
            .collect();
        let (added, low, high) = spread(&added);
        let verdict = if added <= 0.5 { "met:" } else { "NOT MET:" };
        println!(
            "one connection: herald adds {added:.2} ms to actix + reqwest ({low:.2} to {high:.2}); {verdict} ≤ 0.5 ms"
        );
    }
}
