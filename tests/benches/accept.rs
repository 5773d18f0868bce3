//! How many notifications per second Herald accepts durably, against a bare actix-web handler that reads the same JSON,
//! answers as much and keeps nothing, and against one that keeps it in a Redis that syncs its log at every write. All in one
//! run, in alternating rounds, on the same cores as the load.
//!
//! `cargo bench -p herald-e2e --bench accept`

#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]

#[path = "accept/bare.rs"]
mod bare;
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
#[path = "load/rounds.rs"]
mod rounds;
#[path = "../it/stack.rs"]
#[expect(dead_code, reason = "the harness serves the tests too")]
mod stack;

use std::time::Duration;

use bare::Running;
use load::post;
use rounds::{run, spread};

const ROUNDS: usize = 5;
/// Few connections show what a commit takes, many how well they share it.
const CONNECTIONS: [usize; 2] = [64, 256];
const TIME: Duration = Duration::from_secs(3);

fn main() {
    let mut arguments = std::env::args().skip(1);
    // The bare handlers have a process of their own, as Herald has.
    if arguments.next().as_deref() == Some("bare") {
        return bare::serve(arguments.next());
    }
    tokio::runtime::Runtime::new().expect("a runtime").block_on(measure());
}

fn say(line: &str) {
    println!("{line}");
}

async fn measure() {
    let stack = stack::Stack::start().await;
    let [port] = stack::free_ports();
    let redis = Running::redis(stack.dir.path(), port);
    let (nothing, pushed) = (Running::bare(None), Running::bare(Some(&redis.address)));

    let key = stack::TENANTS[1].1;
    let later = stack::after(Duration::from_secs(86_400));
    // Planned for tomorrow: what is measured is the accept, not the delivery beside it.
    let body = format!(
        "{{\"to\":{{\"type\":\"phone\",\"phone_number\":\"+16502530000\"}},\"message\":{{\"type\":\"text\",\"text\":\"Your parcel is here\"}},\"send_at\":\"{later}\"}}"
    );
    let herald = stack.url.trim_start_matches("http://").to_owned();
    let request = |round: String| {
        let body = body.clone();
        move |client: usize, number: usize| {
            let headers =
                format!("Authorization: Bearer {key}\r\nIdempotency-Key: {round}-{client}-{number}\r\n");
            post("/v1/notifications", &headers, &body)
        }
    };
    println!("accept a notification, {} s a round, load on the same cores", TIME.as_secs());
    for connections in CONNECTIONS {
        let (mut of_bare, mut of_redis, mut rates) = (Vec::new(), Vec::new(), Vec::new());
        for round in 0..ROUNDS {
            let name = format!("{connections}-{round}");
            let mut figures = Vec::new();
            for (server, address) in [
                ("bare actix, keeps nothing", &nothing.address),
                ("bare actix, LPUSH, fsync always", &pushed.address),
                ("herald", &herald),
            ] {
                let round = run(address, connections, TIME, 202, request(name.clone())).await;
                println!(
                    "  {server:<32} {:>8.0}/s p50 {:?} p99 {:?}",
                    round.per_second, round.p50, round.p99
                );
                figures.push(round.per_second);
            }
            of_bare.push(figures[2] / figures[0]);
            of_redis.push(figures[2] / figures[1]);
            rates.push(figures[2]);
        }
        let (rate, slow, fast) = spread(&rates);
        println!("{connections} connections: herald accepts durably {rate:.0}/s ({slow:.0} to {fast:.0})");
        for (name, ratios, aim) in [
            ("bare actix that keeps nothing", &of_bare, None),
            ("LPUSH with fsync always through bare actix", &of_redis, Some(0.5)),
        ] {
            let (ratio, low, high) = spread(ratios);
            let verdict =
                aim.map(|aim| format!("; {} ≥ {aim}", if ratio >= aim { "met:" } else { "NOT MET:" }));
            println!("  {ratio:.2} of {name} ({low:.2} to {high:.2}){}", verdict.unwrap_or_default());
        }
        println!("  {} ≥ 15,000/s", if rate >= 15_000.0 { "met:" } else { "NOT MET:" });
    }
}
