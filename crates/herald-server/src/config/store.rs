//! `[store]`: where Herald keeps what it must not forget.

use std::path::PathBuf;

use base64::{
    Engine as _,
    alphabet::{STANDARD, URL_SAFE},
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use schemars::JsonSchema;
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};
use url::Url;
use zeroize::Zeroizing;

use super::{Checker, Secret, secret::is_one_byte};

/// 32 random bytes that what is stored is sealed with.
pub type EncryptionKey = Zeroizing<[u8; 32]>;

/// `[store]`: where Herald keeps what it must not forget.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StoreSection {
    /// Which store.
    #[serde(default)]
    pub kind: StoreKind,
    /// The file of the embedded store, `data/herald.redb` when absent; `":memory:"` keeps nothing and is for development only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// Addresses of Redis, `redis://` or, over TLS, `rediss://`: of the server, of the Sentinels, or of some nodes of the cluster. Secrets, because
    /// they have the password in them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub urls: Vec<Secret>,
    /// How Redis runs; `single` when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mode: Option<RedisMode>,
    /// The name of the master that the Sentinels watch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub master_name: Option<String>,
    /// What every key in Redis begins with, `herald` when absent; for installations that share one. 1 to 40 of a–z, 0–9 and `-`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prefix: Option<String>,
    /// How many processes share the store. More than one needs Redis.
    #[serde(default = "default_replicas")]
    pub replicas: u32,
    /// 32 bytes each, in base64: the first seals, all open; the same for all replicas. `herald keys encryption` makes one. With the
    /// embedded store, development makes its own.
    #[serde(default)]
    pub encryption_keys: Vec<Secret>,
}

/// Which store.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum StoreKind {
    /// One file, one process.
    #[default]
    Embedded,
    /// Redis, for several processes.
    Redis,
}

/// How redis runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RedisMode {
    /// One server.
    Single,
    /// Watched by Sentinel.
    Sentinel,
    /// A cluster.
    Cluster,
}

/// Where the embedded store is when nothing is said.
const DEFAULT_PATH: &str = "data/herald.redb";
/// What keys in Redis begin with when nothing is said.
const DEFAULT_PREFIX: &str = "herald";
/// More replicas than anybody runs.
const MOST_REPLICAS: u32 = 1000;

fn default_replicas() -> u32 {
    1
}

impl Default for StoreSection {
    fn default() -> Self {
        Self {
            kind: StoreKind::Embedded,
            path: None,
            urls: Vec::new(),
            mode: None,
            master_name: None,
            prefix: None,
            replicas: default_replicas(),
            encryption_keys: Vec::new(),
        }
    }
}

/// Where a store is.
#[derive(Clone, Debug)]
pub enum StorePlace {
    /// Nowhere but in memory.
    Memory,
    /// In this file.
    File(PathBuf),
    /// In Redis.
    Redis(RedisPlace),
}

/// Where a store in Redis is.
#[derive(Clone, Debug)]
pub struct RedisPlace {
    /// Its addresses.
    pub urls: Vec<SecretString>,
    /// How it runs, and with Sentinel the name of the master.
    pub topology: RedisTopology,
    /// What every key begins with.
    pub prefix: String,
}

/// How Redis runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RedisTopology {
    /// One server.
    Single,
    /// Watched by Sentinels.
    Sentinel {
        /// What they call the master.
        master_name: String,
    },
    /// A cluster.
    Cluster,
}

/// A checked `[store]`.
#[derive(Clone, Debug)]
pub struct Store {
    /// Where it is.
    pub place: StorePlace,
    /// How many processes share it.
    pub replicas: u32,
    /// The keys; none only in development with the embedded store, which makes its own.
    pub encryption_keys: Vec<EncryptionKey>,
}

impl StoreSection {
    /// Checks the section.
    pub fn check(&self, check: &mut Checker<'_>) -> Option<Store> {
        let place = match self.kind {
            StoreKind::Redis => self.check_redis(check),
            StoreKind::Embedded => self.check_embedded(check),
        };
        match (self.replicas, self.kind) {
            (0, _) => check.fault_at("replicas", "there is at least one"),
            (1, _) | (2..=MOST_REPLICAS, StoreKind::Redis) => {}
            (_, StoreKind::Redis) => check.fault_at("replicas", format!("more than {MOST_REPLICAS}")),
            (_, StoreKind::Embedded) => check.fault_at(
                "replicas",
                "the embedded store is for one process; more than one needs `kind = \"redis\"`",
            ),
        }
        let mut encryption_keys: Vec<EncryptionKey> = Vec::new();
        for (i, secret) in self.encryption_keys.iter().enumerate() {
            let Some(key) = check.at(&format!("encryption_keys[{i}]"), |check| encryption_key(check, secret))
            else {
                continue;
            };
            if encryption_keys.contains(&key) {
                check.fault_at(&format!("encryption_keys[{i}]"), "the same key twice");
            }
            encryption_keys.push(key);
        }
        if self.encryption_keys.is_empty() {
            if !check.is_development {
                check.fault_at(
                    "encryption_keys",
                    "at least one is needed; `herald keys encryption` makes one",
                );
            } else if self.kind == StoreKind::Redis {
                check.fault_at(
                    "encryption_keys",
                    "replicas need the same, so it has to be given; `herald keys encryption` makes one",
                );
            }
        }
        Some(Store { place: place?, replicas: self.replicas, encryption_keys })
    }

