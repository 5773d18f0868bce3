//! Herald's own access tokens: verified once, remembered, and looked at again whenever their session may have ended.

use std::{fmt, sync::Arc};

use herald_core::{
    id::{SessionId, TenantId},
    jwt,
    secret::Digest,
    session::Session,
};
use jiff::{SignedDuration, Timestamp};
use quick_cache::sync::Cache;

use super::{SessionError, Sessions, epochs::Epoch, token};
use crate::tenant::Tenant;

/// How many credentials are remembered; some 500 bytes each, and the one not seen for longest goes first.
const REMEMBERED: usize = 50_000;
/// How long the last look at a session is good, if nobody ends it here: what another replica ends is seen within this.
const GOOD_FOR: SignedDuration = SignedDuration::from_secs(2);

/// A session as it was last seen, and when.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    pub(crate) session: Arc<Session>,
    epoch: Epoch,
    at: Timestamp,
}

/// A token that was verified.
#[derive(Debug)]
pub(super) struct SeenToken {
    tenant: TenantId,
    kid: String,
    audience: Option<String>,
    pub(super) claims: token::AccessClaims,
    pub(super) seen: Seen,
}

/// The tokens that were verified, by digest.
pub(super) struct SeenTokens(Cache<Digest, Arc<SeenToken>>);

/// The sessions that were looked at: their next tokens need no other look.
pub(super) struct LiveSessions(Cache<(TenantId, SessionId), Seen>);

impl Default for LiveSessions {
    fn default() -> Self {
        Self(Cache::new(REMEMBERED))
    }
}

impl fmt::Debug for LiveSessions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "LiveSessions({})", self.0.len())
    }
}

impl Default for SeenTokens {
    fn default() -> Self {
        Self(Cache::new(REMEMBERED))
    }
}

impl fmt::Debug for SeenTokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SeenTokens({})", self.0.len())
    }
}

impl Sessions {
    /// Is this shaped like one of our access tokens? Says nothing about whether it is good.
    pub(super) fn is_ours(text: &str) -> bool {
        jwt::peek(text).is_ok_and(|header| token::is_one(&header))
    }

    /// The token of this digest, if it is good: signed by a key of the tenant's, for its audience, in its time, of a session that is active.
    pub(super) async fn check_token(
        &self,
        tenant: &Tenant,
        text: &str,
        digest: Digest,
    ) -> Result<Option<Arc<SeenToken>>, SessionError> {
        let now = self.context.clock.now();
        let known = self.seen.0.get(&digest).filter(|known| self.still_holds(tenant, known, now));
        if let Some(known) = &known
            && self.is_fresh(&known.seen, now)
            // One that seems to be over may have been refreshed a moment ago.
            && known.seen.session.is_active(now)
        {
            return Ok(Some(Arc::clone(known)));
        }
        let (kid, claims) = match known {
            // Only the session has to be looked at again.
            Some(known) => (known.kid.clone(), known.claims.clone()),
            None => match self.read_token(tenant, text, now).await? {
                Some(read) => read,
                None => return Ok(None),
            },
        };
        let Some(seen) = self.see(tenant, claims.sid).await? else { return Ok(None) };
        if seen.session.subject != claims.sub || !seen.session.is_active(now) {
            return Ok(None);
        }
        Self::check_account(tenant, &seen.session)?;
        let audience = tenant.sessions.audience.clone();
        let token = Arc::new(SeenToken { tenant: tenant.id.clone(), kid, audience, claims, seen });
        self.seen.0.insert(digest, Arc::clone(&token));
        Ok(Some(token))
    }

    /// Does everything about the token still hold that is not its session?
    fn still_holds(&self, tenant: &Tenant, known: &SeenToken, now: Timestamp) -> bool {
        known.tenant == tenant.id
            && known.audience == tenant.sessions.audience
            && known.claims.is_current(now)
            && self.keys.is_known_now(&tenant.id, &known.kid)
    }

    async fn read_token(
        &self,
        tenant: &Tenant,
        text: &str,
        now: Timestamp,
    ) -> Result<Option<(String, token::AccessClaims)>, SessionError> {
        let Ok(token) = jwt::Token::take_apart(text) else { return Ok(None) };
        let header = token.header();
        let Some(kid) = header.kid.clone().filter(|_| token::is_one(header)) else { return Ok(None) };
        let Some(key) = self.keys.verifying_key(tenant, &kid).await? else { return Ok(None) };
        let issuer = self.keys.issuer(tenant);
        let audience = tenant.sessions.audience.as_deref().unwrap_or(&issuer);
        Ok(token::read(&token, &key, &issuer, audience, now).ok().map(|claims| (kid, claims)))
    }

    /// The session of the good access token of this digest, the token's end, and the key that signed it.
    pub(crate) async fn bearer(
        &self,
        tenant: &Tenant,
        text: &str,
        digest: Digest,
    ) -> Result<Option<(Seen, Timestamp, String)>, SessionError> {
        let token = self.check_token(tenant, text, digest).await?;
        Ok(token.map(|token| (token.seen.clone(), token.claims.expires_at(), token.kid.clone())))
    }

    /// Notes that the session was used, if it still is active, and if nobody noted it since `before`.
    pub(crate) async fn note_use(
        &self,
        tenant: &TenantId,
        id: SessionId,
        before: Timestamp,
        at: Timestamp,
    ) -> Result<(), SessionError> {
        let touch = |session: &Session| {
            let is_noted = session.last_used_at > before;
            Ok::<_, SessionError>(if is_noted { None } else { session.clone().touch(at).ok() })
        };
        self.book.update(tenant, id, touch).await.map(|_| ())
    }

    /// The session as it is now, or was within the last two seconds if nobody ended it here; nothing when there is none.
    pub(crate) async fn see(&self, tenant: &Tenant, id: SessionId) -> Result<Option<Seen>, SessionError> {
        let at = self.context.clock.now();
        let key = (tenant.id.clone(), id);
        let is_good = |seen: &Seen| self.is_fresh(seen, at) && seen.session.is_active(at);
        if let Some(seen) = self.live.0.get(&key).filter(is_good) {
            return Ok(Some(seen));
        }
        let epoch = self.book.epochs().of(&tenant.id, id);
        let Some(kept) = self.book.load(&tenant.id, id).await? else { return Ok(None) };
        let seen = Seen { session: kept.value, epoch, at };
        self.live.0.insert(key, seen.clone());
        Ok(Some(seen))
    }

    /// May what was seen be believed without another look?
    pub(crate) fn is_fresh(&self, seen: &Seen, now: Timestamp) -> bool {
        let age = now.duration_since(seen.at);
        !age.is_negative() && age < GOOD_FOR && self.book.epochs().is(seen.epoch)
    }
}
