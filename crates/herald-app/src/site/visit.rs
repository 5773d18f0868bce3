//! Signing in at a site, and out again.

use std::sync::Arc;

use herald_core::{
    credential::{Credential, CredentialState},
    id::{SessionId, TenantId},
    login::Login,
    session::{EndReason, SiteSecret, Tether},
};
use secrecy::{ExposeSecret as _, SecretString};

use super::{Sites, connection_of, local_path};
use crate::{
    login::{Entered, LoginError, StartError, StartLogin},
    session::SessionError,
    tenant::{Connection, Site, Tenant},
};

impl Sites {
    /// Starts a login for whoever wants to see `rd`, a path on the site; what is no such path becomes `/`.
    pub async fn start(
        &self,
        tenant: &Tenant,
        site: &Site,
        rd: &str,
        wish: StartLogin,
    ) -> Result<Arc<Login>, StartError> {
        self.logins.start_at_site(tenant, site, local_path(site, rd), wish).await
    }

    /// Claims a confirmed login of a site for the browser that is bound to it; the caller has made sure that this is the one. The
    /// same again for 60 s. Nothing for any other login.
    pub async fn enter(&self, login: &Login) -> Result<Option<Entered>, LoginError> {
        let tenants = self.context.tenants.load();
        let tenant = tenants.get(&login.terms.tenant).ok_or(LoginError::AccountGone)?;
        self.logins.enter(tenant, login).await
    }

    /// Ends the session of a site's cookie and, where the provider has sessions of its own, the browser's session there. Gives the
    /// provider's `Set-Cookie` headers. A provider that does not answer keeps nobody signed in here.
    pub async fn leave(
        &self,
        tenant: &Tenant,
        site: &Site,
        cookie: Option<&str>,
        browser_cookies: &str,
    ) -> Result<Vec<SecretString>, SessionError> {
        let session = match cookie {
            Some(cookie) => self.session_of(tenant, site, cookie).await?,
            None => None,
        };
        let (this, tenant_id) = (self.clone(), tenant.id.clone());
        let connection = connection_of(tenant, site).cloned();
        let cookies = SecretString::from(browser_cookies);
        // Half of it would sign the person in again at the next visit, without a word.
        let work = async move {
            if let Some(session) = session {
                this.sessions.end_because(&tenant_id, session, EndReason::LoggedOut).await?;
            }
            let Some(connection) = connection else { return Ok(Vec::new()) };
            let set_cookies = this.leave_provider(&tenant_id, &connection, cookies.expose_secret()).await;
            Ok(set_cookies.unwrap_or_default())
        };
        self.context.tasks.finish(work).await?
    }

    /// The session that this cookie opens at the site, over or not.
    async fn session_of(
        &self,
        tenant: &Tenant,
        site: &Site,
        cookie: &str,
    ) -> Result<Option<SessionId>, SessionError> {
        let Some(id) = SiteSecret::session_of(cookie) else { return Ok(None) };
        let session = self.sessions.get(tenant, id).await?;
        let is_its_cookie = session.is_some_and(|session| {
            matches!(
                &session.tether,
                Tether::Site { origin, secret } if *origin == site.origin && secret.is_of(cookie)
            )
        });
        Ok(is_its_cookie.then_some(id))
    }

    async fn leave_provider(
        &self,
        tenant: &TenantId,
        connection: &Connection,
        cookies: &str,
    ) -> Option<Vec<SecretString>> {
        let control = connection.session_control.as_ref()?;
        // Asked first: afterwards nobody could say whose session it was, and what nobody vouched for must not be remembered as
        // over, because anybody can write a cookie.
        let known = match &connection.verifier {
            Some(verifier) => verifier.verify(Credential::Cookies(cookies)).await.ok(),
            None => None,
        };
        let ended = control.end(cookies).await;
        if let Some(CredentialState::Active { provider_session: Some(session), .. }) = known
            && let Err(error) = self.sessions.remember_ended(tenant, connection, &session).await
        {
            tracing::error!(%error, "the end of a provider's session could not be remembered");
        }
        ended.inspect_err(|error| tracing::warn!(%error, "the provider's own session was not ended")).ok()
    }
}
