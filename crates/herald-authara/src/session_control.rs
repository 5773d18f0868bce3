//! The sessions that Authara itself has with browsers: kept by its refresh, ended by its logout.

use std::sync::Arc;

use async_trait::async_trait;
use herald_core::{
    clock::Entropy,
    error::ProviderError,
    secret::{Digest, UrlToken},
    session_control::{NamedUser, Refreshed, SessionControl},
};
use secrecy::SecretString;

use crate::{
    api::Api,
    cookie::{self, ACCESS, AccessToken, CSRF, NoToken, REFRESH, RefreshToken, parse_header},
    identity,
};

/// Authara's sessions.
#[derive(Debug)]
pub(crate) struct AutharaSessionControl {
    api: Api,
    entropy: Arc<dyn Entropy>,
}

impl AutharaSessionControl {
    pub(crate) fn new(api: Api, entropy: Arc<dyn Entropy>) -> Self {
        Self { api, entropy }
    }

    /// The browser's CSRF token, or one that is made up: Authara compares cookie and header and nothing else, and takes any value
    /// that was there before. So a browser that brought none, or two, or nonsense, keeps its session all the same. That the
    /// request is wanted was made sure of by whoever calls this.
    fn csrf(&self, cookies: &str) -> String {
        match cookie::only(parse_header(cookies), CSRF) {
            Ok(token) if cookie::is_value(token) => token.to_owned(),
            _ => UrlToken::generate(&*self.entropy).expose().to_owned(),
        }
    }

    /// Does Authara refuse this token? Asked of the server also where tokens are verified locally: only the server sees that a
    /// session was cut off.
    ///
    /// A look that fails is no refusal. The refresh token before this one is consumed, so these tokens are the only ones left
    /// of the session: without them the person would be signed out, with them the next verification decides.
    async fn is_refused(&self, token: &AccessToken) -> bool {
        match self.api.user(token).await {
            Ok(Some(user)) => identity::is_disabled(&user),
            Ok(None) => true,
            Err(_) => false,
        }
    }
}

#[async_trait]
impl SessionControl for AutharaSessionControl {
    fn refresh_key(&self, cookies: &str) -> Option<Digest> {
        RefreshToken::among(parse_header(cookies)).ok().map(|token| Digest::of(token.expose()))
    }

    fn named_user(&self, cookies: &str) -> NamedUser {
        match AccessToken::among(parse_header(cookies)) {
            Ok(token) => identity::named_by(&token).map_or(NamedUser::Unclear, NamedUser::One),
            Err(NoToken::None) => NamedUser::Nobody,
            Err(NoToken::Several | NoToken::Malformed) => NamedUser::Unclear,
        }
    }

    async fn refresh(&self, cookies: &str) -> Result<Refreshed, ProviderError> {
        // Without a token there is nothing to ask. Of several one is somebody else's, and sending it might consume it.
        let Ok(sent) = RefreshToken::among(parse_header(cookies)) else { return Ok(Refreshed::Refused) };
        let csrf = self.csrf(cookies);
        let header = cookie::write_header(&[(REFRESH, sent.expose()), (CSRF, &csrf)]);
        let Some(new) = self.api.refresh(&header, &SecretString::from(csrf)).await? else {
            return Ok(Refreshed::Refused);
        };
        if self.is_refused(&new.access).await {
            return Ok(Refreshed::Refused);
        }
        Ok(Refreshed::Renewed {
            is_rotated: new.is_rotated(sent.expose()),
            expires_at: new.expires_at,
            set_cookies: new.set_cookies.into_lines(),
        })
    }

    async fn end(&self, cookies: &str) -> Result<Vec<SecretString>, ProviderError> {
        // All of them, in order, as the browser itself would send them.
        let mut ours: Vec<(&str, &str)> = parse_header(cookies)
            .filter(|(name, value)| matches!(*name, ACCESS | REFRESH) && cookie::is_value(value))
            .collect();
        if ours.is_empty() {
            return Ok(Vec::new());
        }
        let csrf = self.csrf(cookies);
        ours.push((CSRF, &csrf));
        let header = cookie::write_header(&ours);
        let set_cookies = self.api.logout(&header, &SecretString::from(csrf)).await?;
        Ok(set_cookies.into_lines())
    }
}
