//! What is refused at the start, with what text, and what development accepts.

use std::{sync::Arc, time::Duration};

use herald_core::clock::Clock as _;
use herald_store_redis::{OpenError, RedisMode, RedisOptions, RedisStore, TimeSource};
use herald_testkit::{
    fake_clock::FakeClock,
    redis_server::{RedisCluster, RedisSentinel, RedisServer, Reply},
};
use jiff::{SignedDuration, Timestamp};

/// More than anything here takes.
const PATIENCE: Duration = Duration::from_secs(60);

fn options(url: &str) -> RedisOptions {
    RedisOptions {
        urls: vec![url.into()],
        mode: RedisMode::Single,
        prefix: "herald".to_owned(),
        is_development: false,
    }
}

/// A clock that shows what the server's does.
fn clock_of(server: &RedisServer) -> Arc<FakeClock> {
    let Reply::Array(time) = server.command(&["TIME"]) else { panic!("TIME gives two numbers") };
    Arc::new(FakeClock::at(Timestamp::from_second(time[0].text().parse().unwrap()).unwrap()))
}

async fn open(options: RedisOptions, clock: Arc<FakeClock>) -> Result<RedisStore, OpenError> {
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
