//! What resource servers ask: token introspection (RFC 7662) and revocation (RFC 7009), for Herald's own tokens only.

use std::sync::Arc;

use herald_core::{
    secret::Digest,
    session::{EndReason, RefreshToken, Session, Tether},
};

use super::{AccessClaims, SessionError, Sessions};
use crate::tenant::Tenant;

/// What is known of a token.
#[derive(Clone, Debug)]
pub enum Introspection {
    /// Not good, or not ours.
    Inactive,
    /// A good access token, with its claims.
    AccessToken(Box<AccessClaims>),
    /// The refresh token that is good now.
    RefreshToken(Arc<Session>),
}

impl Sessions {
    /// What a token is worth now. A refresh token is not used up by being asked about.
    pub async fn introspect(&self, tenant: &Tenant, token: &str) -> Result<Introspection, SessionError> {
        if let Some(token) = RefreshToken::parse(token) {
            let Some(session) = self.session_of(tenant, &token).await? else {
                return Ok(Introspection::Inactive);
            };
            let Tether::Refresh(chain) = &session.tether else { return Ok(Introspection::Inactive) };
            let is_good = session.is_active(self.context.clock.now()) && chain.is_current(&token);
            if !is_good {
                return Ok(Introspection::Inactive);
            }
            Self::check_account(tenant, &session)?;
            return Ok(Introspection::RefreshToken(session));
        }
        let found = self.check_token(tenant, token, Digest::of(token)).await?;
        Ok(found.map_or(Introspection::Inactive, |token| {
            Introspection::AccessToken(Box::new(token.claims.clone()))
        }))
    }

    /// Ends the session of a token of ours, access or refresh, used up or not; does nothing for any other.
    pub async fn revoke(&self, tenant: &Tenant, token: &str) -> Result<(), SessionError> {
        let session = if let Some(token) = RefreshToken::parse(token) {
            self.session_of(tenant, &token).await?.map(|session| session.id)
        } else {
            self.check_token(tenant, token, Digest::of(token)).await?.map(|token| token.seen.session.id)
        };
        if let Some(session) = session {
            self.end_because(&tenant.id, session, EndReason::Revoked).await?;
        }
        Ok(())
    }

    /// The session whose chain made this token.
    async fn session_of(
        &self,
        tenant: &Tenant,
        token: &RefreshToken,
    ) -> Result<Option<Arc<Session>>, SessionError> {
        let kept = self.book.load(&tenant.id, token.session()).await?;
        Ok(kept.map(|kept| kept.value).filter(
            |session| matches!(&session.tether, Tether::Refresh(chain) if chain.is_ours(&tenant.id, token)),
        ))
    }
}
