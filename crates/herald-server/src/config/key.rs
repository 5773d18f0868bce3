//! API keys in the file: their SHA-256 and what they may do.

use std::collections::HashMap;

use herald_app::{Scope, Scopes};
use herald_core::secret::Digest;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Checker, secret::is_one_byte};
use crate::demo;

/// An API key of the tenant; `herald keys new` prints a key and this.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct KeySection {
    /// Whose it is, for people.
    pub name: String,
    /// The SHA-256 of the key, 64 hexadecimal digits.
    pub sha256: String,
    /// What it may do: `logins:write`, `logins:read`, `notifications:write`, `notifications:read`, `sessions:verify`,
    /// `sessions:write`, `sessions:read`, `webhooks:write`; `subjects:read` and `subjects:write` are reserved and open nothing
    /// yet.
    pub scopes: Vec<String>,
}

/// A checked API key.
#[derive(Clone, Debug)]
pub struct Key {
    /// Whose it is, for people.
    pub name: String,
    /// The SHA-256 of the key.
    pub sha256: Digest,
    /// What it may do.
    pub scopes: Scopes,
}

impl KeySection {
    /// Checks the section.
    pub fn check(&self, check: &mut Checker<'_>, seen: &mut Seen) -> Option<Key> {
        let sha256 = check.at("sha256", |check| seen.check(check, &self.sha256));
        let mut scopes = Vec::new();
        for (i, text) in self.scopes.iter().enumerate() {
            match Scope::parse(text) {
                Some(scope) => scopes.push(scope),
                None => check.fault_at(&format!("scopes[{i}]"), format!("there is no scope {text:?}")),
            }
        }
        if self.scopes.is_empty() {
            check.fault_at("scopes", "a key without a scope may do nothing");
        }
        Some(Key { name: self.name.clone(), sha256: sha256?, scopes: scopes.into_iter().collect() })
    }
}

/// The digests seen so far, each with the first key path that names it: no key may stand twice.
#[derive(Debug, Default)]
pub struct Seen(HashMap<Digest, String>);

impl Seen {
    /// Reads the digest of a key, or notes why it is none.
    pub fn check(&mut self, check: &mut Checker<'_>, hex: &str) -> Option<Digest> {
        let Some(digest) = Digest::from_hex(hex) else {
            check.fault("not a SHA-256 in 64 hexadecimal digits; `herald keys new` prints one");
            return None;
        };
        if is_one_byte(digest.as_bytes()) || digest == Digest::of("") {
            check.fault("this is an example value; `herald keys new` prints a real one");
            return None;
        }
        if !check.is_development && demo::TENANTS.iter().any(|tenant| digest == Digest::of(tenant.api_key)) {
            check.fault(
                "this is the key of the demo, which everybody knows; `herald keys new` prints another",
            );
            return None;
        }
        if let Some(first) = self.0.get(&digest) {
            check.fault(format!("the same key as {first}"));
            return None;
        }
        self.0.insert(digest, check.path().to_owned());
        Some(digest)
    }
}
