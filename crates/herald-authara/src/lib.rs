//! Authara: cookie sessions of a server that stands beside the application, behind one origin. No messaging.
//!
//! # Where things are
//! - [`AutharaConfig`]: what one connection is told. [`Authara::open`]: the ports it then has; a notifier is not among them.
//! - `login`: the four verbs. The browser goes to Authara's own page and comes back with Authara's cookie.
//! - `session`: whose session a token is, asked of the server or verified here, and the same tokens when somebody presents
//!   them.
//! - `identity`: the person that an answer or a token names. `cookie`: the token as browsers bring it.
//! - `api`, `error`: the one address that is called, and the shape of its failures.
//!
//! # Things to note
//! - Authara reads its token from the cookie only, so it is always sent as one, never as a bearer.
//! - `authara_access` is no `__Host-` cookie: a sibling domain can put its own beside it. More than one is refused.
//! - Nothing in the redirect proves which login it belongs to; that is the state in the path, and the caller's own cookie.

mod api;
mod config;
mod cookie;
mod error;
mod identity;
mod login;
mod session;

use std::sync::Arc;

use herald_core::{clock::Clock, credential::CredentialVerifier, provider::IdentityProvider};

pub use config::{AutharaConfig, OpenError, Verify};

use crate::{
    login::AutharaLogin,
    session::{AutharaVerifier, Sessions},
};

/// The ports of one connection to Authara.
#[derive(Clone, Debug)]
pub struct Authara {
    /// Logins.
    pub identity_provider: Arc<dyn IdentityProvider>,
    /// Access tokens that somebody presents, alone or in a `Cookie` header.
    pub verifier: Arc<dyn CredentialVerifier>,
}

impl Authara {
    /// Opens a connection. Makes no call: an Authara that is down stops nobody from starting.
    pub fn open(config: AutharaConfig, clock: Arc<dyn Clock>) -> Result<Self, OpenError> {
        let sessions = Arc::new(Sessions::open(&config, clock)?);
        Ok(Self {
            identity_provider: Arc::new(AutharaLogin::open(config, sessions.clone())?),
            verifier: Arc::new(AutharaVerifier::new(sessions)),
        })
    }
}
