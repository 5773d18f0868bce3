//! What is refused at the start, with what text, and what development accepts.

use std::{slice::from_ref, sync::Arc, time::Duration};

use herald_core::{
    clock::Clock as _,
    store::{Accepted, NotificationStore as _, OutboxStore as _, SecretStore as _, StoreError},
};
use herald_store_redis::{OpenError, RedisMode, RedisOptions, RedisStore, TimeSource};
use herald_testkit::{
    fake_clock::FakeClock,
    redis_server::{RedisCluster, RedisSentinel, RedisServer, Reply},
    store_suite::sample::{LEASE, Sample},
};
use jiff::{SignedDuration, Timestamp};

/// More than anything here takes.
const PATIENCE: Duration = Duration::from_secs(60);

pub(super) fn options(url: &str) -> RedisOptions {
    RedisOptions {
        urls: vec![url.into()],
        mode: RedisMode::Single,
        authorities: None,
        prefix: "herald".to_owned(),
        is_development: false,
    }
}

/// A clock that shows what the server's does.
pub(super) fn clock_of(server: &RedisServer) -> Arc<FakeClock> {
    let Reply::Array(time) = server.command(&["TIME"]) else { panic!("TIME gives two numbers") };
    Arc::new(FakeClock::at(Timestamp::from_second(time[0].text().parse().unwrap()).unwrap()))
}

pub(super) async fn open(options: RedisOptions, clock: Arc<FakeClock>) -> Result<RedisStore, OpenError> {
    let opening = RedisStore::open(options, clock, TimeSource::Server);
    tokio::time::timeout(PATIENCE, opening).await.expect("it is opened or refused")
}

/// Lets the seconds pass quickly.
async fn pass_time(clock: &FakeClock) {
    let mut ticks = tokio::time::interval(Duration::from_millis(20));
    loop {
        ticks.tick().await;
        clock.advance(SignedDuration::from_secs(1));
    }
}

/// Refused with all of these words; but accepted in development.
async fn is_refused(server: &RedisServer, clock: Arc<FakeClock>, words: &[&str]) {
    let error = open(options(&server.url()), clock.clone()).await.unwrap_err().to_string();
    for word in words {
        assert!(error.contains(word), "{word} is not in: {error}");
    }
    open(RedisOptions { is_development: true, ..options(&server.url()) }, clock).await.unwrap();
}

#[tokio::test]
async fn a_server_as_it_should_be_is_opened() {
    let server = RedisServer::start();
    open(options(&server.url()), clock_of(&server)).await.unwrap();
}

#[tokio::test]
async fn a_server_that_forgets_is_refused() {
    let server = RedisServer::start_with(&["--appendonly", "no"]);
    is_refused(&server, clock_of(&server), &["appendonly yes"]).await;
}

#[tokio::test]
async fn a_server_that_may_drop_keys_is_refused() {
    let server = RedisServer::start_with(&["--maxmemory-policy", "allkeys-lru"]);
    is_refused(&server, clock_of(&server), &["allkeys-lru", "maxmemory-policy noeviction"]).await;
}

#[tokio::test]
async fn a_server_whose_clock_is_off_is_refused() {
    let server = RedisServer::start();
    for skew in [-60, 60] {
        let clock = clock_of(&server);
        clock.advance(SignedDuration::from_secs(skew));
        is_refused(&server, clock, &["clocks", " s apart"]).await;
    }
}

#[tokio::test]
async fn a_server_that_refuses_the_password_is_refused_at_once() {
    let server = RedisServer::start_with(&["--requirepass", "right"]);
    let clock = Arc::new(FakeClock::default());
    for url in [server.url(), server.url().replace("redis://", "redis://:s3cr3t@")] {
        let error = open(options(&url), clock.clone()).await.unwrap_err();
        assert!(matches!(error, OpenError::Password), "{error}");
        assert!(!format!("{error} {error:?}").contains("s3cr3t"));
    }
}

