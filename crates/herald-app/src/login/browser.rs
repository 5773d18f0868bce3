//! What a login's browser does: it finds the login by address, is bound to it, opens it, and comes back.

use std::sync::Arc;

use herald_core::{
    id::LoginId,
    login::Login,
    secret::{BrowserToken, Digest},
};
use jiff::SignedDuration;

use super::{LoginError, Logins};
use crate::hub::Kept;

/// How long a browser that came back is kept waiting while the provider is asked.
const PATIENCE: SignedDuration = SignedDuration::from_secs(25);

impl Logins {
    /// The login of this id, for its pages.
    pub async fn find_by_id(&self, id: LoginId) -> Result<Option<Arc<Login>>, LoginError> {
        Ok(self.book.find(self.book.id_finder(id)).await?.map(|kept| kept.value))
    }

    /// The login whose one-time state this is.
    pub async fn find_by_state(&self, state: &str) -> Result<Option<Arc<Login>>, LoginError> {
        self.find("login-state", state).await
    }

    /// The login whose QR codes this token names.
    pub async fn find_by_qr(&self, token: &str) -> Result<Option<Arc<Login>>, LoginError> {
        self.find("login-qr", token).await
    }

    async fn find(&self, kind: &'static str, text: &str) -> Result<Option<Arc<Login>>, LoginError> {
        if text.len() > 64 {
            return Ok(None);
        }
        Ok(self.book.find(self.context.vault.finder(kind, text)).await?.map(|kept| kept.value))
    }

    /// A fresh token for the cookie of a browser that has none.
    pub fn new_browser_token(&self) -> BrowserToken {
        BrowserToken::generate(self.context.entropy.as_ref())
    }

    /// Binds the browser that carries these tokens, by the first of them, if none is bound yet. Nothing: another one is.
    pub async fn bind(
        &self,
        login: &Login,
        browser_tokens: &[&str],
    ) -> Result<Option<Arc<Login>>, LoginError> {
        let Some(first) = browser_tokens.first().map(Digest::of) else { return Ok(None) };
        let bound = self
            .book
            .update(&login.terms.tenant, login.terms.id, |login| {
                Ok::<_, LoginError>(if login.browser.is_some() {
                    None
                } else {
                    login.clone().bind(first).ok()
                })
            })
            .await?;
        Ok(bound.map(|kept| kept.value).filter(|login| self.is_bound_to(login, browser_tokens)))
    }

    /// Are these the tokens of the browser that the login is bound to? It carries several if it first came by several tabs at once;
    /// it is bound by one of them.
    pub fn is_bound_to(&self, login: &Login, browser_tokens: &[&str]) -> bool {
        login.browser.is_some_and(|browser| browser_tokens.iter().any(|token| browser.is_of(token)))
    }

    /// Notes that the person did something.
    pub async fn open(&self, login: &Login) -> Result<Arc<Login>, LoginError> {
        let now = self.context.clock.now();
        let opened = self
            .book
            .update(&login.terms.tenant, login.terms.id, |login| {
                let is_new = login.is_waiting() && login.opened_at.is_none();
                Ok::<_, LoginError>(is_new.then(|| login.clone().open(now)))
            })
            .await?;
        Ok(opened.map_or_else(|| Arc::new(login.clone()), |kept| kept.value))
    }

    /// The browser came back from the provider. Of parallel calls one makes the exchange and the others wait for it; a login
    /// that is past that is given as it is, without a call. Comes back after some 25 s at the latest; the login may then still
    /// be waiting, and goes on by itself.
    pub async fn returned(
        &self,
        login: &Login,
        query: Vec<(String, String)>,
        cookies: Vec<(String, String)>,
    ) -> Result<Arc<Login>, LoginError> {
        let (tenant, id) = (login.terms.tenant.clone(), login.terms.id);
        let mut subscription = self.book.subscribe(&tenant, id);
        let this = self.clone();
        let patience = self.context.clock.sleep_until(self.context.clock.now() + PATIENCE);
        tokio::pin!(patience);
        let work =
            self.context.tasks.finish(async move { this.take_return(&tenant, id, &query, &cookies).await });
        // Who gives up waiting does not stop the exchange.
        let kept = tokio::select! {
            kept = work => kept??,
            () = &mut patience => None,
        };
        let Some(mut kept) = kept else { return Ok(Arc::new(login.clone())) };
        while kept.value.is_waiting() {
            tokio::select! {
                newer = subscription.newer_than(kept.version) => kept = newer,
                () = &mut patience => break,
            }
        }
        Ok(kept.value)
    }

    async fn take_return(
        &self,
        tenant: &herald_core::id::TenantId,
        id: LoginId,
        query: &[(String, String)],
        cookies: &[(String, String)],
    ) -> Result<Option<Kept<Login>>, LoginError> {
        let Some(kept) = self.book.load(tenant, id).await? else { return Ok(None) };
        self.driver().browser_returned(kept, query, cookies).await.map(Some)
    }
}
