//! What one connection to Antara is told.

use std::time::Duration;

use herald_core::{
    provider::{ProviderAccount, ProviderName},
    webhook_source::WebhookSignature,
};
use herald_outbound::Reach;
use secrecy::SecretString;
use url::Url;

/// One app at one environment of Antara.
#[derive(Clone, Debug)]
pub struct AntaraConfig {
    /// The app's UUID, exactly as registered.
    pub client_id: String,
    /// The environment, `https://api.useantara.com` in production.
    pub base_url: Url,
    /// What `iss` of a callback has to be, to the letter. Absent: `base_url` without a slash at its end.
    pub issuer: Option<String>,
    /// The app's API key (`antara_live_…`). Absent: this connection cannot send messages.
    pub api_key: Option<SecretString>,
    /// What a login asks the person for; none leaves it to the registration. Without `identity.read` a person whose token
    /// answer names nobody cannot be identified, and presented tokens cannot be verified.
    pub scopes: Vec<String>,
    /// The longest that one request takes, from its first byte to the last of the answer.
    pub timeout: Duration,
    /// How many requests may be under way at once.
    pub max_in_flight: usize,
    /// Which addresses `base_url` may lead to.
    pub reach: Reach,
    /// How far Antara's clock may be behind or ahead of ours.
    pub leeway: Duration,
    /// How what Antara sends by itself is signed. Absent: nothing is taken in.
    pub webhook: Option<WebhookSignature>,
}

impl AntaraConfig {
    /// The account that this connection is: its client id.
    pub fn account(&self) -> ProviderAccount {
        ProviderAccount { provider: ProviderName::ANTARA, account: self.client_id.clone() }
    }

    /// The issuer that a callback has to name, if it names one.
    pub(crate) fn issuer(&self) -> &str {
        self.issuer.as_deref().unwrap_or_else(|| self.base_url.as_str().trim_end_matches('/'))
    }
}
