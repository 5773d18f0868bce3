//! The login port: four verbs, the same for every provider.

use std::{borrow::Cow, fmt, time::Duration};

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use url::Url;
use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::{error::ProviderError, identity::Profile, secret::UrlToken, text::Locale};

/// Which provider: an open set of short words.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ProviderName(Cow<'static, str>);

impl ProviderName {
    /// Antara.
    pub const ANTARA: Self = Self::new("antara");
    /// Antirius.
    pub const ANTIRIUS: Self = Self::new("antirius");
    /// Authara.
    pub const AUTHARA: Self = Self::new("authara");

    /// A provider by its word.
    pub const fn new(name: &'static str) -> Self {
        Self(Cow::Borrowed(name))
    }

    /// The word.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ProviderName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for ProviderName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// One account at a provider: what a user key is unique within.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ProviderAccount {
    /// The provider.
    pub provider: ProviderName,
    /// Antara's client id, Antirius' app id, Authara's origin.
    pub account: String,
}

/// What is fixed about one connection to a provider.
#[derive(Clone, Debug)]
pub struct ProviderInfo {
    /// The account that this connection is.
    pub account: ProviderAccount,
    /// How the provider tells us of progress.
    pub progress: Progress,
    /// The longest that `redeem` takes; a claim to redeem lasts this and five seconds.
    pub redeem_timeout: Duration,
}

/// How the provider tells us of progress.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// The browser comes back to the callback address; there is nothing to poll.
    Return,
    /// We poll. A login that ends earlier with us is polled on until the provider's own end, and what is confirmed then is
    /// redeemed and thrown away, because until then it lies there for whoever knows the session.
    Poll,
}

macro_rules! opaque {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, Serialize, Deserialize, Zeroize, ZeroizeOnDrop)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// Wraps what the adapter wrote, JSON by custom.
            pub fn new(text: String) -> Self {
                Self(text)
            }

            /// What the adapter wrote.
            pub fn expose(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($name), "(…)"))
            }
        }
    };
}

opaque! {
    /// What an adapter needs to go on with a login on any replica. Opaque to everyone else; stored sealed.
    Memo
}
opaque! {
    /// What a provider answered to the one-shot call, before it is verified. Opaque to everyone else; stored sealed.
    Answer
}

/// What a login begins with. The app makes the state and the addresses, and finds the login by them.
#[derive(Clone, Debug)]
pub struct BeginLogin {
    /// One-time, 128 bits. Comes back as the query member `state`, or as the last segment of the callback's path.
    pub state: UrlToken,
    /// `{browser_url}/callback/{tenant}/{connection}`, without the state.
    pub callback: Url,
    /// `{browser_url}/login/{id}/back`: where a messenger may send the person when it is done. Proves nothing.
    pub back: Url,
    /// The person's language.
    pub locale: Option<Locale>,
}

/// A login that the provider knows of.
#[derive(Clone, Debug)]
pub struct Started {
    /// What the person has to do.
    pub step: Step,
    /// What the next call needs.
    pub memo: Memo,
    /// How long the provider itself keeps the login open.
    pub expires_in: Duration,
}

/// What the person has to do. `Debug` shows no address: a deep link carries the provider's session, which is a secret.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Step {
    /// Go to this address of the provider.
    Redirect {
        /// The provider's address; given to the bound browser only.
        url: Url,
    },
    /// Open one of these links, or scan it, and confirm in the messenger.
    Approve {
        /// The links, in the provider's display order; at least one.
        links: Vec<ApproveLink>,
        /// How often it makes sense to look, in seconds.
        poll_after_seconds: u32,
    },
}

impl fmt::Debug for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Redirect { .. } => f.write_str("Redirect(…)"),
            Self::Approve { links, .. } => f.debug_tuple("Approve").field(links).finish(),
        }
    }
}

/// One way to confirm.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApproveLink {
    /// The messenger: `telegram`, `max`, `whatsapp`; an open set.
    pub platform: String,
    /// The deep link.
    pub url: Url,
    /// What to send to whom by hand, where the messenger has that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub manual: Option<Manual>,
}

impl fmt::Debug for ApproveLink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ApproveLink({})", self.platform)
    }
}

/// What to send to whom by hand, because messengers drop start parameters for bots they know.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manual {
    /// The bot's name there, such as `@ShopBot`.
    pub to: String,
    /// The text to send.
    pub text: String,
}

