//! Access tokens (RFC 9068): what a service shows, and what others can check without asking Herald.

use std::time::Duration;

use herald_core::{
    clock::Entropy,
    id::{ConnectionId, SessionId, SubjectId, TenantId, encode_base32},
    jwt::{Header, Rejected, Rules, Token, Typ, VerifyingKey},
    provider::ProviderName,
    session::Session,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::tenant::SessionRules;

/// The `typ` of access tokens (RFC 9068, 2.1).
pub const TYP: &str = "at+jwt";

/// Does a token's header say that it is an access token? Says nothing about whether it is good.
pub fn is_one(header: &Header) -> bool {
    header
        .typ
        .as_deref()
        .is_some_and(|typ| typ.eq_ignore_ascii_case(TYP) || typ.eq_ignore_ascii_case("application/at+jwt"))
}

/// How long an access token lives, in seconds, if its session does.
pub const ACCESS_SECONDS: u32 = 600;
/// How far the clocks of replicas may differ.
const LEEWAY: Duration = Duration::from_secs(5);

/// The claims of an access token. Every one of them is always there, unless it says otherwise.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccessClaims {
    /// The tenant's issuer, `{public_url}/t/{tenant}` (RFC 7519, 4.1.1).
    pub iss: String,
    /// Whom it is for: the tenant's `audience`, or the issuer (RFC 7519, 4.1.3).
    pub aud: String,
    /// The person, the same at every login (RFC 7519, 4.1.2).
    pub sub: SubjectId,
    /// The session (OpenID Connect Front-Channel Logout 1.0, 3).
    pub sid: SessionId,
    /// Who asked for it: the tenant, which is the only client of its issuer (RFC 8693, 4.3; RFC 9068, 2.2).
    pub client_id: TenantId,
    /// Its own name, no two alike: 128 random bits (RFC 7519, 4.1.7).
    pub jti: String,
    /// When it was made, in seconds since 1970 (RFC 7519, 4.1.6).
    pub iat: i64,
    /// From when on it is no good, in seconds since 1970: [`ACCESS_SECONDS`] after `iat`, and never after the absolute end of its
    /// session (RFC 7519, 4.1.4).
    pub exp: i64,
    /// When the provider confirmed the person, in seconds since 1970 (RFC 9068, 2.2.1).
    pub auth_time: i64,
    /// How the person proved themselves; absent where the provider does not say (RFC 8176; RFC 9068, 2.2.1).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub amr: Vec<String>,
    /// The provider that vouched, such as `antara`. Herald's own claim.
    pub provider: ProviderName,
    /// The tenant's connection that the person came through. Herald's own claim.
    pub connection: ConnectionId,
}

impl AccessClaims {
    /// How long the token was good when it was made, in seconds (RFC 6749, 5.1).
    pub fn expires_in_seconds(&self) -> u32 {
        u32::try_from(self.exp.saturating_sub(self.iat)).unwrap_or(0)
    }

    /// From when on it is no good.
    pub fn expires_at(&self) -> Timestamp {
        Timestamp::from_second(self.exp).unwrap_or(Timestamp::MAX)
    }

    /// Is its time not over yet? To the second, without leeway.
    pub fn is_current(&self, now: Timestamp) -> bool {
        now.as_second() < self.exp
    }
}

/// The claims of a fresh access token of `session`, which has to be active.
pub fn mint(
    session: &Session,
    rules: &SessionRules,
    issuer: &str,
    now: Timestamp,
    entropy: &dyn Entropy,
) -> AccessClaims {
    let mut name = [0; 16];
    entropy.fill(&mut name);
    let identity = &session.identity;
    AccessClaims {
        iss: issuer.to_owned(),
        aud: rules.audience.as_deref().unwrap_or(issuer).to_owned(),
        sub: session.subject,
        sid: session.id,
        client_id: session.tenant.clone(),
        jti: encode_base32(u128::from_be_bytes(name)),
        iat: now.as_second(),
        exp: end(session, ACCESS_SECONDS, now),
        auth_time: identity.profile.authenticated_at.as_second(),
        amr: identity.profile.amr.clone(),
        provider: identity.account.provider.clone(),
        connection: identity.connection.clone(),
    }
}

/// The claims of an access token that `key` signed for this issuer and audience, and whose time is not over.
///
/// It may seem to come from the future by up to 5 s, because another replica's clock may be ahead; past its end it is not good
/// for a moment. Whether its session goes on is another question.
pub fn read(
    token: &Token<'_>,
    key: &VerifyingKey,
    issuer: &str,
    audience: &str,
    now: Timestamp,
) -> Result<AccessClaims, Rejected> {
    let rules = Rules {
        issuer,
        audience: Some(audience),
        typ: Typ::Only(TYP),
        leeway: LEEWAY,
        now,
        max_life: Duration::from_secs(u64::from(ACCESS_SECONDS)),
    };
    let claims: AccessClaims = token.verify(key, &rules)?;
    if claims.is_current(now) { Ok(claims) } else { Err(Rejected("it has expired")) }
}

/// When a token of this session ends that lives for `seconds` from now on, in seconds since 1970.
pub(super) fn end(session: &Session, seconds: u32, now: Timestamp) -> i64 {
    now.as_second().saturating_add(i64::from(seconds)).min(session.ends_at().as_second())
}
