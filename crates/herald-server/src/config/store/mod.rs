//! `[store]`: where Herald keeps what it must not forget.

mod encryption_key;
mod redis;
#[cfg(test)]
mod tests;

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Checker, Secret};

pub use encryption_key::{EncryptionKey, decode_encryption_key};
pub use redis::{RedisPlace, RedisTopology};

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
    /// The path of a file with the certificates, in PEM, of the authorities whose certificates are believed of Redis over TLS, instead of
    /// the public ones.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ca_file: Option<String>,
    /// What every key in Redis begins with, `herald` when absent; for installations that share one. 1 to 40 of a–z, 0–9 and `-`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prefix: Option<String>,
    /// How many processes share the store, 1 to 1000. More than one needs Redis.
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
            ca_file: None,
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
            StoreKind::Redis => self.redis(check).map(StorePlace::Redis),
            StoreKind::Embedded => self.embedded(check),
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
            let Some(key) =
                check.at(&format!("encryption_keys[{i}]"), |check| encryption_key::checked(check, secret))
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

    fn embedded(&self, check: &mut Checker<'_>) -> Option<StorePlace> {
        let is_redis = [
            ("urls", !self.urls.is_empty()),
            ("mode", self.mode.is_some()),
            ("master_name", self.master_name.is_some()),
            ("ca_file", self.ca_file.is_some()),
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
}
