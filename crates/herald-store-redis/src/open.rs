//! Opening: Redis is looked at before anything is entrusted to it.

use std::sync::Arc;

use herald_core::clock::{Clock, Entropy as _, SystemEntropy};

use crate::{
    RedisStore, TimeSource,
    changes::Feed,
    link::{RedisOptions, check, watch::Watch},
    names::Names,
    tenants::Tenants,
};

/// The store cannot be opened. The text says what to do.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// One of the addresses is none.
    #[error(
        "address {} of Redis is none; it is like redis://user:password@host:6379/0, or rediss:// for TLS",
        .0 + 1
    )]
    Address(usize),
    /// There are none, or several of a single server.
    #[error("a single Redis has one address; Sentinel and a cluster have one or several")]
    AddressCount,
    /// What should be certificates is none.
    #[error("the authorities that certificates of Redis have to be of are no certificates in PEM")]
    Authorities,
    /// What keys should begin with is no good.
    #[error("the prefix of the keys is 1 to 40 of a-z, 0-9 and `-`")]
    Prefix,
    /// Nobody answered for a minute.
    #[error("Redis cannot be reached: {0}; check that it runs, its addresses and the network")]
    Unreachable(String),
    /// It answered that we may not.
    #[error("Redis refused the user or the password; check both in its addresses")]
    Password,
    /// The user may not do what the store does.
    #[error(
        "Redis does not let its user do all that the store does; it refused {refused}; give the user `{rules}` and the commands \
         that deploy/redis.acl lists"
    )]
    Rights {
        /// The commands that were refused.
        refused: String,
        /// The keys and the channel that the user needs, as rules of Redis.
        rules: String,
    },
    /// It runs in another way than was said.
    #[error(
        "Redis runs as `{found}`; give the store the mode that fits, and the addresses of servers or Sentinels as it asks for"
    )]
    Mode {
        /// What it says itself.
        found: String,
    },
    /// It lacks what the scripts need.
    #[error("Redis {0} is too old; use 7.0 or later")]
    Version(String),
    /// A restart would lose everything.
    #[error("Redis does not keep what it is given; set `appendonly yes` in its configuration")]
    Forgets,
    /// It may drop what it was given.
    #[error(
        "Redis may drop what it is given when its memory is full (`{0}`); set `maxmemory-policy noeviction`"
    )]
    Evicts(String),
    /// Leases and deadlines would be wrong.
    #[error(
        "the clocks of this host and of Redis are {seconds} s apart; let both follow the same time server"
    )]
    Clock {
        /// How far.
        seconds: i64,
    },
}

impl RedisStore {
    /// Opens the store: checks every master, and waits for up to a minute if Redis cannot be reached. The wait goes by `clock`.
    pub async fn open(
        options: RedisOptions,
        clock: Arc<dyn Clock>,
        time: TimeSource,
    ) -> Result<Self, OpenError> {
        let link = options.link()?;
        let names = Names::new(&options.prefix);
        check::check(&link, &names, &options.mode, options.is_development, clock.as_ref()).await?;
        let origin = origin();
        let changes = Feed::start(link.clone(), names.channel(), origin.clone());
        let watch = Watch::new(Arc::clone(&clock), options.is_development);
        Ok(Self { link, names, clock, time, origin, changes, watch, tenants: Tenants::default() })
    }
}

/// What this handle signs its changes with. It decides nothing but what is not told back to who said it.
fn origin() -> String {
    let mut bytes = [0; 16];
    SystemEntropy.fill(&mut bytes);
    format!("{:032x}", u128::from_be_bytes(bytes))
}