    fn check_embedded(&self, check: &mut Checker<'_>) -> Option<StorePlace> {
        let is_redis = [
            ("urls", !self.urls.is_empty()),
            ("mode", self.mode.is_some()),
            ("master_name", self.master_name.is_some()),
            ("prefix", self.prefix.is_some()),
        ];
        for (key, _) in is_redis.iter().filter(|(_, is_present)| *is_present) {
            check.fault_at(key, "only the redis store has this");
        }
        match self.path.as_deref().unwrap_or(DEFAULT_PATH) {
            "" => {
                check.fault_at("path", "empty");
                None
            }
            ":memory:" => {
                if !check.is_development {
                    check.fault_at("path", "a store that keeps nothing is for development only");
                }
                Some(StorePlace::Memory)
            }
            path => Some(StorePlace::File(path.into())),
        }
    }

    fn check_redis(&self, check: &mut Checker<'_>) -> Option<StorePlace> {
        if self.path.is_some() {
            check.fault_at("path", "only the embedded store has this");
        }
        let mode = self.mode.unwrap_or(RedisMode::Single);
        let topology = match (mode, &self.master_name) {
            (RedisMode::Sentinel, Some(name)) if !name.trim().is_empty() => {
                Some(RedisTopology::Sentinel { master_name: name.clone() })
            }
            (RedisMode::Sentinel, _) => {
                check.fault_at("master_name", "the Sentinels have to be asked for a master by its name");
                None
            }
            (RedisMode::Single | RedisMode::Cluster, Some(_)) => {
                check.fault_at("master_name", "only `mode = \"sentinel\"` has this");
                None
            }
            (RedisMode::Single, None) => Some(RedisTopology::Single),
            (RedisMode::Cluster, None) => Some(RedisTopology::Cluster),
        };
        match self.urls.len() {
            0 => check.fault_at("urls", "at least one is needed"),
            1 => {}
            _ if mode == RedisMode::Single => {
                check.fault_at("urls", "a single server has one; several are for `mode` sentinel or cluster");
            }
            _ => {}
        }
        let mut urls = Vec::new();
        for (i, secret) in self.urls.iter().enumerate() {
            urls.extend(check.at(&format!("urls[{i}]"), |check| redis_url(check, secret)));
        }
        let prefix = self.prefix.as_deref().unwrap_or(DEFAULT_PREFIX);
        let is_fine = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        if !(1..=40).contains(&prefix.len()) || !prefix.bytes().all(is_fine) {
            check.fault_at("prefix", "it is 1 to 40 of a–z, 0–9 and `-`");
        }
        Some(StorePlace::Redis(RedisPlace { urls, topology: topology?, prefix: prefix.to_owned() }))
    }
}

/// An address of Redis; a fault never repeats it, because of the password in it.
fn redis_url(check: &mut Checker<'_>, secret: &Secret) -> Option<SecretString> {
    let text = secret.resolve(check)?;
    let url = Url::parse(text.expose_secret()).ok();
    let is_good = url.is_some_and(|url| {
        matches!(url.scheme(), "redis" | "rediss") && url.host_str().is_some_and(|host| !host.is_empty())
    });
    if !is_good {
        check.fault("expected redis://host:port or, over TLS, rediss://host:port");
        return None;
    }
    Some(text)
}

/// Reads 32 bytes in base64, either alphabet, with or without padding.
pub fn decode_encryption_key(text: &str) -> Option<EncryptionKey> {
    let alphabet = if text.contains(['-', '_']) { &URL_SAFE } else { &STANDARD };
    let config = GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
    let bytes = Zeroizing::new(GeneralPurpose::new(alphabet, config).decode(text).ok()?);
    let mut key = Zeroizing::new([0; 32]);
    (bytes.len() == key.len()).then(|| {
        key.copy_from_slice(&bytes);
        key
    })
}

fn encryption_key(check: &mut Checker<'_>, secret: &Secret) -> Option<EncryptionKey> {
    let text = secret.resolve(check)?;
    let Some(key) = decode_encryption_key(text.expose_secret().trim()) else {
        check.fault("not 32 bytes in base64; `herald keys encryption` makes one");
        return None;
    };
    // 32 random bytes are all printable once in 10^14 times; a sentence that somebody typed always is.
    let is_typed = key.iter().all(|byte| byte.is_ascii_graphic() || *byte == b' ');
    let is_counted = key.windows(2).all(|pair| pair[1] == pair[0].wrapping_add(1));
    if is_one_byte(key.as_slice()) || is_typed || is_counted {
        check.fault("this is an example value, not random bytes; `herald keys encryption` makes some");
        return None;
    }
    Some(key)
}