/// The address for a user with these rules, which it gets.
fn url_for(server: &RedisServer, rules: &[&str]) -> String {
    let words = [&["ACL", "SETUSER", "herald", "reset", "on", ">s3cr3t"], rules].concat();
    assert_eq!(server.command(&words), Reply::Text("OK".to_owned()));
    server.url().replace("redis://", "redis://herald:s3cr3t@")
}

#[tokio::test]
async fn a_user_without_the_rights_is_refused_at_once_and_told_which_they_are() {
    let server = RedisServer::start();
    // Who may call everything may still not publish, and who may not even call INFO is not waited for.
    for (rules, refused) in [
        // At first, while the server has no script.
        (&["~herald:*", "&herald:changes", "+@all", "-script"][..], "refused EVALSHA or SCRIPT LOAD;"),
        (&["~herald:*", "+@all"], "refused PUBLISH;"),
        (&["~herald:*", "&herald:changes", "+@all", "-zadd", "-hset"], "refused HSET, ZADD;"),
        (&["~other:*", "&herald:changes", "+@all"], "refused"),
        (&["~herald:*", "&herald:changes", "+@all", "-info"], "refused INFO;"),
        (&["~herald:*", "&herald:changes", "+@all", "-evalsha"], "refused EVALSHA or SCRIPT LOAD;"),
    ] {
        let url = url_for(&server, rules);
        // Whose time stands still.
        let error = open(options(&url), clock_of(&server)).await.unwrap_err();
        assert!(matches!(error, OpenError::Rights { .. }), "{rules:?}: {error}");
        let error = error.to_string();
        for words in [refused, "`~herald:* &herald:changes`", "deploy/redis.acl"] {
            assert!(error.contains(words), "{words} is not in: {error}");
        }
        assert!(!error.contains("s3cr3t"), "{error}");
    }
    open(options(&url_for(&server, &["~herald:*", "&herald:changes", "+@all"])), clock_of(&server))
        .await
        .unwrap();
    // It leaves nothing behind.
    assert_eq!(server.command(&["DBSIZE"]), Reply::Integer(0));
}

#[tokio::test]
async fn a_cluster_with_one_node_that_has_other_rights_is_refused() {
    let cluster = RedisCluster::start();
    let [node, ill, _] = cluster.nodes();
    let open = async || {
        open(RedisOptions { mode: RedisMode::Cluster, ..options(&node.url()) }, clock_of(node)).await
    };
    ill.command(&["ACL", "SETUSER", "default", "-hlen"]);
    let error = open().await.unwrap_err();
    assert!(matches!(&error, OpenError::Rights { refused, .. } if refused == "HLEN"), "{error}");
    ill.command(&["ACL", "SETUSER", "default", "+hlen"]);
    open().await.unwrap();
}

/// A right that was taken away later, as by a restart with other rules, costs the others a wait, and no write.
#[tokio::test]
async fn a_change_that_cannot_be_told_is_written() {
    let server = RedisServer::start();
    let clock = clock_of(&server);
    let url = url_for(&server, &["~herald:*", "&herald:changes", "+@all"]);
    let store = open(options(&url), clock.clone()).await.unwrap();
    url_for(&server, &["~herald:*", "+@all"]);
    let sample = Sample::of("acme", clock.now());
    let (row, key) = (sample.notification(1), sample.key(1, 1));
    let delivery = sample.due_delivery(1, sample.now);
    let accepted = store.accept_notification(&row, &key, from_ref(&delivery)).await.unwrap();
    assert_eq!(accepted, Accepted::New);
    assert_eq!(store.notification(&sample.tenant, row.id).await.unwrap(), Some(row));
    assert_eq!(store.lease_deliveries(&sample.tenant, "a", LEASE, 9).await.unwrap(), [delivery]);
}

