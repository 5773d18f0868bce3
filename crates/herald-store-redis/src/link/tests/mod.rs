//! The link against real servers that are killed, stopped, moved and misconfigured.

mod cluster;
mod outage;
mod proxy;
mod refusal;
mod script;
mod sentinel;

use std::time::{Duration, Instant};

use herald_core::store::StoreError;
use redis::Value;
use secrecy::SecretString;

use super::{Link, RedisMode, RedisOptions};

pub(crate) use proxy::Proxy;

/// A request that has to fail does so within this time.
const LIMIT: Duration = Duration::from_millis(1500);
/// Redis works again for us this long after it does for others.
const RECOVERY: Duration = Duration::from_secs(5);
/// A fail-over of the test's Sentinel, and a cluster's becoming whole, take this long at most.
const FAIL_OVER: Duration = Duration::from_secs(30);

fn options(urls: Vec<SecretString>, mode: RedisMode) -> RedisOptions {
    RedisOptions { urls, mode, authorities: None, prefix: "herald".to_owned(), is_development: false }
}

pub(crate) fn link_to<U: AsRef<str>>(urls: &[U], mode: RedisMode) -> Link {
    let urls = urls.iter().map(|url| url.as_ref().into()).collect();
    options(urls, mode).link().unwrap()
}

fn link_to_one(url: &str) -> Link {
    link_to(&[url], RedisMode::Single)
}

/// A command by its words.
pub(crate) fn command(words: &[&str]) -> redis::Cmd {
    let mut command = redis::cmd(words[0]);
    command.arg(&words[1..]);
    command
}

async fn set(link: &Link, key: &str) -> Result<Value, StoreError> {
    link.query(command(&["SET", key, "1"])).await
}

/// Asserts that the call is refused as unavailable, and gives how long that took.
async fn refused<T>(call: impl Future<Output = Result<T, StoreError>>) -> Duration {
    let begun = Instant::now();
    match call.await {
        Err(StoreError::Unavailable(_)) => {}
        Err(other) => panic!("another error: {other}"),
        Ok(_) => panic!("it worked"),
    }
    let taken = begun.elapsed();
    assert!(taken < LIMIT, "it took {taken:?}");
    taken
}

/// Calls until it works; every call that does not is refused in time.
async fn recovers<T, F>(within: Duration, call: impl Fn() -> F) -> T
where
    F: Future<Output = Result<T, StoreError>>,
{
    let begun = Instant::now();
    loop {
        let called = Instant::now();
        match call().await {
            Ok(value) => return value,
            Err(StoreError::Unavailable(_)) => assert!(called.elapsed() < LIMIT, "{:?}", called.elapsed()),
            Err(other) => panic!("another error: {other}"),
        }
        assert!(begun.elapsed() < within, "not within {within:?}");
        tokio::task::yield_now().await;
    }
}
