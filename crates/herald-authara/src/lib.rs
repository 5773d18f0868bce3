//! Authara: cookie sessions of a server that stands beside the application, behind one origin. No messaging.
//!
//! # Where things are
//! - [`AutharaConfig`]: what one connection is told. [`Authara::open`]: the ports it then has; a notifier is not among them.
//! - `login`: the four verbs. The browser goes to Authara's own page and comes back with Authara's cookie.
//! - `session`: whose session a token is, asked of the server or verified here, and the same tokens when somebody presents
//!   them.
//! - `session_control`: Authara's own session with a browser, refreshed and ended.
//! - `identity`: the person that an answer or a token names. `cookie`: the tokens as browsers bring them; `set_cookie`: as
//!   browsers get them.
//! - `webhook`: what Authara sends by itself.
//! - `api`, `error`: the addresses that are called, and the shape of their failures.
//!
//! # Things to note
//! - Authara reads its token from the cookie only, so it is always sent as one, never as a bearer.
//! - `authara_access` is no `__Host-` cookie: a sibling domain can put its own beside it. More than one is refused.
//! - A refresh consumes its token, perhaps: it is sent once, whatever happens. That one refresh is under way at a time is up to
//!   the caller. Its 200 proves nothing; the new access token is looked at before it is handed out.
//! - Nothing in the redirect proves which login it belongs to; that is the state in the path, and the caller's own cookie.

mod api;
mod config;
mod cookie;
mod error;
mod identity;
mod login;
mod session;
mod session_control;
mod set_cookie;
mod webhook;

use std::sync::Arc;

use herald_core::{
    clock::{Clock, Entropy},
    credential::CredentialVerifier,
    provider::IdentityProvider,
    session_control::SessionControl,
    webhook_source::WebhookSource,
};

pub use config::{AutharaConfig, OpenError, Verify};

use crate::{
    api::Api,
    login::AutharaLogin,
    session::{AutharaVerifier, Sessions},
    session_control::AutharaSessionControl,
    webhook::AutharaWebhook,
};

/// The ports of one connection to Authara.
#[derive(Clone, Debug)]
pub struct Authara {
    /// Logins.
    pub identity_provider: Arc<dyn IdentityProvider>,
    /// Access tokens that somebody presents, alone or in a `Cookie` header.
    pub verifier: Arc<dyn CredentialVerifier>,
    /// Authara's own sessions, by the cookies of a browser.
    pub session_control: Arc<dyn SessionControl>,
    /// What Authara sends by itself; only with a secret for its signatures.
    pub webhook_source: Option<Arc<dyn WebhookSource>>,
}

impl Authara {
    /// Opens a connection. Makes no call: an Authara that is down stops nobody from starting.
    pub fn open(
        config: AutharaConfig,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
    ) -> Result<Self, OpenError> {
        let api = Api::open(&config)?;
        let webhook = config.webhook.as_ref().map(AutharaWebhook::new);
        let sessions = Arc::new(Sessions::open(&config, api.clone(), clock)?);
        Ok(Self {
            webhook_source: webhook.map(|webhook| Arc::new(webhook) as Arc<dyn WebhookSource>),
            session_control: Arc::new(AutharaSessionControl::new(api, entropy)),
            identity_provider: Arc::new(AutharaLogin::open(config, sessions.clone())?),
            verifier: Arc::new(AutharaVerifier::new(sessions)),
        })
    }
}
