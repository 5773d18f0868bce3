//! Antirius' tokens, checked in full: at the end of a login, and when somebody presents one.

use std::{fmt, sync::Arc, time::Duration};

use async_trait::async_trait;
use herald_core::{
    clock::Clock,
    credential::{Credential, CredentialState, CredentialVerifier},
    error::ProviderError,
    identity::Profile,
    jwt::{self, Rejected, Rules, Typ},
    secret::Digest,
};
use herald_outbound::JwksCache;
use jiff::Timestamp;
use serde::Deserialize;

use crate::{config::AntiriusConfig, identity::Claims, session::KeptAnswer};

/// The longest that a token may live; Antirius' live an hour.
const MAX_LIFE: Duration = Duration::from_secs(24 * 3600);

/// Checks tokens of one app.
pub(crate) struct AntiriusVerifier {
    keys: JwksCache,
    clock: Arc<dyn Clock>,
    issuer: String,
    app_id: String,
    leeway: Duration,
}

impl AntiriusVerifier {
    pub(crate) fn new(config: &AntiriusConfig, keys: JwksCache, clock: Arc<dyn Clock>) -> Self {
        let (issuer, app_id) = (config.issuer.clone(), config.app_id.clone());
        Self { keys, clock, issuer, app_id, leeway: config.leeway }
    }

    /// The person that an answer vouches for. Keys that cannot be had are an error.
    pub(crate) async fn identify(
        &self,
        answer: &KeptAnswer,
    ) -> Result<Result<Profile, Rejected>, ProviderError> {
        let Some(token) = answer.body.get("token").and_then(serde_json::Value::as_str) else {
            return Ok(Err(Rejected("the answer has no token")));
        };
        let checked = self.check(token, answer.received_at).await?;
        Ok(checked.and_then(|claims| {
            let mut profile = claims.profile(&self.app_id)?;
            claims.agree_with(&answer.body)?;
            let earliest = answer.begun_at.saturating_sub(self.leeway).unwrap_or(Timestamp::MIN);
            if claims.issued_at() < earliest {
                return Err(Rejected("the token is older than the login"));
            }
            profile.authenticated_at = claims.confirmed_at(&answer.body);
            Ok(profile)
        }))
    }

    /// The claims of a token that was received then.
    async fn check(
        &self,
        token: &str,
        received_at: Timestamp,
    ) -> Result<Result<Claims, Rejected>, ProviderError> {
        // What cannot be right asks nobody for keys.
        let kid = match jwt::peek(token) {
            Ok(header) if header.alg != "RS256" => return Ok(Err(Rejected("the algorithm is not RS256"))),
            Ok(header) => header.kid,
            Err(rejected) => return Ok(Err(rejected)),
        };
        let Some(kid) = kid else { return Ok(Err(Rejected("the token names no key"))) };
        let Some(key) = self.keys.key_of_token_from(&kid, received_at).await? else {
            return Ok(Err(Rejected("the token names an unknown key")));
        };
        let rules = Rules {
            issuer: &self.issuer,
            // `app_id` is what other issuers call the audience; the profile checks it.
            audience: None,
            typ: Typ::JwtOrNone,
            leeway: self.leeway,
            now: self.clock.now(),
            max_life: MAX_LIFE,
        };
        Ok(jwt::verify(token, &key, &rules))
    }
}

/// Whose a token says it is, before anything is verified.
#[derive(Deserialize)]
struct Owner {
    iss: String,
    app_id: String,
}

#[async_trait]
impl CredentialVerifier for AntiriusVerifier {
    fn recognizes(&self, credential: Credential<'_>) -> bool {
        let Credential::Token(token) = credential else { return false };
        jwt::peek(token).is_ok_and(|header| header.alg == "RS256")
            && jwt::peek_claims::<Owner>(token)
                .is_ok_and(|owner| owner.iss == self.issuer && owner.app_id == self.app_id)
    }

    fn digest(&self, credential: Credential<'_>) -> Digest {
        credential.whole()
    }

    async fn verify(&self, credential: Credential<'_>) -> Result<CredentialState, ProviderError> {
        let Credential::Token(token) = credential else { return Ok(CredentialState::NotActive) };
        // Asking for keys is for tokens that claim to be ours.
        if !self.recognizes(credential) {
            return Ok(CredentialState::NotActive);
        }
        let checked = self.check(token, Timestamp::MIN).await?;
        let found = checked.and_then(|claims| Ok((claims.profile(&self.app_id)?, claims.expires_at())));
        Ok(match found {
            Ok((profile, expires_at)) => {
                // Its tokens name no session.
                let (profile, expires_at) = (Box::new(profile), Some(expires_at));
                CredentialState::Active { profile, expires_at, provider_session: None }
            }
            Err(Rejected(why)) => {
                tracing::debug!(provider = "antirius", why, "a presented token is not active");
                CredentialState::NotActive
            }
        })
    }
}

impl fmt::Debug for AntiriusVerifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AntiriusVerifier")
            .field("issuer", &self.issuer)
            .field("app_id", &self.app_id)
            .finish_non_exhaustive()
    }
}
