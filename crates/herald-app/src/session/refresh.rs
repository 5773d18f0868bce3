//! Refreshing a session: its refresh token is used up and followed by the next.

use herald_core::{
    id::SessionId,
    login::SessionTokens,
    session::{EndReason, Presented, RefreshChain, RefreshToken, Session, Tether},
};
use jiff::SignedDuration;

use super::{RefreshError, SessionError, Sessions, token};
use crate::tenant::Tenant;

impl Sessions {
    /// Rotates a refresh token and gives the session's new tokens.
    ///
    /// A token that was used within the tenant's grace gives the same successor again, as long as that is not used itself: the
    /// first answer may have been lost. One that was used before that ends the session.
    pub async fn refresh(
        &self,
        tenant: &Tenant,
        refresh_token: &str,
    ) -> Result<(SessionId, SessionTokens), RefreshError> {
        let presented = RefreshToken::parse(refresh_token).ok_or(RefreshError::Refused)?;
        loop {
            let kept = self.book.load(&tenant.id, presented.session()).await?.ok_or(RefreshError::Refused)?;
            let session = &kept.value;
            let now = self.context.clock.now();
            let Tether::Refresh(chain) = &session.tether else { return Err(RefreshError::Refused) };
            if !chain.is_ours(&tenant.id, &presented) || !session.is_active(now) {
                return Err(RefreshError::Refused);
            }
            Self::check_account(tenant, session)?;
            let grace = SignedDuration::from_secs(i64::from(tenant.sessions.refresh_grace_seconds));
            let moved = match chain.meaning_of(&presented, grace, now) {
                Presented::JustUsed => {
                    return Ok((session.id, self.tokens_of(tenant, session, chain).await?));
                }
                Presented::Overtaken => return Err(RefreshError::Refused),
                Presented::Current => Session::clone(session).rotate(now),
                Presented::Reused => Session::clone(session).end(EndReason::RefreshTokenReused, now),
            };
            let moved = moved.map_err(|_| RefreshError::Refused)?;
            // Signed before the rotation is stored: keys that cannot be had must not cost the caller its token.
            let tokens = match &moved.tether {
                Tether::Refresh(chain) if moved.end.is_none() => {
                    Some(self.tokens_of(tenant, &moved, chain).await?)
                }
                _ => None,
            };
            match (self.book.save(kept.version, moved).await?, tokens) {
                (Some(_), Some(tokens)) => return Ok((presented.session(), tokens)),
                (Some(_), None) => {
                    tracing::warn!(
                        tenant = %tenant.id,
                        session = %presented.session(),
                        "a refresh token was used again long after its rotation; its session is ended"
                    );
                    return Err(RefreshError::Refused);
                }
                // Somebody refreshed or ended the session in this moment: look again.
                (None, _) => {}
            }
        }
    }

    /// The session's tokens as they are now: a fresh access token, and the refresh token that is good.
    pub(super) async fn tokens_of(
        &self,
        tenant: &Tenant,
        session: &Session,
        chain: &RefreshChain,
    ) -> Result<SessionTokens, SessionError> {
        let issuer = self.keys.issuer(tenant);
        let now = self.context.clock.now();
        let claims = token::mint(session, &tenant.sessions, &issuer, now, self.context.entropy.as_ref());
        let expires_in_seconds = claims.expires_in_seconds();
        let access_token = self.keys.sign(tenant, token::TYP, &claims).await?;
        let refresh_token = chain.current(&session.tenant, session.id).expose();
        Ok(SessionTokens { access_token, expires_in_seconds, refresh_token })
    }
}
