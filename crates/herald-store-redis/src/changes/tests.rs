//! The feed against real servers.

use std::{sync::Arc, time::Duration};

use herald_core::{
    id::{LoginId, TenantId},
    store::Change,
};
use herald_testkit::redis_server::{RedisCluster, RedisSentinel, RedisServer};
use tokio::time;

use super::{Feed, LASTING, Trouble, encode};
use crate::link::{
    Link, RedisMode,
    tests::{Proxy, command, link_to},
};

/// More than anything here takes.
const PATIENCE: Duration = Duration::from_secs(30);
const CHANNEL: &str = "herald:changes";

fn feed(link: &Link, origin: &str) -> Feed {
    Feed::start(link.clone(), CHANNEL.as_bytes().to_vec(), origin.to_owned())
}

fn login(id: u128) -> Change {
    Change::Login { tenant: TenantId::parse("acme").unwrap(), id: LoginId::from_u128(id) }
}

async fn next(feed: &Feed) -> Change {
    time::timeout(PATIENCE, feed.queue.next()).await.expect("something is heard")
}

/// What is heard next besides reminders.
async fn next_known(feed: &Feed) -> Change {
    loop {
        match next(feed).await {
            Change::Anything => {}
            change => return change,
        }
    }
}

async fn tell(link: &Link, origin: &str, change: &Change) {
    link.query(command(&["PUBLISH", CHANNEL, &encode(origin, change)])).await.unwrap();
}

/// Tells until it is heard, because the listener may be about to find its way back.
async fn is_heard_again(link: &Link, feed: &Feed) {
    let tell = async {
        let message = encode("other", &login(9));
        let mut ticks = time::interval(Duration::from_millis(100));
        loop {
            ticks.tick().await;
            let _ = link.query(command(&["PUBLISH", CHANNEL, &message])).await;
        }
    };
    tokio::select! {
        change = next_known(feed) => assert_eq!(change, login(9)),
        () = tell => {}
    }
}

#[test]
fn a_trouble_that_lasts_is_told_once_and_the_next_one_again() {
    let mut trouble = Trouble::default();
    for _ in 0..2 {
        let told = (0..9 * LASTING).filter(|_| trouble.grows()).count();
        assert_eq!(told, 1);
        trouble.ends();
    }
}

/// Nobody was given the channel, and the feed goes on trying: it is heard as soon as that is mended.
#[tokio::test]
async fn a_feed_that_may_not_listen_listens_once_it_may() {
    let server = RedisServer::start();
    server.command(&["ACL", "SETUSER", "default", "resetchannels"]);
    let link = link_to(&[server.url()], RedisMode::Single);
    let feed = feed(&link, "a");
    // The reminder, and nothing else: there is no subscription to begin with it.
    assert_eq!(next(&feed).await, Change::Anything);
    server.command(&["ACL", "SETUSER", "default", "allchannels"]);
    is_heard_again(&link, &feed).await;
}

#[tokio::test]
async fn a_handle_hears_the_others_and_not_itself() {
    let server = RedisServer::start();
    let link = link_to(&[server.url()], RedisMode::Single);
    let (a, b) = (feed(&link, "a"), feed(&link, "b"));
    // Both are subscribed.
    assert_eq!((next(&a).await, next(&b).await), (Change::Anything, Change::Anything));
    tell(&link, "a", &login(1)).await;
    tell(&link, "b", &login(2)).await;
    assert_eq!((next(&a).await, next(&b).await), (login(2), login(1)));
}

#[tokio::test]
async fn it_is_reminded_when_nothing_happens() {
    let server = RedisServer::start();
    let link = link_to(&[server.url()], RedisMode::Single);
    let feed = feed(&link, "a");
    assert_eq!((next(&feed).await, next(&feed).await), (Change::Anything, Change::Anything));
}

#[tokio::test]
async fn after_a_restart_anything_may_have_changed_and_all_is_heard_again() {
    let server = Arc::new(RedisServer::start());
    let link = link_to(&[server.url()], RedisMode::Single);
    let feed = feed(&link, "a");
    assert_eq!(next(&feed).await, Change::Anything);
    let begun = time::Instant::now();
    let restarted = Arc::clone(&server);
    tokio::task::spawn_blocking(move || restarted.restart()).await.unwrap();
    // Sooner than a reminder.
    assert_eq!(next(&feed).await, Change::Anything);
    assert!(begun.elapsed() < Duration::from_secs(3), "{:?}", begun.elapsed());
    tell(&link, "b", &login(1)).await;
    assert_eq!(next(&feed).await, login(1));
}

#[tokio::test]
async fn a_subscription_over_which_nothing_comes_any_more_is_made_anew_within_five_seconds() {
    let server = RedisServer::start();
    let proxy = Proxy::before(server.port()).await;
    let feed = feed(&link_to(&[proxy.url()], RedisMode::Single), "a");
    assert_eq!(next(&feed).await, Change::Anything);
    proxy.silence();
    let link = link_to(&[server.url()], RedisMode::Single);
    time::timeout(Duration::from_secs(5), is_heard_again(&link, &feed)).await.unwrap();
}

#[tokio::test]
async fn in_a_cluster_what_is_told_at_one_node_is_heard_at_all_and_a_dead_node_is_left() {
    let cluster = RedisCluster::start();
    let link = link_to(&cluster.urls(), RedisMode::Cluster);
    let feeds: Vec<Feed> = ["a", "b"].map(|origin| feed(&link, origin)).into();
    for feed in &feeds {
        assert_eq!(next(feed).await, Change::Anything);
    }
    for (i, node) in cluster.nodes().iter().enumerate() {
        node.command(&["PUBLISH", CHANNEL, &encode("c", &login(i as u128))]);
        for feed in &feeds {
            assert_eq!(next_known(feed).await, login(i as u128));
        }
    }
    cluster.nodes()[0].kill();
    let other = link_to(&[cluster.nodes()[1].url()], RedisMode::Single);
    for feed in &feeds {
        is_heard_again(&other, feed).await;
    }
}

#[tokio::test]
async fn after_a_fail_over_the_new_master_is_heard() {
    let servers = RedisSentinel::start();
    let mode = RedisMode::Sentinel { master_name: RedisSentinel::MASTER_NAME.to_owned() };
    let link = link_to(&[servers.url()], mode);
    let feed = feed(&link, "a");
    assert_eq!(next(&feed).await, Change::Anything);
    servers.master().kill();
    is_heard_again(&link, &feed).await;
}
