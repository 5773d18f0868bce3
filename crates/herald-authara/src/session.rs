//! Whose session an access token is: asked of the server, or verified here.

use std::{collections::HashMap, sync::Arc, time::Duration};

use async_trait::async_trait;
use herald_core::{
    clock::Clock,
    credential::{Credential, CredentialState, CredentialVerifier},
    error::ProviderError,
    identity::Profile,
    jwt::{self, Header, Rules, Typ, VerifyingKey},
    secret::Digest,
};
use jiff::Timestamp;
use secrecy::ExposeSecret as _;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    api::Api,
    config::{AutharaConfig, OpenError, Verify},
    cookie::{ACCESS, AccessToken, parse_header},
    identity::{self, Claims, NoPerson},
};

/// The longest life that is believed of a token; Authara's live ten minutes.
const LONGEST_LIFE: Duration = Duration::from_secs(24 * 60 * 60);

/// What was found out about a token, before it is read: kept as a login's answer, so that reading it again gives the same.
#[derive(Serialize, Deserialize)]
#[serde(tag = "kind", content = "value", rename_all = "snake_case")]
pub(crate) enum Evidence {
    /// What the server said.
    User(Value),
    /// The server knows no session of this token.
    Unauthorized,
    /// Nobody was asked; the token speaks for itself.
    Token(String),
}

/// How tokens are verified on one connection.
#[derive(Debug)]
pub(crate) struct Sessions {
    api: Api,
    clock: Arc<dyn Clock>,
    mode: Mode,
}

#[derive(Debug)]
enum Mode {
    Remote,
    Local(Local),
}

#[derive(Debug)]
struct Local {
    issuer: String,
    audience: String,
    keys: HashMap<String, VerifyingKey>,
    leeway: Duration,
}

impl Sessions {
    pub(crate) fn open(config: &AutharaConfig, api: Api, clock: Arc<dyn Clock>) -> Result<Self, OpenError> {
        let mode = match &config.verify {
            Verify::Remote => Mode::Remote,
            Verify::Local { issuer, audience, keys } => {
                let mut known = HashMap::new();
                for (kid, secret) in keys {
                    let key = VerifyingKey::hs256(secret.expose_secret())
                        .map_err(|source| OpenError::Key { kid: kid.clone(), source })?;
                    if known.insert(kid.clone(), key).is_some() {
                        return Err(OpenError::RepeatedKey(kid.clone()));
                    }
                }
                if known.is_empty() {
                    return Err(OpenError::NoKeys);
                }
                let (issuer, audience) = (issuer.clone(), audience.clone());
                Mode::Local(Local { issuer, audience, keys: known, leeway: config.leeway })
            }
        };
        Ok(Self { api, clock, mode })
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Finds out about a token: one call that changes nothing, or none.
    pub(crate) async fn look(&self, token: &AccessToken) -> Result<Evidence, ProviderError> {
        match &self.mode {
            Mode::Remote => Ok(self.api.user(token).await?.map_or(Evidence::Unauthorized, Evidence::User)),
            Mode::Local(_) => Ok(Evidence::Token(token.expose().to_owned())),
        }
    }

    /// Whom the evidence of that moment names.
    pub(crate) fn judge(&self, evidence: &Evidence, at: Timestamp) -> Result<Profile, NoPerson> {
        match (evidence, &self.mode) {
            (Evidence::User(user), Mode::Remote) => identity::of_user(user, at),
            (Evidence::Token(token), Mode::Local(local)) => identity::of_claims(local.verify(token, at)?),
            (Evidence::Unauthorized, _) => Err("Authara knows no such session"),
            // The connection was configured anew between two steps of one login.
            (Evidence::User(_), Mode::Local(_)) | (Evidence::Token(_), Mode::Remote) => {
                Err("verified in another way than this connection does")
            }
        }
    }

    /// Could this be the header of one of Authara's tokens?
    fn is_familiar(&self, header: &Header) -> bool {
        let Some(kid) = header.kid.as_ref().filter(|_| header.alg == "HS256") else { return false };
        match &self.mode {
            Mode::Remote => true,
            Mode::Local(local) => local.keys.contains_key(kid),
        }
    }
}

impl Local {
    fn verify(&self, token: &str, now: Timestamp) -> Result<Claims, NoPerson> {
        let header = jwt::peek(token).map_err(|rejected| rejected.0)?;
        let kid = header.kid.ok_or("the token names no key")?;
        let key = self.keys.get(&kid).ok_or("the token names a key that is not configured")?;
        let rules = Rules {
            issuer: &self.issuer,
            audience: Some(&self.audience),
            typ: Typ::JwtOrNone,
            leeway: self.leeway,
            now,
            max_life: LONGEST_LIFE,
        };
        jwt::verify(token, key, &rules).map_err(|rejected| rejected.0)
    }
}

/// Authara as a verifier of access tokens.
#[derive(Debug)]
pub(crate) struct AutharaVerifier(Arc<Sessions>);

impl AutharaVerifier {
    pub(crate) fn new(sessions: Arc<Sessions>) -> Self {
        Self(sessions)
    }
}

#[async_trait]
impl CredentialVerifier for AutharaVerifier {
    fn recognizes(&self, credential: Credential<'_>) -> bool {
        match credential {
            Credential::Token(token) => jwt::peek(token).is_ok_and(|header| self.0.is_familiar(&header)),
            Credential::Cookies(header) => parse_header(header).any(|(name, _)| name == ACCESS),
        }
    }

    /// Of cookies only Authara's own count: beside them lie the application's, which change as they like.
    fn digest(&self, credential: Credential<'_>) -> Digest {
        let Credential::Cookies(header) = credential else { return credential.whole() };
        let ours = parse_header(header).filter(|(name, _)| *name == ACCESS).map(|(_, value)| value);
        Digest::of(ours.collect::<Vec<_>>().join(";"))
    }

    async fn verify(&self, credential: Credential<'_>) -> Result<CredentialState, ProviderError> {
        let token = match credential {
            Credential::Token(token) => AccessToken::parse(token),
            Credential::Cookies(header) => AccessToken::among(parse_header(header)).ok(),
        };
        let Some(token) = token else { return Ok(CredentialState::NotActive) };
        let evidence = self.0.look(&token).await?;
        let Ok(profile) = self.0.judge(&evidence, self.0.now()) else {
            return Ok(CredentialState::NotActive);
        };
        // Authara vouched for the token, or we verified it: now its claims may be read.
        let claims: Option<Claims> = jwt::peek_claims(token.expose()).ok();
        Ok(CredentialState::Active {
            profile: Box::new(profile),
            expires_at: claims.as_ref().map(Claims::expires_at),
            provider_session: claims.as_ref().and_then(Claims::session),
        })
    }
}
