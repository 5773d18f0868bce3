//! How many notifications per second Herald accepts durably, against a bare actix-web handler that reads the same JSON
//! and answers as much. Both in one run, in alternating rounds, on the same cores as the load.
//!
//! `cargo bench -p herald-e2e --bench accept`

#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]

#[path = "../it/caller.rs"]
#[expect(dead_code, reason = "the harness serves the tests too")]
mod caller;
mod load;
#[path = "../it/process.rs"]
#[expect(dead_code, reason = "the harness serves the tests too")]
mod process;
#[path = "load/rounds.rs"]
mod rounds;
#[path = "../it/stack.rs"]
#[expect(dead_code, reason = "the harness serves the tests too")]
mod stack;

use std::time::Duration;

use actix_web::{App, HttpResponse, HttpServer, post, web::Json};
use load::post;
use rounds::{run, spread};

const ROUNDS: usize = 3;
/// Few connections show what a commit takes, many how well they share it.
const CONNECTIONS: [usize; 2] = [64, 256];
const TIME: Duration = Duration::from_secs(4);

#[post("/v1/notifications")]
async fn accept_anything(body: Json<serde_json::Value>) -> HttpResponse {
    HttpResponse::Accepted().json(serde_json::json!({
        "id": "ntf_01k00000000000000000000000", "status": "queued", "to": body["to"],
        "created_at": "2026-01-02T03:04:05.000Z", "expires_at": "2026-01-03T09:04:05.000Z", "attempts": []
    }))
}

fn main() {
    // The bare handler has a process of its own, as Herald has.
    if std::env::args().nth(1).as_deref() == Some("bare") {
        let server = async {
            let server =
                HttpServer::new(|| App::new().service(accept_anything)).workers(2).bind("127.0.0.1:0")?;
            println!("{}", server.addrs()[0]);
            server.run().await
        };
        actix_web::rt::System::new().block_on(server).expect("the bare server runs");
        return;
    }
    tokio::runtime::Runtime::new().expect("a runtime").block_on(measure());
}

async fn measure() {
    let stack = stack::Stack::start().await;
    let mut child = std::process::Command::new(std::env::current_exe().expect("a path"))
        .arg("bare")
        .stdout(std::process::Stdio::piped())
        .spawn()
        .expect("the bare server starts");
    let mut line = String::new();
    let out = child.stdout.take().expect("stdout is piped");
    std::io::BufRead::read_line(&mut std::io::BufReader::new(out), &mut line).expect("it says where it is");

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
        let (mut ratios, mut rates) = (Vec::new(), Vec::new());
        for round in 0..ROUNDS {
            let name = format!("{connections}-{round}");
            let bare = run(line.trim(), connections, TIME, 202, request(name.clone())).await;
            let durable = run(&herald, connections, TIME, 202, request(name)).await;
            println!("  bare actix {:>8.0}/s p50 {:?} p99 {:?}", bare.per_second, bare.p50, bare.p99);
            println!(
                "  herald     {:>8.0}/s p50 {:?} p99 {:?}",
                durable.per_second, durable.p50, durable.p99
            );
            ratios.push(durable.per_second / bare.per_second);
            rates.push(durable.per_second);
        }
        let ((ratio, low, high), (rate, slow, fast)) = (spread(&ratios), spread(&rates));
        println!(
            "{connections} connections: herald accepts durably {rate:.0}/s ({slow:.0} to {fast:.0}); {ratio:.2} of bare actix ({low:.2} to {high:.2})"
        );
    }
    child.kill().expect("the bare server can be stopped");
    child.wait().expect("the bare server ends");
}
