//! The session that a claim begins. It is stored by the claim, in one step with the login.

use herald_core::{
    id::{SessionId, SubjectId},
    identity::Identity,
    login::{Grant, Handed, Login},
    session::{RefreshChain, Session, SiteSecret, Tether},
    store::SessionRow,
};
use jiff::Timestamp;

use super::{SessionError, Sessions};
use crate::tenant::Tenant;

/// A session that is about to begin.
pub(crate) struct Begun {
    /// Its row.
    pub(crate) row: SessionRow,
    /// What the claim hands out.
    pub(crate) grant: Grant,
}

impl Sessions {
    /// Makes the session of a login that is being claimed: for a site's browser if it is a site's login, else for the service.
    pub(crate) async fn begin(
        &self,
        tenant: &Tenant,
        login: &Login,
        subject: SubjectId,
        identity: &Identity,
        now: Timestamp,
    ) -> Result<Begun, SessionError> {
        let entropy = self.context.entropy.as_ref();
        let id = SessionId::generate(now, entropy);
        let begin = |tether| Session {
            id,
            tenant: tenant.id.clone(),
            login: login.terms.id,
            subject,
            identity: identity.clone(),
            created_at: now,
            last_used_at: now,
            lifetime: tenant.sessions.lifetime,
            tether,
            end: None,
        };
        let (session, handed) = if let Some(site) = &login.terms.site {
            let secret = SiteSecret::generate(id, entropy);
            let session = begin(Tether::Site { origin: site.origin.clone(), secret: secret.digest() });
            let ends_at = session.ends_at();
            (session, Handed::Cookie { secret, ends_at })
        } else {
            let chain = RefreshChain::start(entropy);
            let session = begin(Tether::Refresh(chain.clone()));
            let tokens = self.tokens_of(tenant, &session, &chain).await?;
            (session, Handed::Tokens(tokens))
        };
        Ok(Begun { row: self.book.row(&session, 1), grant: Grant { session: id, handed } })
    }
}
