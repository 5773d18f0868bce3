//! A connection to a tenant's own Authara.

use std::collections::BTreeMap;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use schemars::JsonSchema;
use secrecy::{ExposeSecret as _, SecretSlice};
use serde::{Deserialize, Serialize};

use super::{Link, WebhookSection, link};
use crate::config::{Checker, Secret};

/// `provider = "authara"`: login on the tenant's own origin, no messages.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AutharaSection {
    /// Where we reach Authara, server to server.
    pub base_url: String,
    /// Herald on Authara's origin: the tenant's proxy routes it here, with the prefix stripped.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub browser_url: Option<String>,
    /// How a session is verified.
    #[serde(default)]
    pub verify: VerifyWord,
    /// The `iss` of its tokens; for `verify = "local"`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub issuer: Option<String>,
    /// The `aud` of its tokens; for `verify = "local"`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub audience: Option<String>,
    /// Its signing keys by `kid`, in base64 as in Authara's own setting; for `verify = "local"`.
    #[serde(default)]
    pub keys: BTreeMap<String, Secret>,
    /// How what Authara sends by itself is signed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub webhook: Option<WebhookSection>,
    /// The longest that one call takes, 1 to 60.
    #[serde(default = "link::default_timeout_seconds")]
    pub timeout_seconds: u32,
    /// How many calls may be under way at once, 1 to 10000.
    #[serde(default = "link::default_max_in_flight")]
    pub max_in_flight: u32,
    /// How far Authara's clock may be off, 0 to 60.
    #[serde(default = "link::default_leeway_seconds")]
    pub leeway_seconds: u32,
    /// Allows http and a private address, for exactly this `base_url`.
    #[serde(default)]
    pub is_private: bool,
}

/// How a session is verified.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum VerifyWord {
    /// By asking Authara; sees a session that was ended.
    #[default]
    Remote,
    /// By its signing keys; does not see a session that was ended before its token ends.
    Local,
}

/// How a session is verified, checked.
#[derive(Clone, Debug)]
pub enum AutharaVerify {
    /// By asking Authara.
    Remote,
    /// By its signing keys.
    Local(LocalKeys),
}

/// What local verification needs.
#[derive(Clone, Debug)]
pub struct LocalKeys {
    /// The `iss` of its tokens.
    pub issuer: String,
    /// The `aud` of its tokens.
    pub audience: String,
    /// Its signing keys by `kid`.
    pub keys: Vec<(String, SecretSlice<u8>)>,
}

/// A checked connection to Authara.
#[derive(Clone, Debug)]
pub struct Authara {
    /// How it is called.
    pub link: Link,
    /// How a session is verified.
    pub verify: AutharaVerify,
}

/// HS256 is as strong as its key: RFC 7518, 3.2 asks for as many bytes as the hash has.
const SHORTEST_KEY: usize = 32;

impl AutharaSection {
    pub(super) fn check(&self, check: &mut Checker<'_>) -> Option<Authara> {
        let keys = link::LinkKeys {
            base_url: &self.base_url,
            timeout_seconds: self.timeout_seconds,
            max_in_flight: self.max_in_flight,
            leeway_seconds: self.leeway_seconds,
            is_private: self.is_private,
        };
        let link = keys.check(check);
        if self.browser_url.is_none() {
            check.fault_at(
                "browser_url",
                "missing: an address on Authara's own origin that its proxy routes to Herald, \
                 or its cookies never reach us",
            );
        }
        let verify = match self.verify {
            VerifyWord::Remote => {
                self.refuse_local_keys(check);
                Some(AutharaVerify::Remote)
            }
            VerifyWord::Local => self.check_local(check).map(AutharaVerify::Local),
        };
        Some(Authara { link: link?, verify: verify? })
    }

    fn refuse_local_keys(&self, check: &mut Checker<'_>) {
        let keys = [
            ("issuer", self.issuer.is_some()),
            ("audience", self.audience.is_some()),
            ("keys", !self.keys.is_empty()),
        ];
        for (key, _) in keys.iter().filter(|(_, is_present)| *is_present) {
            check.fault_at(key, "only `verify = \"local\"` has this");
        }
    }

    fn check_local(&self, check: &mut Checker<'_>) -> Option<LocalKeys> {
        let mut word = |key: &str, value: &Option<String>| match value.as_deref().map(str::trim) {
            Some("") | None => {
                check.fault_at(key, "missing: `verify = \"local\"` needs it");
                None
            }
            Some(_) => value.clone(),
        };
        let issuer = word("issuer", &self.issuer);
        let audience = word("audience", &self.audience);
        if self.keys.is_empty() {
            check.fault_at("keys", "missing: `verify = \"local\"` needs at least one");
        }
        let mut keys = Vec::new();
        for (kid, secret) in &self.keys {
            let key = check.at(&format!("keys.{kid}"), |check| hs256_key(check, kid, secret));
            keys.extend(key.map(|key| (kid.clone(), key)));
        }
        Some(LocalKeys { issuer: issuer?, audience: audience?, keys })
    }
}

fn hs256_key(check: &mut Checker<'_>, kid: &str, secret: &Secret) -> Option<SecretSlice<u8>> {
    if kid.is_empty() || kid.len() > 128 || !kid.bytes().all(|b| b.is_ascii_graphic()) {
        check.fault("a key's name is 1 to 128 visible characters");
    }
    let text = secret.resolve(check)?;
    match STANDARD.decode(text.expose_secret().trim()) {
        Ok(key) if key.len() >= SHORTEST_KEY => Some(key.into()),
        _ => {
            check.fault(format!("not at least {SHORTEST_KEY} bytes in standard base64"));
            None
        }
    }
}
