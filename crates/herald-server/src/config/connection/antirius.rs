//! A connection to Antirius.

use schemars::JsonSchema;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use url::Url;

use super::{Link, link, origin};
use crate::config::{Checker, Secret, Server, address};

/// `provider = "antirius"`: login through messengers, messages by phone number.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AntiriusSection {
    /// Where Antirius is.
    pub base_url: String,
    /// The `iss` of its tokens; `base_url` when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub issuer: Option<String>,
    /// The `Origin` that we call with, one of the app's allowed domains; that of `server.public_url` when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<String>,
    /// What addresses for browsers begin with; `server.public_url` when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub browser_url: Option<String>,
    /// The app's id, 24 hexadecimal digits.
    pub app_id: String,
    /// The app's message token. Absent: this connection cannot notify.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message_token: Option<Secret>,
    /// The hosts (with a port where it is not 443) that links to messengers may lead to.
    #[serde(default = "default_link_hosts")]
    pub link_hosts: Vec<String>,
    /// A redirect to Antirius' own page instead of links. Its session is not made by us: one that leaked before it was
    /// used could be put into a callback, which only our own state in the address prevents.
    #[serde(default)]
    pub hosted_login: bool,
    /// The longest that one call takes, 1 to 60; a long poll may take 10 s more.
    #[serde(default = "link::default_timeout_seconds")]
    pub timeout_seconds: u32,
    /// How many calls may be under way at once, 1 to 10000.
    #[serde(default = "link::default_max_in_flight")]
    pub max_in_flight: u32,
    /// How far Antirius' clock may be off, 0 to 60.
    #[serde(default = "link::default_leeway_seconds")]
    pub leeway_seconds: u32,
    /// Allows http and a private address, for exactly this `base_url`.
    #[serde(default)]
    pub is_private: bool,
}

fn default_link_hosts() -> Vec<String> {
    ["t.me", "max.me", "max.ru", "wa.me"].map(str::to_owned).to_vec()
}

/// A checked connection to Antirius.
#[derive(Clone, Debug)]
pub struct Antirius {
    /// How it is called.
    pub link: Link,
    /// The `iss` of its tokens, byte for byte.
    pub issuer: String,
    /// The `Origin` that we call with.
    pub origin: String,
    /// The app's id, in lower case.
    pub app_id: String,
    /// The app's message token.
    pub message_token: Option<SecretString>,
    /// The hosts that links to messengers may lead to.
    pub link_hosts: Vec<String>,
    /// A redirect to Antirius' own page instead of links.
    pub hosted_login: bool,
}

impl AntiriusSection {
    pub(super) fn check(&self, check: &mut Checker<'_>, server: Option<&Server>) -> Option<Antirius> {
        let keys = link::LinkKeys {
            base_url: &self.base_url,
            timeout_seconds: self.timeout_seconds,
            max_in_flight: self.max_in_flight,
            leeway_seconds: self.leeway_seconds,
            is_private: self.is_private,
        };
        let link = keys.check(check);
        // MongoDB writes its ids in lower case, and tokens carry them so.
        let app_id = self.app_id.to_ascii_lowercase();
        if app_id.len() != 24 || !app_id.bytes().all(|b| b.is_ascii_hexdigit()) {
            check.fault_at("app_id", "not 24 hexadecimal digits");
        }
        if self.link_hosts.is_empty() && !self.hosted_login {
            check.fault_at("link_hosts", "without one no link can be shown");
        }
        for (i, _) in self.link_hosts.iter().enumerate().filter(|(_, host)| !is_host(host)) {
            check.fault_at(&format!("link_hosts[{i}]"), "not a host, or a host and a port");
        }
        if self.issuer.as_deref().is_some_and(|issuer| issuer.trim().is_empty()) {
            check.fault_at("issuer", "empty");
        }
        let called_from = match &self.origin {
            Some(text) => check.at("origin", |check| bare_origin(check, text)),
            None => server.map(|server| origin(&server.public_url)),
        };
        let message_token = match &self.message_token {
            Some(secret) => Some(check.at("message_token", |check| secret.resolve_strong(check))?),
            None => None,
        };
        Some(Antirius {
            link: link?,
            issuer: self.issuer.clone().unwrap_or_else(|| self.base_url.trim_end_matches('/').to_owned()),
            origin: called_from?,
            app_id,
            message_token,
            link_hosts: self.link_hosts.clone(),
            hosted_login: self.hosted_login,
        })
    }
}

fn bare_origin(check: &mut Checker<'_>, text: &str) -> Option<String> {
    let url = address::own_url(check, text)?;
    if origin(&url) != url {
        check.fault("an origin is scheme, host and port only");
        return None;
    }
    Some(url)
}

fn is_host(text: &str) -> bool {
    Url::parse(&format!("https://{text}/")).is_ok_and(|url| {
        let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
        url.host_str().is_some_and(|host| format!("{host}{port}") == text)
    })
}
