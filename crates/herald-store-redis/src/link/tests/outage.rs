//! A server that is killed, hangs, or whose connection goes dead.

use std::{sync::Arc, time::Duration};

use futures_util::future;
use herald_core::store::StoreError;
use herald_testkit::redis_server::RedisServer;
use redis::Value;

use super::{LIMIT, Proxy, RECOVERY, command, link_to_one, recovers, refused, set};
use crate::link::MOST_CALLS;

#[tokio::test]
async fn a_killed_server_fails_every_call_in_time_and_is_found_again() {
    let server = RedisServer::start();
    let link = link_to_one(&server.url());
    set(&link, "a").await.unwrap();
    server.kill();
    for _ in 0..5 {
        refused(set(&link, "a")).await;
        refused(link.ping()).await;
    }
    server.restart();
    recovers(RECOVERY, || set(&link, "a")).await;
    link.ping().await.unwrap();
}

#[tokio::test]
async fn a_link_can_be_made_before_the_server_is_there() {
    let server = RedisServer::start();
    server.kill();
    let link = link_to_one(&server.url());
    refused(set(&link, "a")).await;
    server.restart();
    recovers(RECOVERY, || set(&link, "a")).await;
}

#[tokio::test]
async fn a_restart_between_two_calls_fails_neither() {
    let server = Arc::new(RedisServer::start());
    let link = link_to_one(&server.url());
    for _ in 0..5 {
        link.ping().await.unwrap();
        let restarted = Arc::clone(&server);
        // Elsewhere, so that the end of the connection is noticed here meanwhile.
        tokio::task::spawn_blocking(move || restarted.restart()).await.unwrap();
    }
    link.ping().await.unwrap();
}

#[tokio::test]
async fn a_server_that_hangs_fails_every_call_in_time_and_later_ones_sooner() {
    let server = RedisServer::start();
    let link = link_to_one(&server.url());
    set(&link, "a").await.unwrap();
    server.signal("STOP");
    future::join_all((0..100).map(|_| refused(set(&link, "a")))).await;
    for _ in 0..3 {
        // They wait for the one attempt to connect, not for an answer.
        let taken = future::join_all((0..100).map(|_| refused(set(&link, "a")))).await;
        assert!(taken.iter().all(|taken| *taken < Duration::from_millis(800)), "{taken:?}");
    }
    server.signal("CONT");
    recovers(RECOVERY, || set(&link, "a")).await;
}

#[tokio::test]
async fn calls_do_not_pile_up_without_bound() {
    let server = RedisServer::start();
    let link = link_to_one(&server.url());
    set(&link, "a").await.unwrap();
    server.signal("STOP");
    let calls = future::join_all((0..MOST_CALLS + 10).map(|_| set(&link, "a"))).await;
    let is_crowded = |call: &&Result<_, StoreError>| {
        call.as_ref().is_err_and(|error| error.to_string().contains("too many calls"))
    };
    assert_eq!(calls.iter().filter(is_crowded).count(), 10);
    server.signal("CONT");
    recovers(RECOVERY, || set(&link, "a")).await;
}

#[tokio::test]
async fn a_connection_over_which_nothing_comes_any_more_is_replaced() {
    let server = RedisServer::start();
    let proxy = Proxy::before(server.port()).await;
    let link = link_to_one(&proxy.url());
    set(&link, "a").await.unwrap();
    proxy.silence();
    refused(set(&link, "a")).await;
    set(&link, "a").await.unwrap();
}

#[tokio::test]
async fn what_only_reads_is_asked_again_where_a_connection_goes_dead() {
    let server = RedisServer::start();
    let proxy = Proxy::before(server.port()).await;
    let link = link_to_one(&proxy.url());
    set(&link, "a").await.unwrap();
    for _ in 0..2 {
        proxy.silence();
        let reads = (0..50).map(|_| link.query(command(&["GET", "a"])));
        for answer in future::join_all(reads).await {
            assert_eq!(answer.unwrap(), Value::BulkString(b"1".to_vec()));
        }
    }
    // What writes is not: it may have been carried out.
    proxy.silence();
    refused(set(&link, "a")).await;
}

#[tokio::test]
async fn a_paused_server_answers_in_time_or_not_at_all() {
    let server = RedisServer::start();
    let link = link_to_one(&server.url());
    set(&link, "a").await.unwrap();
    server.command(&["CLIENT", "PAUSE", "3000", "ALL"]);
    refused(set(&link, "a")).await;
    recovers(2 * LIMIT + RECOVERY, || set(&link, "a")).await;
}

#[tokio::test]
async fn a_server_that_is_slow_is_not_left() {
    let server = RedisServer::start();
    let link = link_to_one(&server.url());
    set(&link, "a").await.unwrap();
    let connection = async || link.query(command(&["CLIENT", "ID"])).await.unwrap();
    let before = connection().await;
    // Longer than what only reads is patient, shorter than connecting takes at most.
    server.command(&["CLIENT", "PAUSE", "700", "ALL"]);
    let (read, written) = future::join(link.query(command(&["GET", "a"])), set(&link, "a")).await;
    assert_eq!((read.unwrap(), written.unwrap()), (Value::BulkString(b"1".to_vec()), Value::Okay));
    assert_eq!(connection().await, before);
}
