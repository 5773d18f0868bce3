//! Antirius: logins that a person confirms in a messenger, and messages to phone numbers through the same bots.
//!
//! # Where things are
//! - `config`: what a connection is told. [`Antirius::open`] makes it and gives the ports it then has.
//! - `login`: the four verbs. A session is created, watched by status polls, and its token taken once.
//! - `session`: what travels from one verb to the next. `links`: which of Antirius' links are shown.
//! - `verify`, `identity`: the token in full, and who it names. `notify`: messages.
//! - `api`, `poll`, `error`: every address and every shape of Antirius', success and failure, and the bound on status polls.
//!   Nothing else knows them.
//!
//! # Things to note
//! - Whoever knows a session's id can take its token. It stands in the links, because it has to, and in the sealed memo; no
//!   log line, error or address of ours holds it.
//! - A poll without `type` consumes the session. Every request names its type, and the one that consumes is a one-shot.
//! - The token is trusted and the `user` object beside it is not: where the two differ the identity is rejected.
//! - Antirius recognises no repeats of a message: a send whose end nobody saw stays unknown.

mod api;
mod config;
mod error;
mod identity;
mod links;
mod login;
mod notify;
mod poll;
mod session;
mod verify;

use std::sync::Arc;

use herald_core::{
    clock::Clock, credential::CredentialVerifier, notifier::Notifier, provider::IdentityProvider,
};
use herald_outbound::OpenError;

pub use config::AntiriusConfig;

use crate::{api::Api, login::AntiriusLogin, notify::AntiriusNotifier, verify::AntiriusVerifier};

/// The ports of one connection to Antirius.
#[derive(Clone, Debug)]
pub struct Antirius {
    /// Logins.
    pub identity_provider: Arc<dyn IdentityProvider>,
    /// Messages; only with a message token.
    pub notifier: Option<Arc<dyn Notifier>>,
    /// Tokens that somebody presents.
    pub verifier: Arc<dyn CredentialVerifier>,
}

impl Antirius {
    /// Opens a connection. Makes no call: an Antirius that is down stops nobody from starting.
    pub fn open(config: AntiriusConfig, clock: Arc<dyn Clock>) -> Result<Self, OpenError> {
        config.check()?;
        let api = Api::open(&config)?;
        let config = Arc::new(config);
        let notifier = config
            .message_token
            .as_ref()
            .map(|token| Arc::new(AntiriusNotifier::new(&config, api.clone(), token)) as Arc<dyn Notifier>);
        let verifier =
            Arc::new(AntiriusVerifier::new(&config, api.keys(Arc::clone(&clock)), Arc::clone(&clock)));
        let login = AntiriusLogin::new(config, api, Arc::clone(&verifier), clock);
        Ok(Self { identity_provider: Arc::new(login), notifier, verifier })
    }
}
