//! What one connection to Antirius is told.

use std::time::Duration;

use herald_core::provider::{ProviderAccount, ProviderName};
use herald_outbound::{OpenError, Reach};
use secrecy::SecretString;
use url::Url;

/// One app at Antirius.
#[derive(Clone, Debug)]
pub struct AntiriusConfig {
    /// The app's id, 24 hex characters.
    pub app_id: String,
    /// `https://id.antirius.com` in production.
    pub base_url: Url,
    /// What `iss` of a token has to be, to the letter.
    pub issuer: String,
    /// What `Origin` says when a session is created; one of the app's allowed domains.
    pub origin: String,
    /// The token of the message API. Absent: this connection cannot send messages.
    pub message_token: Option<SecretString>,
    /// Where links may lead: hosts, for https on its usual port (`t.me`). For development also `host:port`, which allows http
    /// there.
    pub link_hosts: Vec<String>,
    /// Send the browser to Antirius' own page instead of showing links. Then a session id that leaked can be put into a
    /// callback by whoever has it, so it is off by default.
    pub hosted_login: bool,
    /// The longest that one request takes, long polls aside.
    pub timeout: Duration,
    /// How far Antirius' clock may be behind or ahead of ours, 60 s at most. 30 s is a good value.
    pub leeway: Duration,
    /// How many requests may be under way at once, status polls aside.
    pub max_in_flight: usize,
    /// Which addresses `base_url` may lead to.
    pub reach: Reach,
    /// How many long polls may be held at once; more logins than that are looked at by short polls. 512 is a good value.
    pub status_polls: usize,
}

impl AntiriusConfig {
    /// The account that this connection is: its app id.
    pub fn account(&self) -> ProviderAccount {
        ProviderAccount { provider: ProviderName::ANTIRIUS, account: self.app_id.clone() }
    }

    /// Says what cannot work.
    pub(crate) fn check(&self) -> Result<(), OpenError> {
        let fault = |name, fault| Err(OpenError::Setting { name, fault });
        if !is_object_id(&self.app_id) {
            return fault("app_id", "24 hexadecimal digits in lower case");
        }
        if self.issuer.is_empty() {
            return fault("issuer", "it is empty, and every token would be refused");
        }
        let is_origin =
            Url::parse(&self.origin).is_ok_and(|url| url.origin().ascii_serialization() == self.origin);
        if !is_origin {
            return fault("origin", "a scheme and a host, perhaps a port, and nothing more");
        }
        if !self.hosted_login && self.link_hosts.is_empty() {
            return fault("link_hosts", "no link could be shown");
        }
        if self.leeway > Duration::from_secs(60) {
            return fault("leeway_seconds", "60 at most");
        }
        if self.status_polls == 0 {
            return Err(OpenError::Zero("status_polls"));
        }
        Ok(())
    }
}

/// Is this an id as Antirius makes them?
pub(crate) fn is_object_id(text: &str) -> bool {
    text.len() == 24 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}
