//! What a site is told about somebody, signed: made once for a session and a site, and used again for a while.

use std::{
    any::Any,
    sync::{Arc, OnceLock},
};

use herald_core::{jwt, session::Session};
use jiff::{SignedDuration, Timestamp};

use super::Sites;
use crate::{
    session::{
        SessionError,
        token::{IDENTITY_TYP, IdentityClaims},
    },
    tenant::{Site, Tenant},
};

/// For how long an identity token is handed to a site again before another one is made; it is good for twice as long.
const REUSED: SignedDuration = SignedDuration::from_secs(30);

/// A signed statement about a session for one site.
pub(super) struct Identity {
    site: Arc<Site>,
    pub(super) token: String,
    /// The key that signed it.
    pub(super) kid: String,
    until: Timestamp,
    pub(super) prepared: OnceLock<Box<dyn Any + Send + Sync>>,
}

impl Identity {
    /// Is it for this site, as configured now, and still in its time?
    pub(super) fn is_for(&self, site: &Arc<Site>, now: Timestamp) -> bool {
        // The address alone could be another site's that was configured later.
        Arc::ptr_eq(site, &self.site) && now < self.until && self.until.duration_since(now) <= REUSED
    }

    /// The origin of its site, for diagnosis.
    pub(super) fn origin(&self) -> &str {
        self.site.origin.as_str()
    }
}

impl Sites {
    /// The statement about this session for this site: the one that is there, or else a fresh one. Signing costs more than all the
    /// rest of an answer, and a session's next access token says nothing new about its person.
    pub(super) async fn identity(
        &self,
        tenant: &Tenant,
        site: &Arc<Site>,
        session: &Session,
        now: Timestamp,
    ) -> Result<Arc<Identity>, SessionError> {
        let keys = self.sessions.keys();
        let key = (session.id, Arc::as_ptr(site).addr());
        let is_good =
            |known: &Arc<Identity>| known.is_for(site, now) && keys.is_known_now(&tenant.id, &known.kid);
        if let Some(known) = self.identities.get(&key).filter(is_good) {
            return Ok(known);
        }
        let claims = IdentityClaims::of(session, &site.origin, &keys.issuer(tenant), now);
        let token = keys.sign(tenant, IDENTITY_TYP, &claims).await?;
        let kid = jwt::peek(&token).ok().and_then(|header| header.kid).unwrap_or_default();
        let (site, prepared) = (Arc::clone(site), OnceLock::new());
        let identity = Arc::new(Identity { site, token, kid, until: now + REUSED, prepared });
        self.identities.insert(key, Arc::clone(&identity));
        Ok(identity)
    }
}
