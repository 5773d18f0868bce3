//! The port that checks a credential which a provider issued, outside a login.

use std::fmt;

use async_trait::async_trait;
use jiff::Timestamp;

use crate::{error::ProviderError, identity::Profile, secret::Digest};

/// A credential that somebody presents.
#[derive(Clone, Copy)]
pub enum Credential<'a> {
    /// A token, as a bearer would send it.
    Token(&'a str),
    /// The value of a `Cookie` header.
    Cookies(&'a str),
}

impl Credential<'_> {
    /// The digest of all of it.
    pub fn whole(self) -> Digest {
        let (Self::Token(text) | Self::Cookies(text)) = self;
        Digest::of(text)
    }
}

impl fmt::Debug for Credential<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Token(_) => "Token(…)",
            Self::Cookies(_) => "Cookies(…)",
        })
    }
}

/// What a check found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CredentialState {
    /// The provider vouches for this person until then (where it says until when).
    Active {
        /// Who it is.
        profile: Box<Profile>,
        /// When the credential ends.
        expires_at: Option<Timestamp>,
        /// The provider's own session that it belongs to, where the credential names one.
        provider_session: Option<String>,
    },
    /// Bad, expired, ended, malformed, or for somebody else.
    NotActive,
}

/// One tenant's connection to a provider, for checking credentials that the provider issued.
#[async_trait]
pub trait CredentialVerifier: fmt::Debug + Send + Sync + 'static {
    /// Could this credential be of this provider account? No IO, decides nothing else.
    fn recognizes(&self, credential: Credential<'_>) -> bool;

    /// The digest of what counts in this credential: two with the same digest are checked alike, whatever else stands in them. No
    /// IO.
    fn digest(&self, credential: Credential<'_>) -> Digest;

    /// Checks it.
    ///
    /// # Behaviour
    /// - `what_is_not_active_is_a_value`: bad, expired, revoked or foreign is `NotActive`, not an error.
    /// - `a_token_of_another_app_is_not_active`.
    async fn verify(&self, credential: Credential<'_>) -> Result<CredentialState, ProviderError>;
}
