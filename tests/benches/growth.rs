//! What a request costs Herald when there is ten times as much of everything: tenants, and stored notifications. By processor
//! time of its process, in alternating rounds of the same requests.
//!
//! `cargo bench -p herald-e2e --bench growth`

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
#[path = "load/rounds.rs"]
#[expect(dead_code, reason = "it serves other benchmarks too")]
mod rounds;
#[path = "load/spent.rs"]
mod spent;
#[path = "../it/stack.rs"]
#[expect(dead_code, reason = "the harness serves the tests too")]
mod stack;

use std::{fmt::Write as _, time::Duration};

use load::{Connection, post, quantile};
use rounds::spread;
use spent::Meter;
use stack::Stack;

/// Tenants and stored notifications of the small one; the large one has ten times as many of both.
const SMALL: (usize, usize) = (10, 5_000);
const TIMES: usize = 10;
const ROUNDS: usize = 11;
/// Requests in one round, one after the other on one connection.
const REQUESTS: usize = 400;
const AIM: f64 = 1.1;

fn main() {
    tokio::runtime::Runtime::new().expect("a runtime").block_on(measure());
}

/// One Herald, and what it has stored.
struct Side {
    stack: Stack,
    connection: Connection,
    authorization: String,
    body: String,
    ids: Vec<String>,
    sent: usize,
}

impl Side {
    async fn start(tenants: usize, stored: usize) -> Self {
        let stack = Stack::start_with(|config| with_tenants(&config, tenants)).await;
        let connection =
            Connection::open(stack.url.trim_start_matches("http://")).await.expect("Herald listens");
        let authorization = format!("Authorization: Bearer {}\r\n", stack::TENANTS[1].1);
        // Planned for tomorrow: a delivery beside it is not what is measured.
        let later = stack::after(Duration::from_secs(86_400));
        let body = format!(
            "{{\"to\":{{\"type\":\"phone\",\"phone_number\":\"+16502530000\"}},\"message\":{{\"type\":\"text\",\"text\":\"Your parcel is here\"}},\"send_at\":\"{later}\"}}"
        );
        let mut side = Self { stack, connection, authorization, body, ids: Vec::new(), sent: 0 };
        for _ in 0..stored {
            let id = side.accept().await;
            side.ids.push(id);
        }
        side
    }

    async fn call(&mut self, request: &[u8], good: u16) -> serde_json::Value {
        self.connection.send(request).await.expect("Herald reads");
        let (status, body) = self.connection.answer().await.expect("Herald answers");
        assert_eq!(status, good, "{}", String::from_utf8_lossy(body));
        serde_json::from_slice(body).expect("Herald speaks JSON")
    }

    async fn accept(&mut self) -> String {
        self.sent += 1;
        let headers = format!("{}Idempotency-Key: growth-{}\r\n", self.authorization, self.sent);
        let accepted = self.call(&post("/v1/notifications", &headers, &self.body), 202).await;
        accepted["id"].as_str().expect("a notification has an id").to_owned()
    }

    async fn get(&mut self, path: &str) {
        let request = format!("GET {path} HTTP/1.1\r\nHost: bench\r\n{}\r\n", self.authorization);
        self.call(request.as_bytes(), 200).await;
    }

    /// One round of this kind: the processor time of a request, in microseconds.
    async fn round(&mut self, kind: Kind, round: usize) -> f64 {
        let meter = Meter::of(self.stack.herald.id());
        for number in 0..REQUESTS {
            match kind {
                Kind::Accept => drop(self.accept().await),
                // Far from each other, so that the pages of the store differ.
                Kind::Look => {
                    let place = (round * REQUESTS + number) * 7_919 % self.ids.len();
                    let path = format!("/v1/notifications/{}", self.ids[place]);
                    self.get(&path).await;
                }
                Kind::List => self.get("/v1/notifications?limit=20").await,
            }
        }
        let requests = u32::try_from(REQUESTS).expect("a small number");
        (meter.spent() / requests).as_secs_f64() * 1e6
    }
}

/// What is asked for.
#[derive(Clone, Copy)]
enum Kind {
    Accept,
    Look,
    List,
}

impl Kind {
    const ALL: [(Self, &str); 3] = [
        (Self::Accept, "accept a notification"),
        (Self::Look, "look at a notification"),
        (Self::List, "the last 20 notifications"),
    ];
}

async fn measure() {
    let (tenants, stored) = SMALL;
    let mut small = Side::start(tenants, stored).await;
    let mut large = Side::start(tenants * TIMES, stored * TIMES).await;
    println!(
        "{tenants} tenants and {stored} notifications against {TIMES} times as many; processor time of Herald for a request"
    );
    for (kind, name) in Kind::ALL {
        let (mut ratios, mut few, mut many) = (Vec::new(), Vec::new(), Vec::new());
        for round in 0..ROUNDS {
            let (of_small, of_large) = (small.round(kind, round).await, large.round(kind, round).await);
            ratios.push(of_large / of_small);
            few.push(Duration::from_secs_f64(of_small / 1e6));
            many.push(Duration::from_secs_f64(of_large / 1e6));
        }
        few.sort_unstable();
        many.sort_unstable();
        let (ratio, low, high) = spread(&ratios);
        let verdict = if ratio <= AIM { "met:    " } else { "NOT MET:" };
        println!(
            "  {verdict} {name:<28} {:?} against {:?}: {ratio:.2} ({low:.2} to {high:.2}), aim {AIM}",
            quantile(&many, 50),
            quantile(&few, 50)
        );
    }
}

/// The configuration with so many tenants, each with a connection and a key of its own.
fn with_tenants(config: &str, tenants: usize) -> String {
    let (_, section) = config.split_once("[tenants.antirius]").expect("the tenant is there");
    let section = section.split("\n[tenants.authara]").next().expect("split gives one part at least");
    let section = format!("[tenants.antirius]{section}\n");
    let sha256 = line_of(&section, "sha256 = ");
    let mut all = config.to_owned();
    for number in stack::TENANTS.len()..tenants {
        let another = section
            .replace("tenants.antirius", &format!("tenants.shop-{number}"))
            .replace(sha256, &format!("\"{number:064x}\""));
        write!(all, "\n{another}").expect("a string takes everything");
    }
    all
}

fn line_of<'a>(text: &'a str, key: &str) -> &'a str {
    text.lines().find_map(|line| line.strip_prefix(key)).expect("the line is there")
}
