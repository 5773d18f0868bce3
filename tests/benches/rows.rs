//! What rows take in Redis: `used_memory_dataset` of its `INFO memory` before and after some hundred or thousand of each kind.
//! How fast anything is does not matter, so `cargo test -p herald-e2e --bench rows` gives the same figures sooner.
//!
//! `cargo bench -p herald-e2e --bench rows`

#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]

#[path = "../it/caller.rs"]
#[expect(dead_code, reason = "the harness serves the tests too")]
mod caller;
#[path = "../it/replicas/fleet.rs"]
#[expect(dead_code, reason = "the harness serves the tests too")]
mod fleet;
#[path = "replicas/kinds.rs"]
#[expect(dead_code, reason = "it serves another benchmark too")]
mod kinds;
#[expect(dead_code, reason = "the load serves the other benchmarks too")]
mod load;
#[path = "../it/process.rs"]
#[expect(dead_code, reason = "the harness serves the tests too")]
mod process;
#[path = "../it/relay.rs"]
#[expect(dead_code, reason = "the harness serves the tests too")]
mod relay;
#[path = "../it/stack.rs"]
#[expect(dead_code, reason = "the harness serves the tests too")]
mod stack;

use std::time::Duration;

use fleet::Fleet;
use herald_testkit::redis_server::RedisServer;
use reqwest::Method;
use serde_json::{Value, json};
use stack::after;

/// How many of what is cheap to make.
const MANY: usize = 2_000;
/// How many people sign in.
const PEOPLE: usize = 200;

fn main() {
    tokio::runtime::Runtime::new().expect("a runtime").block_on(measure());
}

async fn measure() {
    let fleet = Fleet::start_with(1, |config| kinds::detached_in(&config)).await;
    let caller = fleet.caller("antirius");
    let make = async |path: &str, key: Option<String>, body: &Value| {
        let headers = key.iter().map(|key| ("Idempotency-Key", key.as_str())).collect::<Vec<_>>();
        let answer = caller.call(Method::POST, path, &headers, Some(body)).await;
        assert!(answer.status.is_success(), "{}", answer.text);
        answer.body
    };
    // What is made once, as keys and the tenant's own rows are, is there before it counts.
    sign_in(&fleet, &caller).await;
    let message = json!({
        "to": { "type": "phone", "phone_number": "+16502530000" },
        "message": { "type": "text", "text": "Your parcel is here" },
        "reference": "order-4711",
        "send_at": after(Duration::from_secs(86_400)),
    });
    make("/v1/notifications", Some("first".to_owned()), &message).await;

    let before = dataset(&fleet.redis);
    for number in 0..MANY {
        make("/v1/notifications", Some(format!("parcel-{number}")), &message).await;
    }
    let accepted = dataset(&fleet.redis);
    print("a notification with a reference, and its idempotency key", MANY, before, accepted);

    let login = json!({ "reference": "cart-4711", "expires_in_seconds": 600 });
    for _ in 0..MANY {
        make("/v1/logins", None, &login).await;
    }
    let begun = dataset(&fleet.redis);
    print("a login that waits, with a reference", MANY, accepted, begun);

    for _ in 0..PEOPLE {
        sign_in(&fleet, &caller).await;
    }
    let signed_in = dataset(&fleet.redis);
    print("a sign-in of somebody known: the claimed login and its session", PEOPLE, begun, signed_in);
}

async fn sign_in(fleet: &Fleet, caller: &caller::Caller) {
    let login = caller.call(Method::POST, "/v1/logins", &[], Some(&json!({}))).await.body;
    fleet.tell("antirius/sessions/latest/confirm", json!({})).await;
    let id = login["id"].as_str().expect("an id");
    assert_eq!(caller.wait_for_login(id).await["status"], "confirmed");
    let body = json!({ "claim_secret": login["claim_secret"] });
    let claim = caller.call(Method::POST, &format!("/v1/logins/{id}/claim"), &[], Some(&body)).await;
    assert!(claim.status.is_success(), "{}", claim.text);
}

/// The bytes that Redis has for what it keeps, without what it needs for itself.
fn dataset(redis: &RedisServer) -> u64 {
    let info = redis.command(&["INFO", "memory"]);
    let line = info.text().lines().find_map(|line| line.strip_prefix("used_memory_dataset:"));
    line.and_then(|bytes| bytes.trim().parse().ok()).expect("Redis says what it uses")
}

fn print(what: &str, count: usize, before: u64, after: u64) {
    let count = u64::try_from(count).expect("a small number");
    println!("{what}: {} bytes", after.saturating_sub(before) / count);
}
