//! The notify port.

use std::{fmt, time::Duration};

use async_trait::async_trait;

use crate::{
    error::ProviderError,
    identity::Identity,
    notification::{Address, Message},
};

/// What a provider takes as a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MessageLimits {
    /// The longest text, in Unicode scalar values.
    pub longest_text: usize,
}

/// Whom the provider delivers to: opaque outside its adapter, never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Recipient(String);

impl Recipient {
    /// A recipient in the provider's own words.
    pub fn new(text: String) -> Self {
        Self(text)
    }

    /// The provider's own words.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Recipient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Recipient(…)")
    }
}

/// The name of one send, the same in all its attempts, for providers that recognise repeats.
#[derive(Clone, Debug)]
pub struct SendKey(pub String);

/// The provider took the message.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Receipt {
    /// The provider's id of the message.
    pub message_id: Option<String>,
    /// The provider's id of the request.
    pub request_id: Option<String>,
    /// The messenger it went through, where the provider says so.
    pub platform: Option<String>,
}

/// One tenant's connection to a provider, for messages.
#[async_trait]
pub trait Notifier: fmt::Debug + Send + Sync + 'static {
    /// What the provider takes.
    fn limits(&self) -> &MessageLimits;

    /// Does a repeat under the same [`SendKey`] take effect only once? Decides what happens to a send whose end nobody saw.
    fn honours_key(&self) -> bool;

    /// The longest that `send` takes; a record that says "sending" is given up on after this and some seconds.
    fn send_timeout(&self) -> Duration;

    /// How many sends at once make sense; more are kept waiting by the caller, and not begun. At least 1, and below what the
    /// connection takes in all, so that sends never stand in the way of logins.
    fn concurrency(&self) -> usize;

    /// Whom `to` is here. No IO.
    ///
    /// # Behaviour
    /// - `address_takes_its_own_kind`: gives `None` for an address of a type that this provider cannot deliver to.
    /// - `address_of_a_subject_needs_an_identity`: a subject is reached only through `identity`, which is one verified on
    ///   this provider account.
    fn address(&self, to: &Address, identity: Option<&Identity>) -> Option<Recipient>;

    /// Sends once.
    ///
    /// # Behaviour
    /// - `send_makes_one_effect`: makes at most one effectful upstream call, but for one repeat after a refused credential
    ///   was renewed.
    /// - `a_repeat_under_the_same_key_is_recognised` where `honours_key`.
    /// - `an_unclear_end_is_said`: what may have taken effect is `Retry::OutcomeUnknown`.
    async fn send(
        &self,
        recipient: &Recipient,
        message: &Message,
        key: &SendKey,
    ) -> Result<Receipt, ProviderError>;
}
