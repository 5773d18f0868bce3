//! `[store]`: where Herald keeps what it must not forget.

use std::path::PathBuf;

use base64::{
    Engine as _,
    alphabet::{STANDARD, URL_SAFE},
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use schemars::JsonSchema;
use secrecy::ExposeSecret as _;
use serde::{Deserialize, Serialize};
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
    /// The file of the embedded store; `":memory:"` keeps nothing and is for development only.
    #[serde(default = "default_path")]
    pub path: String,
    /// Addresses of redis.
    #[serde(default)]
    pub urls: Vec<Secret>,
    /// How redis runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mode: Option<RedisMode>,
    /// The name of the master that Sentinel watches.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub master_name: Option<String>,
    /// How many processes share the store. More than one needs redis.
    #[serde(default = "default_replicas")]
    pub replicas: u32,
    /// 32 bytes each, in base64: the first seals, all open. `herald keys encryption` makes one. Development makes its own.
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

fn default_path() -> String {
    "data/herald.redb".to_owned()
}

fn default_replicas() -> u32 {
    1
}

impl Default for StoreSection {
    fn default() -> Self {
        Self {
            kind: StoreKind::Embedded,
            path: default_path(),
            urls: Vec::new(),
            mode: None,
            master_name: None,
            replicas: default_replicas(),
            encryption_keys: Vec::new(),
        }
    }
}

/// Where the embedded store is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StorePlace {
    /// Nowhere but in memory.
    Memory,
    /// In this file.
    File(PathBuf),
}

/// A checked `[store]`.
#[derive(Clone, Debug)]
pub struct Store {
    /// Where it is.
    pub place: StorePlace,
    /// The keys; none only in development, which makes its own.
    pub encryption_keys: Vec<EncryptionKey>,
}

impl StoreSection {
    /// Checks the section.
    pub fn check(&self, check: &mut Checker<'_>) -> Option<Store> {
        match self.kind {
            StoreKind::Redis => {
                check.fault_at("kind", "the redis store is not available in this version");
            }
            StoreKind::Embedded => {
                let is_redis = [
                    ("urls", !self.urls.is_empty()),
                    ("mode", self.mode.is_some()),
                    ("master_name", self.master_name.is_some()),
                ];
                for (key, _) in is_redis.iter().filter(|(_, is_present)| *is_present) {
                    check.fault_at(key, "only the redis store has this");
                }
            }
        }
        match self.replicas {
            1 => {}
            0 => check.fault_at("replicas", "there is at least one"),
            _ => check.fault_at(
                "replicas",
                "more than one needs the redis store, which this version does not have",
            ),
        }
        let place = match self.path.as_str() {
            "" => {
                check.fault_at("path", "empty");
                return None;
            }
            ":memory:" => {
                if !check.is_development {
                    check.fault_at("path", "a store that keeps nothing is for development only");
                }
                StorePlace::Memory
            }
            path => StorePlace::File(path.into()),
        };
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
        if self.encryption_keys.is_empty() && !check.is_development {
            check.fault_at("encryption_keys", "at least one is needed; `herald keys encryption` makes one");
        }
        Some(Store { place, encryption_keys })
    }
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
