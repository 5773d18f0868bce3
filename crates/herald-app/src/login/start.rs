//! Starting a login.

use std::{fmt, net::IpAddr, sync::Arc};

use herald_core::{
    failpoint,
    id::{ConnectionId, LoginId, TenantId},
    login::{Login, LoginClient, LoginTerms, SiteReturn},
    provider::BeginLogin,
    return_url::ReturnUrl,
    secret::{ClaimSecret, UrlToken},
    text::{Locale, Reference},
};
use jiff::SignedDuration;
use url::Url;

use super::{LoginError, Logins, StartError};
use crate::tenant::{Connection, Site, Tenant};

/// What a caller wishes of a login. `Debug` shows nothing of it: it says who asks.
#[derive(Clone, Default)]
pub struct StartLogin {
    /// Where to send the browser back to, as the caller wrote it: it is compared exactly.
    pub return_url: Option<String>,
    /// Which connection; the tenant's own choice when absent.
    pub connection: Option<String>,
    /// The person's language.
    pub locale: Option<Locale>,
    /// The caller's word.
    pub reference: Option<Reference>,
    /// How long to wait for the person, 60 to 600; 300 when absent.
    pub expires_in_seconds: Option<u32>,
    /// Who asks: the address, kept as a keyed hash.
    pub client_ip: Option<IpAddr>,
    /// Who asks: the browser's name for itself.
    pub user_agent: Option<String>,
}

impl fmt::Debug for StartLogin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("StartLogin(…)")
    }
}

/// Where a login's pages are, and where they lead back to.
struct Home {
    browser_url: String,
    return_url: Option<ReturnUrl>,
    site: Option<SiteReturn>,
}

/// How long a login waits for the person, in seconds, unless the caller says otherwise.
const WAIT_SECONDS: u32 = 300;

impl Logins {
    /// Starts a login at the tenant's provider. The secret is given here and never again.
    pub async fn start(
        &self,
        tenant: &Tenant,
        wish: StartLogin,
    ) -> Result<(Arc<Login>, ClaimSecret), StartError> {
        let connection = chosen_connection(tenant, wish.connection.as_deref())?;
        let home = Home {
            browser_url: connection.browser_url.clone(),
            return_url: allowed_return_url(tenant, wish.return_url.as_deref())?,
            site: None,
        };
        self.start_surely(tenant, connection, home, wish).await
    }

    /// Starts a login at a site. Its claim secret is known to nobody: the site's browser is whom it is claimed for.
    pub(crate) async fn start_at_site(
        &self,
        tenant: &Tenant,
        site: &Site,
        path: String,
        wish: StartLogin,
    ) -> Result<Arc<Login>, StartError> {
        let connection = chosen_connection(tenant, site.connection.as_ref().map(ConnectionId::as_str))?;
        let home = Home {
            browser_url: site.url.clone(),
            return_url: None,
            site: Some(SiteReturn { origin: site.origin.clone(), path }),
        };
        self.start_surely(tenant, connection, home, wish).await.map(|(login, _)| login)
    }

    /// Begins it as a task: the provider's session must not be left behind unwatched because the caller hung up in between.
    async fn start_surely(
        &self,
        tenant: &Tenant,
        connection: Arc<Connection>,
        home: Home,
        wish: StartLogin,
    ) -> Result<(Arc<Login>, ClaimSecret), StartError> {
        if let Some(address) = wish.client_ip {
            self.limits.login_from(tenant, address).await?;
        }
        let this = self.clone();
        let tenant = tenant.id.clone();
        self.context.tasks.finish(async move { this.begin(tenant, &connection, home, wish).await }).await?
    }

    async fn begin(
        &self,
        tenant: TenantId,
        connection: &Connection,
        home: Home,
        wish: StartLogin,
    ) -> Result<(Arc<Login>, ClaimSecret), StartError> {
        let entropy = self.context.entropy.as_ref();
        let id = LoginId::generate(entropy);
        let state = UrlToken::generate(entropy);
        let secret = ClaimSecret::generate(entropy);
        let address = |path: String| Url::parse(&format!("{}{path}", home.browser_url)).ok();
        let (Some(callback), Some(back)) =
            (address(format!("/callback/{tenant}/{}", connection.id)), address(format!("/login/{id}/back")))
        else {
            return Err(LoginError::AccountGone.into());
        };
        // Asked where the login will be kept: if the store is away, the provider must not be asked for a session that nobody would
        // watch, and the caller not be kept waiting for that.
        self.context.store.login(&tenant, id).await?;
        let request = BeginLogin { state: state.clone(), callback, back, locale: wish.locale.clone() };
        let started = connection.provider.begin(&request).await?;
        failpoint::pass("L0");

        let created_at = self.context.clock.now();
        let lifetime = SignedDuration::try_from(started.expires_in).unwrap_or(SignedDuration::from_mins(10));
        let provider_expires_at = created_at + lifetime;
        let wait = SignedDuration::from_secs(i64::from(wish.expires_in_seconds.unwrap_or(WAIT_SECONDS)));
        let vault = &self.context.vault;
        let terms = LoginTerms {
            id,
            connection: connection.id.clone(),
            account: connection.account().clone(),
            is_polled: connection.provider.info().progress.is_polled(),
            browser_url: home.browser_url,
            return_url: home.return_url,
            site: home.site,
            reference: wish.reference,
            locale: wish.locale,
            client: LoginClient {
                address: wish
                    .client_ip
                    .map(|ip| vault.index(&tenant, "client", &ip.to_canonical().to_string())),
                user_agent: wish.user_agent,
            },
            claim_secret: secret.digest(),
            qr_token: UrlToken::generate(entropy),
            step: started.step,
            created_at,
            provider_expires_at,
            tenant,
        };
        let login = Login::start(terms, started.memo, provider_expires_at.min(created_at + wait));
        metrics::counter!("herald_logins_started_total", "provider" => connection.account().provider.as_str().to_owned())
            .increment(1);
        Ok((self.book.insert(login, &state).await?, secret))
    }
}

fn allowed_return_url(tenant: &Tenant, asked: Option<&str>) -> Result<Option<ReturnUrl>, StartError> {
    match asked {
        None if tenant.detached_logins => Ok(None),
        None => Err(StartError::ReturnUrlRequired),
        Some(asked) => tenant
            .return_urls
            .iter()
            .find(|allowed| allowed.as_str() == asked)
            .cloned()
            .map(Some)
            .ok_or(StartError::ReturnUrlNotAllowed),
    }
}

fn chosen_connection(tenant: &Tenant, asked: Option<&str>) -> Result<Arc<Connection>, StartError> {
    let id = match asked {
        Some(asked) => ConnectionId::parse(asked).ok(),
        None => tenant.login.clone(),
    };
    id.and_then(|id| tenant.connections.get(&id)).cloned().ok_or(StartError::UnknownConnection)
}