#[tokio::test]
async fn a_server_that_begins_to_forget_makes_an_open_store_unready() {
    let server = RedisServer::start();
    let store = open(options(&server.url()), clock_of(&server)).await.unwrap();
    let of_development = RedisOptions { is_development: true, ..options(&server.url()) };
    let of_development = open(of_development, clock_of(&server)).await.unwrap();
    for [setting, bad, good] in
        [["appendonly", "no", "yes"], ["maxmemory-policy", "allkeys-lru", "noeviction"]]
    {
        store.ping().await.unwrap();
        server.command(&["CONFIG", "SET", setting, bad]);
        let refused = store.ping().await;
        assert!(matches!(refused, Err(StoreError::Unavailable(_))), "{setting}: {refused:?}");
        of_development.ping().await.unwrap();
        server.command(&["CONFIG", "SET", setting, good]);
    }
    store.ping().await.unwrap();
}

#[tokio::test]
async fn a_server_of_another_kind_is_refused() {
    let cluster = RedisCluster::start();
    let [node, ..] = cluster.nodes();
    let error = open(options(&node.url()), clock_of(node)).await.unwrap_err();
    assert!(matches!(&error, OpenError::Mode { found } if found == "cluster"), "{error}");
    let clustered = RedisOptions { mode: RedisMode::Cluster, ..options(&node.url()) };
    open(clustered, clock_of(node)).await.unwrap();

    // Where the server itself was meant.
    let watched = RedisSentinel::start();
    let error = open(options(&watched.url()), clock_of(watched.master())).await.unwrap_err();
    assert!(matches!(&error, OpenError::Mode { found } if found == "sentinel"), "{error}");
    let mode = RedisMode::Sentinel { master_name: RedisSentinel::MASTER_NAME.to_owned() };
    open(RedisOptions { mode, ..options(&watched.url()) }, clock_of(watched.master())).await.unwrap();
}

#[tokio::test]
async fn the_start_waits_for_a_server_for_a_minute() {
    let server = RedisServer::start();
    let clock = clock_of(&server);
    server.kill();
    let opening = open(options(&server.url()), clock.clone());
    let begun = clock.now();
    let error = tokio::select! {
        opened = opening => opened.unwrap_err(),
        () = pass_time(&clock) => unreachable!("time passes for ever"),
    };
    assert!(matches!(error, OpenError::Unreachable(_)), "{error}");
    assert!(!error.to_string().contains("127.0.0.1"), "{error}");
    assert!(clock.now().duration_since(begun) >= SignedDuration::from_secs(60));
}

#[tokio::test]
async fn a_server_that_comes_while_the_start_waits_is_opened() {
    let server = Arc::new(RedisServer::start());
    let clock = clock_of(&server);
    server.kill();
    // Its clock is not what matters here.
    let opening = open(RedisOptions { is_development: true, ..options(&server.url()) }, clock.clone());
    let restarted = Arc::clone(&server);
    let restart = tokio::task::spawn_blocking(move || restarted.restart());
    tokio::select! {
        (opened, restarted) = async { tokio::join!(opening, restart) } => {
            restarted.unwrap();
            opened.unwrap();
        }
        () = pass_time(&clock) => unreachable!("time passes for ever"),
    }
}

#[tokio::test]
async fn options_that_make_no_sense_are_refused_without_repeating_them() {
    let clock = Arc::new(FakeClock::default());
    let url = "redis://127.0.0.1:1/";
    for bad in ["s3cr3t", "http://:s3cr3t@127.0.0.1/", "redis://:s3cr3t@/", "redis://:s3cr3t@127.0.0.1/x"] {
        let error = open(options(bad), clock.clone()).await.unwrap_err();
        assert!(matches!(error, OpenError::Address(0)), "{bad}: {error}");
        assert!(!format!("{error} {error:?}").contains("s3cr3t"), "{error}");
    }
    for urls in [vec![], vec![url.into(), url.into()]] {
        let error = open(RedisOptions { urls, ..options(url) }, clock.clone()).await.unwrap_err();
        assert!(matches!(error, OpenError::AddressCount), "{error}");
    }
    for prefix in ["", "a:b", "{a}", "a b", "A", &"a".repeat(41)] {
        let error = open(RedisOptions { prefix: prefix.to_owned(), ..options(url) }, clock.clone()).await;
        assert!(matches!(error, Err(OpenError::Prefix)), "{prefix}");
    }
}
