//! What is secret or personal is not in Redis either, nor on the way there.

use std::{fs, process::Command};

use super::fleet::Fleet;
use crate::{
    canary::{Canaries, with_webhooks},
    process::Process,
};

#[tokio::test(flavor = "multi_thread")]
async fn no_phone_token_code_or_secret_is_in_redis_or_in_what_redis_is_told() {
    let fleet = Fleet::start_with(2, |config| with_webhooks(&config)).await;
    // Every command that Redis is given, with all its arguments, and every message to other replicas.
    let mut monitor = Command::new("redis-cli");
    let monitor = Process::run(monitor.args(["-p", &fleet.redis.port().to_string(), "MONITOR"]));
    monitor.says(&["OK"]);
    let canaries = Canaries::release(&fleet).await;

    let folder = fleet.redis.command(&["CONFIG", "GET", "dir"]);
    let herald_testkit::redis_server::Reply::Array(folder) = folder else { panic!("{folder:?}") };
    let log = fs::read_dir(format!("{}/appendonlydir", folder[1].text())).expect("Redis writes a log");
    let mut store = Vec::new();
    for file in log {
        store.extend(fs::read(file.expect("a file").path()).expect("it can be read"));
    }
    // Every kind of row went by, so that it is the right place to look.
    let told = monitor.log();
    for row in ["{antirius}:log:", "{antirius}:ses:", "{antirius}:ntf:", "{antara}:out:", "\"PUBLISH\""] {
        assert!(told.contains(row), "Redis was never told of {row}");
    }
    assert!(store.len() > 10_000, "{} bytes", store.len());
    canaries.are_not_in("the log that Redis writes", &store);
    canaries.are_not_in("what Redis is told", told.as_bytes());
    for replica in 0..2 {
        canaries.are_not_in("a replica's log", fleet.process(replica).log().as_bytes());
        canaries.are_not_in("a replica's metrics", fleet.asks_about(replica, "metrics").await.1.as_bytes());
    }
}
