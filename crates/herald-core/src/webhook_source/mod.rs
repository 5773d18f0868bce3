//! The port that reads what a provider sends us by itself.

mod signature;

pub use signature::{BodyVerifier, SignatureEncoding, WebhookSignature};

use std::fmt;

use jiff::Timestamp;

/// What a provider told us.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// What tells a repeat: the provider's id of the notice, or what its content hashes to. Unique within the provider account.
    pub id: String,
    /// When it happened, where the provider says so.
    pub at: Option<Timestamp>,
    /// What happened.
    pub what: NoticeKind,
}

/// What a notice is about.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum NoticeKind {
    /// A message reached the person.
    MessageDelivered {
        /// The provider's id of the message, as its receipt gave it.
        message_id: String,
    },
    /// A person is no longer known to the provider.
    UserDeleted {
        /// The provider's key of the user, as in an identity.
        user_key: String,
    },
    /// Something that nothing follows from. Accepted and counted.
    Other {
        /// The provider's word for it, cut to 64 characters of `[A-Za-z0-9_.-]`; `unknown` where it has none.
        kind: String,
    },
}

impl NoticeKind {
    /// The longest word for a kind that nothing follows from, in characters.
    const LONGEST_OTHER: usize = 64;

    /// Something that nothing follows from, by the provider's word for it.
    pub fn other(word: &str) -> Self {
        let is_plain = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-');
        let kind: String = word.chars().filter(is_plain).take(Self::LONGEST_OTHER).collect();
        Self::Other { kind: if kind.is_empty() { "unknown".to_owned() } else { kind } }
    }
}

/// A request's header: its name in lower case, and its value.
pub type Header<'a> = (&'a str, &'a [u8]);

/// The request does not prove that it comes from the provider, or cannot be read. Says why, for operators.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// No signature, several, or one that is not good for these bytes.
    #[error("the signature is missing or wrong")]
    Signature,
    /// It was made longer ago than any repeat of the provider's is. Well within the time that notices are remembered, so that no
    /// copy has an effect of its own after its notice is forgotten.
    #[error("the notice is too old")]
    Stale,
    /// The signature is good, and the body is not what the provider documents.
    #[error("the body cannot be read")]
    Unreadable,
}

/// One tenant's connection to a provider, for what that sends by itself.
///
/// # Behaviour
/// - `the_signature_is_of_the_raw_bytes`: it is compared in constant time, before anything of the body is read.
/// - `a_signature_is_there_once`.
/// - `a_signature_is_written_in_one_way`: another spelling of the right one is refused.
/// - `an_unknown_kind_is_other`, and no error.
/// - `a_repeat_has_the_same_id`, and no two notices have.
/// - `what_cannot_be_read_is_refused`, though it is signed.
pub trait WebhookSource: fmt::Debug + Send + Sync + 'static {
    /// What a request says. No IO.
    fn read(&self, headers: &[Header<'_>], body: &[u8], now: Timestamp) -> Result<Vec<Notice>, Refused>;
}
