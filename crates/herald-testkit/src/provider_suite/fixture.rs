//! What the suite needs to know of one provider.

use std::sync::Arc;

use async_trait::async_trait;
use herald_core::provider::{Answer, IdentityProvider, Step};
use url::Url;

use super::trouble::{Meaning, Trouble};

/// A browser that came back to the callback.
#[derive(Clone, Debug)]
pub struct Browser {
    /// The address it came to, with its query.
    pub address: Url,
    /// The cookies that came with it.
    pub cookies: Vec<(String, String)>,
}

/// What `redeem` does at the provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RedeemKind {
    /// One call that consumes.
    Consumes,
    /// One call without an effect: it may be made again and gives the same person.
    Looks,
}

/// One simulated provider, and the way of a person through it. See the module's page.
#[async_trait]
pub trait ProviderFixture: Send + Sync {
    /// Another instance of the adapter on the same account, sharing nothing with the others but the provider.
    fn open(&self) -> Arc<dyn IdentityProvider>;

    /// What `redeem` does at this provider.
    fn redeem_kind(&self) -> RedeemKind;

    /// The callback address that logins begin with.
    fn callback(&self) -> Url;

    /// The user key of the person who confirms.
    fn user_key(&self) -> String;

    /// What must never be shown by `Debug` or an error: keys and tokens of the configuration.
    fn secrets(&self) -> Vec<String>;

    /// The person does what `step` asks and says yes. The browser that comes back, or `None` where we poll.
    async fn confirm(&self, step: &Step) -> Option<Browser>;

    /// The person says no: the browser that comes back, or `Some(None)` where we poll. `None` when this provider gives
    /// nobody a way to refuse.
    async fn refuse(&self, step: &Step) -> Option<Option<Browser>>;

    /// How many requests of any kind the provider has seen from the adapter. What `confirm` and `refuse` do may count.
    async fn calls(&self) -> u64;

    /// How many requests of the kind that `redeem` makes the provider has seen.
    async fn redeem_calls(&self) -> u64;

    /// From now on the call that `redeem` makes meets this, until [`ProviderFixture::heal`].
    async fn break_redeem(&self, trouble: Trouble);

    /// All is well again.
    async fn heal(&self);

    /// What this status means as an answer to `redeem`, where that differs from [`usual_meaning`](super::usual_meaning).
    fn own_meaning(&self, status: u16) -> Option<Meaning>;

    /// A good answer, damaged in every way that `identify` has to notice, each with a word for the damage. At least one.
    async fn spoil(&self, answer: &Answer) -> Vec<(&'static str, Answer)>;
}
