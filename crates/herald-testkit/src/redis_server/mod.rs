//! Real Redis servers for tests: one, with TLS or without, a cluster of three masters, a master with a replica and a sentinel.
//!
//! Each has ports and a directory of its own, and is killed when it is dropped, and also when the test process ends in
//! whatever way. Nothing here needs a Redis library: only `redis-server`.

mod cluster;
mod process;
mod resp;
mod sentinel;
mod single;
mod tls;

pub use cluster::RedisCluster;
pub use resp::Reply;
pub use sentinel::RedisSentinel;
pub use single::RedisServer;
pub use tls::RedisTls;

use std::{
    thread,
    time::{Duration, Instant},
};

/// How long a server may take for what a test waits for.
const PATIENCE: Duration = Duration::from_secs(30);

/// Asks until it is so.
fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < PATIENCE, "not within {PATIENCE:?}: {what}");
        thread::yield_now();
    }
}
