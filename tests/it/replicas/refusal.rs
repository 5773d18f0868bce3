//! What Herald does not start with, and how it says what to do.

use std::time::Duration;

use herald_testkit::redis_server::RedisServer;
use tempfile::TempDir;

use crate::{
    process::Process,
    stack::{free_ports, sha256_hex, store_section},
};

const LRU: &[&str] = &["--maxmemory", "100mb", "--maxmemory-policy", "allkeys-lru"];
const NO_LOG: &[&str] = &["--appendonly", "no"];

/// A Herald with this store.
fn start(store: &str, is_development: bool) -> (Process, TempDir) {
    let dir = TempDir::new().expect("a directory for the test");
    let [public, management] = free_ports();
    let admin = sha256_hex("ha_OperatorOperatorOperatorOperatorOperator001");
    let config = format!(
        "[server]\nlisten = \"127.0.0.1:{public}\"\nmanagement_listen = \"127.0.0.1:{management}\"\n\
         public_url = \"https://login.example\"\ndevelopment = {is_development}\n\
         admin_keys = [{{ name = \"ops\", sha256 = \"{admin}\" }}]\n\n{store}"
    );
    let file = dir.path().join("herald.toml");
    std::fs::write(&file, config).expect("the configuration is written");
    (Process::start(&["serve", "--config", file.to_str().expect("a plain path")]), dir)
}

/// It ends by itself, with a code that supervisors see, and says this.
fn refuses(store: &str, words: &[&str]) {
    let (mut herald, _dir) = start(store, false);
    assert!(herald.has_ended(Duration::from_secs(20)), "it goes on:\n{}", herald.log());
    let (status, log) = (herald.ended(), herald.log());
    assert_eq!(status.code(), Some(1), "{status}: {log}");
    for word in words {
        assert!(log.contains(word), "it does not say {word:?}:\n{log}");
    }
    assert!(!log.contains("panicked"), "{log}");
}

#[test]
fn several_replicas_over_the_embedded_store_are_refused() {
    let dir = TempDir::new().expect("a directory for the test");
    let store = format!(
        "[store]\nkind = \"embedded\"\npath = \"{}\"\nreplicas = 2\nencryption_keys = [\"NF/462UNHiGrbNzzmgL2eA5bu/3TpS3uKFU149ETWi4=\"]\n",
        dir.path().join("herald.redb").display()
    );
    refuses(&store, &["store.replicas", "kind = \"redis\""]);
}

#[test]
fn a_redis_that_throws_keys_away_is_refused_but_in_development() {
    let redis = RedisServer::start_with(LRU);
    refuses(&store_section(&redis.url(), 2), &["allkeys-lru", "maxmemory-policy", "noeviction"]);
    warns(&redis, "noeviction");
}

#[test]
fn a_redis_that_writes_nothing_down_is_refused_but_in_development() {
    let redis = RedisServer::start_with(NO_LOG);
    refuses(&store_section(&redis.url(), 1), &["appendonly"]);
    warns(&redis, "appendonly");
}

fn warns(redis: &RedisServer, word: &str) {
    let (herald, _dir) = start(&store_section(&redis.url(), 2), true);
    herald.says(&["WARN", word]);
    herald.says(&["listening"]);
}

#[test]
fn a_redis_that_does_not_know_the_password_is_refused_and_the_password_is_not_told() {
    let redis = RedisServer::start_with(&["--requirepass", "the-right-password"]);
    let url = redis.url().replace("redis://", "redis://:canary-of-the-password@");
    refuses(&store_section(&url, 2), &["password"]);
    let (herald, _dir) = start(&store_section(&url, 2), false);
    assert!(herald.has_ended(Duration::from_secs(20)));
    assert!(!herald.log().contains("canary-of-the-password"), "{}", herald.log());
}

#[test]
fn a_cluster_that_was_not_said_to_be_one_is_refused() {
    let cluster = herald_testkit::redis_server::RedisCluster::start();
    refuses(&store_section(&cluster.urls()[0], 2), &["cluster"]);
}

#[test]
fn a_start_waits_for_a_redis_that_is_not_there_yet() {
    let redis = RedisServer::start();
    redis.kill();
    let (herald, _dir) = start(&store_section(&redis.url(), 2), false);
    herald.says(&["waiting for Redis"]);
    redis.restart();
    herald.says(&["listening"]);
}
