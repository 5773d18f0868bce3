//! What the suite needs to know of one provider.

use std::sync::Arc;

use async_trait::async_trait;
use herald_core::{identity::Identity, notification::Address, notifier::Notifier};

use crate::provider_suite::{Meaning, Trouble};

/// One simulated provider that takes messages. See the module's page.
#[async_trait]
pub trait NotifierFixture: Send + Sync {
    /// Another instance of the adapter on the same account, sharing nothing with the others but the provider.
    fn open(&self) -> Arc<dyn Notifier>;

    /// An address of the provider's own kind, of somebody who takes messages.
    fn address(&self) -> Address;

    /// Addresses of every other kind, but for subjects.
    fn foreign_addresses(&self) -> Vec<Address>;

    /// The same person as [`NotifierFixture::address`], as an identity verified on this account.
    fn identity(&self) -> Identity;

    /// An identity on this account with nothing in it that a message could go to, where such a thing exists.
    fn unreachable_identity(&self) -> Option<Identity>;

    /// An address of the provider's own kind that nobody has, where the provider tells such from others.
    fn unknown_address(&self) -> Option<Address>;

    /// What must never be shown by `Debug` or an error: keys of the configuration, tokens, the address itself.
    fn secrets(&self) -> Vec<String>;

    /// How many messages took effect.
    async fn effects(&self) -> u64;

    /// How many requests to send the provider has seen.
    async fn send_calls(&self) -> u64;

    /// From now on a request to send meets this, until [`NotifierFixture::heal`].
    async fn break_send(&self, trouble: Trouble);

    /// All is well again.
    async fn heal(&self);

    /// What this status means as an answer to a send, where that differs from
    /// [`usual_meaning`](crate::provider_suite::usual_meaning) of a one-shot call.
    fn own_meaning(&self, status: u16) -> Option<Meaning>;

    /// How many requests to send one call of `send` makes when the provider answers with this: 1, or 2 where a refused
    /// credential is renewed.
    fn calls_per_send(&self, trouble: Trouble) -> u64;
}