/// One look at a login.
#[derive(Clone, Copy, Debug)]
pub enum Look<'a> {
    /// Ask the provider, if there is anything to ask. May hold the line as long as the provider's own long poll does.
    Poll {
        /// Answer without holding the line.
        is_last: bool,
    },
    /// The browser came back.
    Return {
        /// The decoded members of the query, each at most once.
        query: &'a [(String, String)],
        /// The cookies that came with it, name and value, in order, repeated names repeated.
        cookies: &'a [(String, String)],
    },
}

/// What a look found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Observed {
    /// The person has not answered yet.
    Pending {
        /// What the next call needs.
        memo: Memo,
        /// The person has at least opened it.
        is_opened: bool,
        /// When to look again at the earliest.
        poll_after: Duration,
    },
    /// The person agreed; the answer can be redeemed with this memo.
    Ready {
        /// What `redeem` needs.
        memo: Memo,
    },
    /// It ended without an identity.
    Rejected(Rejection),
}

/// What `identify` found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verified {
    /// The provider vouches for this person.
    Identity {
        /// Who it is.
        profile: Box<Profile>,
        /// The provider's own session that the person has there, where the answer names one: a login by a session that is over
        /// with us is none.
        provider_session: Option<String>,
    },
    /// The answer does not hold.
    Rejected(Rejection),
}

/// A login that ended at the provider without an identity. A value, not an error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rejection {
    /// The person, or the provider on their behalf, said no.
    Denied,
    /// The provider's own time ran out.
    Expired,
    /// Somebody else took the answer: a security event.
    ConsumedElsewhere,
    /// The provider reported an error, or what came back was no good.
    Failed {
        /// Why, for operators.
        detail: String,
    },
    /// What the provider vouched for does not hold: signature, issuer, account, a disabled person.
    IdentityRejected {
        /// Why, for operators.
        detail: String,
    },
}

/// One tenant's connection to a provider, for logins.
///
/// The adapter keeps nothing per login: whatever a later call needs travels in [`Memo`] and [`Answer`], which the caller
/// seals, stores and hands to any replica. No HTTP type crosses this port.
#[async_trait]
pub trait IdentityProvider: fmt::Debug + Send + Sync + 'static {
    /// What is fixed about this connection.
    fn info(&self) -> &ProviderInfo;

    /// Starts a login.
    ///
    /// # Behaviour
    /// - `begin_is_independent`: makes at most one upstream call; two calls give two independent logins.
    /// - `begin_binds_the_state`: what comes back to the callback carries the state that was passed in.
    async fn begin(&self, request: &BeginLogin) -> Result<Started, ProviderError>;

    /// Looks at a login.
    ///
    /// # Behaviour
    /// - `observe_may_be_repeated`: consumes nothing, however often it is called.
    /// - `a_return_is_final`: a return is `Ready` or `Rejected`, never `Pending`.
    /// - `refusal_is_a_value`: "the person said no" is `Rejected(Denied)`.
    /// - `state_survives_another_instance`: a memo of one instance is good at another.
    async fn observe(&self, memo: &Memo, look: Look<'_>) -> Result<Observed, ProviderError>;

    /// Takes the answer: **one-shot**. The caller has stored durably that it is about to do this.
    ///
    /// # Behaviour
    /// - `redeem_is_called_once`: makes the one call that consumes at most once.
    /// - `redeem_says_consumed`: an answer that was taken before is `Consumed` or `InvalidGrant`.
    /// - `an_unclear_end_of_redeem_is_said`: what may have consumed is `OutcomeUnknown`, so that an error that says
    ///   `Retry::After` surely had no effect. `OutcomeUnknown` and `Never` end the login.
    /// - `every_status_of_redeem_has_its_kind_and_verdict`: each status means what the table says, or what this provider says.
    async fn redeem(&self, memo: &Memo) -> Result<Answer, ProviderError>;

    /// Verifies an answer and reads the identity out of it.
    ///
    /// # Behaviour
    /// - `identify_may_be_repeated`: the same answer gives the same identity, also at another instance.
    /// - `identify_trusts_nothing_unverified`: what does not hold is `Rejected(IdentityRejected)`.
    ///
    /// Keys that cannot be had now are an error with `Retry::After`; the tests of each adapter that fetches keys hold that.
    async fn identify(&self, answer: &Answer) -> Result<Verified, ProviderError>;
}
