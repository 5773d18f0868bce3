//! A store on a server, by the tests' clock.

use std::sync::Arc;

use herald_store_redis::{RedisMode, RedisOptions, RedisStore, TimeSource};
use herald_testkit::{fake_clock::FakeClock, redis_server::RedisServer};

/// A handle of the data under this prefix.
pub(crate) async fn open(server: &RedisServer, prefix: &str, clock: &Arc<FakeClock>) -> RedisStore {
    open_by(TimeSource::Clock, server, prefix, clock).await
}

/// The same, whose scripts go by that time.
pub(crate) async fn open_by(
    time: TimeSource,
    server: &RedisServer,
    prefix: &str,
    clock: &Arc<FakeClock>,
) -> RedisStore {
    let options = RedisOptions {
        urls: vec![server.url().into()],
        mode: RedisMode::Single,
        authorities: None,
        prefix: prefix.to_owned(),
        // The clock of the tests is not that of the server.
        is_development: true,
    };
    clock.pass_for(RedisStore::open(options, clock.clone(), time)).await.unwrap()
}
