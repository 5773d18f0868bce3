//! What one connection to Authara is told.

use std::time::Duration;

use herald_core::{
    jwt::KeyError,
    provider::{ProviderAccount, ProviderName},
    webhook_source::WebhookSignature,
};
use herald_outbound::Reach;
use secrecy::SecretSlice;
use url::Url;

/// One Authara server, and the origin that it shares with Herald.
#[derive(Clone, Debug)]
pub struct AutharaConfig {
    /// The server, from here.
    pub base_url: Url,
    /// Herald as browsers reach it on Authara's own origin, `https://app.acme.example/herald`.
    pub browser_url: Url,
    /// Who says whether an access token is good.
    pub verify: Verify,
    /// The longest that one request takes, from its first byte to the last of the answer.
    pub timeout: Duration,
    /// How many requests may be under way at once.
    pub max_in_flight: usize,
    /// Which addresses `base_url` may lead to.
    pub reach: Reach,
    /// How far Authara's clock may be behind or ahead of ours; matters where tokens are verified here.
    pub leeway: Duration,
    /// How what Authara sends by itself is signed. Absent: nothing is taken in.
    pub webhook: Option<WebhookSignature>,
}

/// Who says whether an access token is good.
#[derive(Clone, Debug)]
pub enum Verify {
    /// The server, asked each time: it sees a disabled person, and with its cache on an ended session.
    Remote,
    /// We ourselves, without a call. Sees neither until the token ends, and holds keys that can also mint.
    Local {
        /// `iss`, to the letter.
        issuer: String,
        /// What `aud` has to contain: `app`, usually.
        audience: String,
        /// The shared secrets by `kid`, each of at least 32 bytes.
        keys: Vec<(String, SecretSlice<u8>)>,
    },
}

/// Why a connection cannot be opened; for the operator who wrote the configuration.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// The outbound client refuses its part.
    #[error(transparent)]
    Client(#[from] herald_outbound::OpenError),
    /// The browser's address has no origin that cookies could belong to.
    #[error("browser_url: must be http or https")]
    BrowserUrl,
    /// Local verification without a key.
    #[error("keys: at least one is needed to verify locally")]
    NoKeys,
    /// Two keys of one name.
    #[error("keys: {0:?} is there twice")]
    RepeatedKey(String),
    /// A key that is no good.
    #[error("keys: {kid:?}: {source}")]
    Key {
        /// Its name.
        kid: String,
        /// What is wrong with it.
        source: KeyError,
    },
}

impl AutharaConfig {
    /// The account that this connection is: the origin that Authara's cookies belong to.
    pub fn account(&self) -> Result<ProviderAccount, OpenError> {
        if !matches!(self.browser_url.scheme(), "https" | "http") {
            return Err(OpenError::BrowserUrl);
        }
        let account = self.browser_url.origin().ascii_serialization();
        Ok(ProviderAccount { provider: ProviderName::AUTHARA, account })
    }
}
