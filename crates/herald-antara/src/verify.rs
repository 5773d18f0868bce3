//! Tokens that somebody presents, from somewhere else than our own exchange.

use std::sync::Arc;

use async_trait::async_trait;
use herald_core::{
    clock::Clock,
    credential::{Credential, CredentialState, CredentialVerifier},
    error::ProviderError,
    identity::Attributes,
    secret::Digest,
};
use jiff::Timestamp;

use crate::{
    api::{Api, Introspection},
    config::AntaraConfig,
    identity::{Person, look_up, profile},
    token::IdentityToken,
};

/// Antara as a verifier of `oit_` tokens.
#[derive(Debug)]
pub(crate) struct AntaraVerifier {
    config: Arc<AntaraConfig>,
    api: Api,
    clock: Arc<dyn Clock>,
}

impl AntaraVerifier {
    pub(crate) fn new(config: Arc<AntaraConfig>, api: Api, clock: Arc<dyn Clock>) -> Self {
        Self { config, api, clock }
    }

    /// Is the token good, and was it given to this app? Without the second, a token that the victim gave to another app
    /// would sign in here.
    fn is_ours(&self, found: &Introspection) -> bool {
        let is_over = found.expires_at.is_some_and(|end| {
            let leeway = i64::try_from(self.config.leeway.as_secs()).unwrap_or(i64::MAX);
            end.saturating_add(leeway) <= self.clock.now().as_second()
        });
        found.active && !is_over && found.audience.as_deref() == Some(self.config.client_id.as_str())
    }
}

fn token(credential: Credential<'_>) -> Option<IdentityToken> {
    match credential {
        Credential::Token(text) => IdentityToken::parse(text),
        Credential::Cookies(_) => None,
    }
}

#[async_trait]
impl CredentialVerifier for AntaraVerifier {
    fn recognizes(&self, credential: Credential<'_>) -> bool {
        token(credential).is_some()
    }

    fn digest(&self, credential: Credential<'_>) -> Digest {
        credential.whole()
    }

    async fn verify(&self, credential: Credential<'_>) -> Result<CredentialState, ProviderError> {
        let Some(token) = token(credential) else { return Ok(CredentialState::NotActive) };
        let found = self.api.introspect(&token).await?;
        if !self.is_ours(&found) {
            return Ok(CredentialState::NotActive);
        }
        let Some(Person { slug, mut name }) = look_up(&self.api, &token).await? else {
            return Ok(CredentialState::NotActive);
        };
        let mut attributes =
            Attributes { circle_id: found.circle_id, scopes: found.scopes, ..Attributes::default() };
        if name.is_none() {
            // Only for a name to show: a userinfo that fails or knows none changes nothing about who it is.
            let info = self.api.userinfo(&token).await.unwrap_or_default();
            name = info.display_name.or(info.name).filter(|name| !name.trim().is_empty());
            attributes.trust_level = info.trust_level;
        }
        Ok(CredentialState::Active {
            profile: Box::new(profile(&slug, name, self.clock.now(), attributes)),
            expires_at: found.expires_at.and_then(|end| Timestamp::from_second(end).ok()),
            // Antara's answers name no session.
            provider_session: None,
        })
    }
}
