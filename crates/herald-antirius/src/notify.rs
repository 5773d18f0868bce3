//! Messages to phone numbers, through the messenger that the person last used.

use std::{fmt, time::Duration};

use async_trait::async_trait;
use herald_core::{
    error::ProviderError,
    identity::Identity,
    notification::{Address, Message},
    notifier::{MessageLimits, Notifier, Receipt, Recipient, SendKey},
    text::MessageText,
};
use secrecy::{ExposeSecret as _, SecretString};

use crate::{api::Api, config::AntiriusConfig};

const LIMITS: MessageLimits = MessageLimits { longest_text: MessageText::LONGEST };

/// Antirius as a notifier. It recognises no repeats, so a [`SendKey`] goes nowhere.
pub(crate) struct AntiriusNotifier {
    api: Api,
    /// `token …`, as the header wants it.
    authorization: SecretString,
    timeout: Duration,
    concurrency: usize,
}

impl AntiriusNotifier {
    pub(crate) fn new(config: &AntiriusConfig, api: Api, token: &SecretString) -> Self {
        let authorization = format!("token {}", token.expose_secret()).into();
        let concurrency = (config.max_in_flight / 2).max(1);
        Self { api, authorization, timeout: config.timeout, concurrency }
    }
}

#[async_trait]
impl Notifier for AntiriusNotifier {
    fn limits(&self) -> &MessageLimits {
        &LIMITS
    }

    fn honours_key(&self) -> bool {
        false
    }

    fn send_timeout(&self) -> Duration {
        self.timeout
    }

    fn concurrency(&self) -> usize {
        self.concurrency
    }

    fn address(&self, to: &Address, identity: Option<&Identity>) -> Option<Recipient> {
        let phone_number = match to {
            Address::Phone { phone_number } => Some(phone_number),
            Address::Subject { .. } => identity?.profile.phone_number.as_ref(),
            Address::Slug { .. } => None,
        };
        phone_number.map(|phone_number| Recipient::new(phone_number.expose().to_owned()))
    }

    async fn send(
        &self,
        recipient: &Recipient,
        message: &Message,
        _key: &SendKey,
    ) -> Result<Receipt, ProviderError> {
        let Message::Text { text } = message;
        self.api.send(&self.authorization, recipient, text).await
    }
}

impl fmt::Debug for AntiriusNotifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AntiriusNotifier").field("api", &self.api).finish_non_exhaustive()
    }
}
