//! What a second replica brings: peeks, verifications and accepts at one replica and at two, behind the same nginx and over the
//! same Redis, in alternating rounds of one run. Each replica has the same small part of a core, as a container would, so that
//! replicas are what is short, and not the cores that they share with Redis, nginx and the load.
//!
//! `cargo bench -p herald-e2e --bench replicas`

#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]

#[path = "../it/caller.rs"]
#[expect(dead_code, reason = "the harness serves the tests too")]
mod caller;
#[path = "../it/replicas/fleet.rs"]
#[expect(dead_code, reason = "the harness serves the tests too")]
mod fleet;
#[path = "../it/front.rs"]
mod front;
#[path = "replicas/kinds.rs"]
mod kinds;
mod load;
#[path = "../it/process.rs"]
#[expect(dead_code, reason = "the harness serves the tests too")]
mod process;
#[path = "load/quota.rs"]
mod quota;
#[path = "../it/relay.rs"]
#[expect(dead_code, reason = "the harness serves the tests too")]
mod relay;
#[path = "load/rounds.rs"]
mod rounds;
#[path = "load/spent.rs"]
mod spent;
#[path = "../it/stack.rs"]
#[expect(dead_code, reason = "the harness serves the tests too")]
mod stack;

use std::time::Duration;

use fleet::Fleet;
use front::Front;
use kinds::{Kind, Signed};
use quota::Quota;
use relay::address;
use rounds::{Round, run, spread};
use spent::Meter;

const ROUNDS: usize = 5;
const CONNECTIONS: usize = 64;
const TIME: Duration = Duration::from_secs(3);
/// What each replica may spend of the time of a core.
const PART: f64 = 0.25;
/// How many verifications two replicas do of what one does.
const AIM: f64 = 1.8;

fn main() {
    tokio::runtime::Runtime::new().expect("a runtime").block_on(measure());
}

/// One round, and what each replica spent on a request, in microseconds.
struct Measured {
    round: Round,
    micros: f64,
}

async fn measure() {
    // Nothing is sent: what is accepted is planned for tomorrow.
    let fleet = Fleet::start_with(2, |config| kinds::detached_in(&config)).await;
    let addresses = [0, 1].map(|replica| address(fleet.url_of(replica)));
    let (one, two) = (Front::start(&addresses[..1]), Front::start(&addresses));
    let signed = Signed::in_at(&fleet).await;
    let _quota = Quota::of(&[0, 1].map(|replica| fleet.process(replica).id()), PART);
    println!(
        "1 and 2 replicas behind nginx over one Redis, {} s a round, {CONNECTIONS} connections, {PART} of a core for each replica",
        TIME.as_secs()
    );
    for kind in Kind::ALL {
        let mut ratios = Vec::new();
        for number in 0..ROUNDS {
            let alone = round(kind, number, "one", &one, &fleet, &signed).await;
            let both = round(kind, number, "two", &two, &fleet, &signed).await;
            ratios.push((both.round.per_second / alone.round.per_second, both.micros / alone.micros));
        }
        let (ratio, low, high) = spread(&ratios.iter().map(|(rate, _)| *rate).collect::<Vec<_>>());
        let (cost, cheap, dear) = spread(&ratios.iter().map(|(_, cost)| *cost).collect::<Vec<_>>());
        let verdict = match kind {
            Kind::Verification if ratio >= AIM => format!("; met: ≥ {AIM}"),
            Kind::Verification => format!("; NOT MET: ≥ {AIM}"),
            Kind::Peek | Kind::Accept => String::new(),
        };
        println!(
            "{}: two replicas do {ratio:.2} of one ({low:.2} to {high:.2}); a request costs replicas {cost:.2} of what it costs one ({cheap:.2} to {dear:.2}){verdict}",
            kind.name()
        );
    }
}

async fn round(
    kind: Kind,
    number: usize,
    name: &str,
    front: &Front,
    fleet: &Fleet,
    signed: &Signed,
) -> Measured {
    let replicas = [0, 1].map(|replica| Meter::of(fleet.process(replica).id()));
    let (nginx, redis) = (Meter::of(front.process.id()), Meter::of(kinds::process_of(&fleet.redis)));
    let round_name = format!("{name}-{number}");
    let request = signed.request(kind, round_name);
    let measured = run(address(&front.url), CONNECTIONS, TIME, kind.good(), request).await;
    let requests = measured.per_second * TIME.as_secs_f64();
    let per_request = |meter: &Meter| meter.spent().as_secs_f64() * 1e6 / requests;
    let each = replicas.each_ref().map(per_request);
    println!(
        "  {:<14} {name} {:>7.0}/s p50 {:>7.1?} p99 {:>7.1?}; a request costs the replicas {:.0} + {:.0} us, nginx {:.0} us, Redis {:.0} us",
        kind.name(),
        measured.per_second,
        measured.p50,
        measured.p99,
        each[0],
        each[1],
        per_request(&nginx),
        per_request(&redis)
    );
    Measured { round: measured, micros: each[0] + each[1] }
}
