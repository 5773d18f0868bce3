//! A connection to Antara.

use schemars::JsonSchema;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Link, WebhookSection, link};
use crate::config::{Checker, Secret};

/// `provider = "antara"`: OAuth login, messages by slug.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AntaraSection {
    /// Where Antara is.
    pub base_url: String,
    /// What addresses for browsers begin with; `server.public_url` when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub browser_url: Option<String>,
    /// The app's UUID.
    pub client_id: String,
    /// What `iss` of a callback has to be; `base_url` when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub issuer: Option<String>,
    /// The app's API key. Absent: login only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub api_key: Option<Secret>,
    /// What a login asks for.
    #[serde(default = "default_scopes")]
    pub scopes: Vec<String>,
    /// How what Antara sends by itself is signed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub webhook: Option<WebhookSection>,
    /// The longest that one call takes, 1 to 60.
    #[serde(default = "link::default_timeout_seconds")]
    pub timeout_seconds: u32,
    /// How many calls may be under way at once, 1 to 10000.
    #[serde(default = "link::default_max_in_flight")]
    pub max_in_flight: u32,
    /// How far Antara's clock may be off, 0 to 60.
    #[serde(default = "link::default_leeway_seconds")]
    pub leeway_seconds: u32,
    /// Allows http and a private address, for exactly this `base_url`.
    #[serde(default)]
    pub is_private: bool,
}

fn default_scopes() -> Vec<String> {
    ["identity.read", "profile.basic"].map(str::to_owned).to_vec()
}

/// A checked connection to Antara.
#[derive(Clone, Debug)]
pub struct Antara {
    /// How it is called.
    pub link: Link,
    /// The app's UUID, as it stands in the file: it has to be what is registered.
    pub client_id: String,
    /// What `iss` of a callback has to be; `base_url` when absent.
    pub issuer: Option<String>,
    /// The app's API key.
    pub api_key: Option<SecretString>,
    /// What a login asks for.
    pub scopes: Vec<String>,
}

impl AntaraSection {
    pub(super) fn check(&self, check: &mut Checker<'_>) -> Option<Antara> {
        let keys = link::LinkKeys {
            base_url: &self.base_url,
            timeout_seconds: self.timeout_seconds,
            max_in_flight: self.max_in_flight,
            leeway_seconds: self.leeway_seconds,
            is_private: self.is_private,
        };
        let link = keys.check(check);
        let is_plain = |text: &str| {
            (1..=64).contains(&text.len())
                && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b':' | b'_' | b'-'))
        };
        for (i, _) in self.scopes.iter().enumerate().filter(|(_, scope)| !is_plain(scope)) {
            check.fault_at(&format!("scopes[{i}]"), "not the name of a scope");
        }
        let is_uuid = self.client_id.len() == 36 && Uuid::try_parse(&self.client_id).is_ok();
        if !is_uuid {
            check.fault_at("client_id", "not a UUID");
        }
        let api_key = match &self.api_key {
            Some(secret) => Some(check.at("api_key", |check| secret.resolve_strong(check))?),
            None => None,
        };
        Some(Antara {
            link: link?,
            client_id: self.client_id.clone(),
            issuer: self.issuer.clone(),
            api_key,
            scopes: self.scopes.clone(),
        })
    }
}
