//! Identity tokens: what a protected site is told about who calls it, signed, so that it need not trust the way the headers came.

use std::fmt;

use herald_core::{
    id::{ConnectionId, SessionId, SubjectId},
    provider::ProviderName,
    session::{Session, SiteOrigin},
};
use jiff::Timestamp;
use serde::Serialize;

use super::access::end;

/// The `typ` of identity tokens: an access token is none (RFC 8725, 3.11).
pub const IDENTITY_TYP: &str = "herald-identity+jwt";
/// How long an identity token lives, in seconds.
pub const IDENTITY_SECONDS: u32 = 60;

/// The claims of an identity token. Every one of them is always there, unless it says otherwise.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct IdentityClaims {
    /// The tenant's issuer, `{public_url}/t/{tenant}` (RFC 7519, 4.1.1).
    pub iss: String,
    /// The origin of the site, and of no other (RFC 7519, 4.1.3).
    pub aud: String,
    /// The person, the same at every login (RFC 7519, 4.1.2).
    pub sub: SubjectId,
    /// The session (OpenID Connect Front-Channel Logout 1.0, 3).
    pub sid: SessionId,
    /// The provider that vouched, such as `antara`. Herald's own claim.
    pub provider: ProviderName,
    /// The tenant's connection that the person came through. Herald's own claim.
    pub connection: ConnectionId,
    /// Full name for display; absent where the provider has none (OpenID Connect Core 1.0, 5.1).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// When it was made, in seconds since 1970 (RFC 7519, 4.1.6).
    pub iat: i64,
    /// From when on it is no good, in seconds since 1970: [`IDENTITY_SECONDS`] after `iat`, and never after the absolute end of
    /// the session (RFC 7519, 4.1.4).
    pub exp: i64,
}

impl IdentityClaims {
    /// The claims of a fresh identity token of `session`, which has to be active, for the site at `origin`.
    pub fn of(session: &Session, origin: &SiteOrigin, issuer: &str, now: Timestamp) -> Self {
        let identity = &session.identity;
        Self {
            iss: issuer.to_owned(),
            aud: origin.as_str().to_owned(),
            sub: session.subject,
            sid: session.id,
            provider: identity.account.provider.clone(),
            connection: identity.connection.clone(),
            name: identity.profile.name.clone(),
            iat: now.as_second(),
            exp: end(session, IDENTITY_SECONDS, now),
        }
    }
}

impl fmt::Debug for IdentityClaims {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // It has a person's name.
        f.debug_struct("IdentityClaims").field("sid", &self.sid).finish_non_exhaustive()
    }
}
