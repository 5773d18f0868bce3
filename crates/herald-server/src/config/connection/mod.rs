//! `[tenants.….connections.…]`: one account at a provider.

mod antara;
mod antirius;
mod authara;
mod link;
mod webhook;

pub use antara::{Antara, AntaraSection};
pub use antirius::{Antirius, AntiriusSection};
pub use authara::{Authara, AutharaSection, AutharaVerify, LocalKeys};
pub use link::Link;
pub use webhook::{SignatureEncoding, WebhookSection};

use herald_core::{id::ConnectionId, provider::ProviderName, webhook_source::WebhookSignature};
use schemars::JsonSchema;
use serde::Serialize;

use super::{Checker, Server, address};

/// `[tenants.….connections.…]`: one account at a provider.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(tag = "provider", rename_all = "snake_case")]
pub enum ConnectionSection {
    /// Antara: OAuth login, messages by slug.
    Antara(AntaraSection),
    /// Antirius: login through messengers, messages by phone number.
    Antirius(AntiriusSection),
    /// Authara: login on the tenant's own origin, no messages.
    Authara(AutharaSection),
}

impl ConnectionSection {
    /// Reads the shape that its `provider` asks for. A tagged enum of serde would lose the key path on the way.
    pub fn read(check: &mut Checker<'_>, value: toml::Value) -> Option<Self> {
        let toml::Value::Table(mut table) = value else {
            check.fault("not a table");
            return None;
        };
        let provider = match table.remove("provider") {
            Some(toml::Value::String(word)) => word,
            Some(_) => {
                check.fault_at("provider", "not a word");
                return None;
            }
            None => {
                check.fault_at("provider", "missing: antara, antirius or authara");
                return None;
            }
        };
        let table = toml::Value::Table(table);
        match provider.as_str() {
            "antara" => check.read(table).map(Self::Antara),
            "antirius" => check.read(table).map(Self::Antirius),
            "authara" => check.read(table).map(Self::Authara),
            _ => {
                check.fault_at(
                    "provider",
                    format!("there is no provider {provider:?}: antara, antirius or authara"),
                );
                None
            }
        }
    }

    /// Why it cannot notify; `None` when it can.
    pub fn why_silent(&self) -> Option<&'static str> {
        match self {
            Self::Antara(section) if section.api_key.is_none() => Some("it has no `api_key`"),
            Self::Antirius(section) if section.message_token.is_none() => Some("it has no `message_token`"),
            Self::Antara(_) | Self::Antirius(_) => None,
            Self::Authara(_) => Some("Authara has no messages"),
        }
    }

    /// Checks the section.
    pub fn check(&self, check: &mut Checker<'_>, name: &str, server: Option<&Server>) -> Option<Connection> {
        let id = ConnectionId::parse(name)
            .map_err(|_| check.fault("a connection's name is 1 to 40 of a–z, 0–9 and `-`"))
            .ok();
        let (browser_url, webhook) = match self {
            Self::Antara(section) => (&section.browser_url, &section.webhook),
            Self::Antirius(section) => (&section.browser_url, &None),
            Self::Authara(section) => (&section.browser_url, &section.webhook),
        };
        let browser_url = match browser_url {
            Some(text) => check.at("browser_url", |check| address::own_url(check, text)),
            None => server.map(|server| server.public_url.clone()),
        };
        let webhook = webhook.as_ref().and_then(|webhook| check.at("webhook", |check| webhook.check(check)));
        let provider = match self {
            Self::Antara(section) => section.check(check).map(Provider::Antara),
            Self::Antirius(section) => section.check(check, server).map(Provider::Antirius),
            Self::Authara(section) => section.check(check).map(Provider::Authara),
        };
        Some(Connection { id: id?, browser_url: browser_url?, provider: provider?, webhook })
    }
}

/// A checked connection.
#[derive(Clone, Debug)]
pub struct Connection {
    /// Its name.
    pub id: ConnectionId,
    /// What addresses for browsers begin with; no slash at its end.
    pub browser_url: String,
    /// What its provider needs.
    pub provider: Provider,
    /// How what the provider sends by itself is signed. Absent: nothing is taken in.
    pub webhook: Option<WebhookSignature>,
}

/// What a provider needs.
#[derive(Clone, Debug)]
pub enum Provider {
    /// Antara.
    Antara(Antara),
    /// Antirius.
    Antirius(Antirius),
    /// Authara.
    Authara(Authara),
}

impl Connection {
    /// The provider's word.
    pub fn provider_name(&self) -> ProviderName {
        match self.provider {
            Provider::Antara(_) => ProviderName::ANTARA,
            Provider::Antirius(_) => ProviderName::ANTIRIUS,
            Provider::Authara(_) => ProviderName::AUTHARA,
        }
    }

    /// The account at the provider: what user keys are unique within.
    pub fn account(&self) -> String {
        match &self.provider {
            Provider::Antara(antara) => antara.client_id.clone(),
            Provider::Antirius(antirius) => antirius.app_id.clone(),
            Provider::Authara(_) => origin(&self.browser_url),
        }
    }
}

/// Scheme, host and port of an address.
pub(super) fn origin(address: &str) -> String {
    url::Url::parse(address).map_or_else(|_| address.to_owned(), |url| url.origin().ascii_serialization())
}
