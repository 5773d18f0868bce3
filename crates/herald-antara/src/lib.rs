//! Antara: OAuth 2.0 authorization code with PKCE for logins, messages by slug.
//!
//! # Where things are
//! - [`AntaraConfig`]: what one connection is told. [`Antara::open`]: the ports it then has.
//! - `login`: the four verbs. Nothing is called before the person comes back; the verifier of PKCE travels in the memo.
//! - `identity`: who an answer of Antara's names.
//! - `token`: the three kinds of Antara's tokens as types, and the cached token of the app.
//! - `notify`, `verify`: messages, and tokens that somebody presents.
//! - `webhook`: what Antara sends by itself.
//! - `api`, `error`: every address and every shape of Antara's, success and failure. Nothing else knows them.
//!
//! # Things to note
//! - A success comes in an envelope (`data`, `meta`) or, on older routes, bare; an error nested or flat. Both are read.
//! - A code is redeemed by a one-shot request; only what surely had no effect says that it may be sent again.
//! - A message carries the send's own key as `Idempotency-Key`, so that a repeat is the same message.

mod api;
mod config;
mod error;
mod identity;
mod login;
mod notify;
mod token;
mod verify;
mod webhook;

use std::{sync::Arc, time::Duration};

use herald_core::{
    clock::{Clock, Entropy},
    credential::CredentialVerifier,
    notifier::Notifier,
    provider::IdentityProvider,
    token_shelf::TokenShelf,
    webhook_source::WebhookSource,
};
use herald_outbound::OpenError;

pub use config::AntaraConfig;

use crate::{
    api::Api, login::AntaraLogin, notify::AntaraNotifier, token::AppTokens, verify::AntaraVerifier,
    webhook::AntaraWebhook,
};

/// What a replica that fetches the app's token has beyond the time-out of its call before it counts as dead.
const FETCH_MARGIN: Duration = Duration::from_secs(5);

/// The ports of one connection to Antara.
#[derive(Clone, Debug)]
pub struct Antara {
    /// Logins.
    pub identity_provider: Arc<dyn IdentityProvider>,
    /// Messages; only with an API key.
    pub notifier: Option<Arc<dyn Notifier>>,
    /// Tokens that somebody presents (`oit_…`).
    pub verifier: Arc<dyn CredentialVerifier>,
    /// What Antara sends by itself; only with a secret for its signatures.
    pub webhook_source: Option<Arc<dyn WebhookSource>>,
}

impl Antara {
    /// Opens a connection. Makes no call: an Antara that is down stops nobody from starting. The app's token is shared with the
    /// other replicas on `shelf`, where there are any.
    pub fn open(
        config: AntaraConfig,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
        shelf: Option<Arc<dyn TokenShelf>>,
    ) -> Result<Self, OpenError> {
        let api = Api::open(&config)?;
        let config = Arc::new(config);
        let webhook = config.webhook.as_ref().map(AntaraWebhook::new);
        let notifier = config.api_key.clone().map(|key| {
            let shelf = shelf.map(|shelf| (shelf, config.timeout + FETCH_MARGIN));
            let tokens = AppTokens::new(api.clone(), key, clock.clone(), shelf);
            Arc::new(AntaraNotifier::new(&config, api.clone(), tokens)) as Arc<dyn Notifier>
        });
        Ok(Self {
            verifier: Arc::new(AntaraVerifier::new(config.clone(), api.clone(), clock.clone())),
            identity_provider: Arc::new(AntaraLogin::new(config, api, clock, entropy)),
            notifier,
            webhook_source: webhook.map(|webhook| Arc::new(webhook) as Arc<dyn WebhookSource>),
        })
    }
}
