//! The store on Redis: all store ports of `herald-core`, for any number of equal replicas, on a single server, a master watched by
//! Sentinels, or a cluster.
//!
//! # How it works
//! - **Writes** are steps ([`step`]): everything that has to be so and everything that is then written, in one script. All keys of
//!   a tenant are in one slot ([`names`]), so that a cluster runs it too.
//! - **Time** is the server's: leases and deadlines are the same for all replicas, whatever their own clocks show.
//! - **Leases** and what notifications rest for are in Redis ([`agenda`]): they outlive the replica that took them, by no more than
//!   their own time.
//! - **Expiry**: a value is absent from the time in its header on ([`value`]); Redis drops it a while later, and
//!   [`RedisStore::keep_swept`] drops what led to it.
//! - **Waking**: what one replica changes, the others hear ([`changes`]); whoever misses it looks again after 5 s at the latest.
//!
//! # When things break
//! - **Redis away, hanging or full**: every call fails after 1.1 s at the latest, mostly at once ([`link`]), and works again when
//!   Redis does, without anybody's help. A call that failed may have taken effect; none is sent a second time.
//! - **Kill of Redis**: what was answered is there as far as its log was synced: with `appendfsync everysec` all but the last
//!   second before a power cut, with `always` everything. A kill of the process alone loses nothing.
//! - **Fail-over to a replica**: what the old master had answered and not yet passed on is lost. No setting of Redis rules
//!   that out.
//! - **Another Redis than was meant**: one that may forget or drop what it is given is refused at the start.
//!
//! # Adding a row
//! 1. Name its keys in `names.rs`, with the tenant in braces, and give it a kind in `value.rs`.
//! 2. Its bytes are those of `herald_core::store::record`, the same in every store.
//! 3. Write it by a [`step::Step`] alone; what expires is noted for the sweeper.

mod agenda;
mod answer;
mod changes;
mod counter;
mod endpoint;
mod expiry;
mod link;
mod login;
mod names;
mod notice;
mod notification;
mod open;
mod order;
mod outbox;
mod row;
mod script;
mod secret;
mod session;
mod step;
mod subject;
mod tenants;
mod value;

use std::{fmt, sync::Arc};

use herald_core::clock::Clock;
use jiff::Timestamp;

use crate::{
    changes::Feed,
    link::{Link, watch::Watch},
    names::Names,
    tenants::Tenants,
};

pub use link::{RedisMode, RedisOptions};
pub use open::OpenError;

/// Whose clock the scripts go by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimeSource {
    /// That of the Redis server, which all replicas share.
    Server,
    /// The one the store was opened with: for tests, which move it on.
    Clock,
}

/// A store in Redis. Dropping it ends its connections.
pub struct RedisStore {
    link: Link,
    names: Names,
    clock: Arc<dyn Clock>,
    time: TimeSource,
    /// What this handle signs its changes with.
    origin: String,
    changes: Feed,
    watch: Watch,
    /// The tenants that this handle registered.
    tenants: Tenants,
}

impl RedisStore {
    /// The time as scripts take it: nothing for the server's own, else microseconds.
    pub(crate) fn script_now(&self) -> Vec<u8> {
        match self.time {
            TimeSource::Server => Vec::new(),
            TimeSource::Clock => micros(self.clock.now()).to_string().into_bytes(),
        }
    }
}

/// Microseconds since 1970, rounded down; 0 for what was before.
pub(crate) fn micros(at: Timestamp) -> u64 {
    u64::try_from(at.as_microsecond()).unwrap_or(0)
}

impl fmt::Debug for RedisStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisStore")
            .field("link", &self.link)
            .field("time", &self.time)
            .finish_non_exhaustive()
    }
}
