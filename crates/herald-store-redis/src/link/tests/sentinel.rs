//! Fail-over by Sentinel.

use std::sync::Arc;

use herald_testkit::redis_server::{RedisSentinel, RedisServer};

use super::{FAIL_OVER, RECOVERY, RedisMode, link_to, recovers, refused, set};

fn mode(name: &str) -> RedisMode {
    RedisMode::Sentinel { master_name: name.to_owned() }
}

#[tokio::test]
async fn a_fail_over_is_followed_with_the_same_handle() {
    let servers = Arc::new(RedisSentinel::start());
    let link = link_to(&[servers.url()], mode(RedisSentinel::MASTER_NAME));
    set(&link, "a").await.unwrap();
    let old = servers.master().port();
    servers.master().kill();
    refused(set(&link, "a")).await;
    recovers(FAIL_OVER, || set(&link, "b")).await;
    assert_ne!(servers.master().port(), old);
    link.ping().await.unwrap();
}

#[tokio::test]
async fn a_master_that_hangs_is_left_for_the_one_that_took_over() {
    let servers = RedisSentinel::start();
    let link = link_to(&[servers.url()], mode(RedisSentinel::MASTER_NAME));
    set(&link, "a").await.unwrap();
    let old = servers.master();
    old.signal("STOP");
    recovers(FAIL_OVER, || set(&link, "b")).await;
    old.signal("CONT");
    // The old one still thinks that it is the master; nobody asks it.
    for _ in 0..100 {
        recovers(RECOVERY, || set(&link, "b")).await;
    }
}

#[tokio::test]
async fn sentinels_that_are_away_or_hang_do_not_matter_while_one_answers() {
    let servers = RedisSentinel::start();
    let (away, hangs) = (RedisServer::start(), RedisServer::start());
    let urls = [away.url(), hangs.url(), servers.url()];
    away.kill();
    hangs.signal("STOP");
    let link = link_to(&urls, mode(RedisSentinel::MASTER_NAME));
    set(&link, "a").await.unwrap();
}

#[tokio::test]
async fn a_name_that_no_sentinel_knows_is_refused() {
    let servers = RedisSentinel::start();
    let link = link_to(&[servers.url()], mode("other"));
    refused(set(&link, "a")).await;
}

#[tokio::test]
async fn a_password_is_for_the_servers_also_where_the_sentinel_wants_none() {
    let servers = RedisSentinel::start();
    servers.master().command(&["CONFIG", "SET", "requirepass", "right"]);
    let url = servers.url().replace("redis://", "redis://:right@");
    set(&link_to(&[url], mode(RedisSentinel::MASTER_NAME)), "a").await.unwrap();
}
