//! The port that hands a message to an address outside: back-channel logout, and whatever else a tenant asks to be told.

use std::{fmt, time::Duration};

use async_trait::async_trait;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use url::Url;

/// One message.
#[derive(Clone)]
pub struct Parcel {
    /// Where it goes, by POST.
    pub url: Url,
    /// May the address be http or a private one? Only what the operator's own file names may.
    pub may_be_private: bool,
    /// The `Content-Type`.
    pub content_type: &'static str,
    /// More headers.
    pub headers: Vec<(&'static str, String)>,
    /// The body.
    pub body: SecretString,
}

// Addresses may hold secrets of their receiver in path and query, and headers a signature.
impl fmt::Debug for Parcel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.headers.iter().map(|(name, _)| *name).collect();
        f.debug_struct("Parcel")
            .field("origin", &self.url.origin().ascii_serialization())
            .field("may_be_private", &self.may_be_private)
            .field("content_type", &self.content_type)
            .field("headers", &names)
            .finish_non_exhaustive()
    }
}

/// What the other side said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// The HTTP status.
    pub status: u16,
    /// When it wishes to be asked again at the earliest (`Retry-After`).
    pub retry_after: Option<Duration>,
}

/// There was no answer. `Display` says why, for operators, and nothing of the message.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{detail}")]
pub struct NoAnswer {
    /// Why, for the tenant.
    pub why: NoAnswerKind,
    /// Why, for operators.
    pub detail: String,
}

/// Why there was no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NoAnswerKind {
    /// The address is not one that a tenant may have things sent to.
    BlockedAddress,
    /// No connection: no such name, refused, no route, a certificate that is not good.
    Unreachable,
    /// No answer in time.
    Timeout,
    /// The connection broke, or what came is no HTTP.
    Broken,
}

impl NoAnswerKind {
    /// The reason as a word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::BlockedAddress => "blocked_address",
            Self::Unreachable => "unreachable",
            Self::Timeout => "timeout",
            Self::Broken => "broken",
        }
    }
}

/// Hands messages over.
///
/// # Behaviour
/// - One attempt a call; redirects are not followed, and count as what they are: an answer that is no success.
/// - An address that is not public is refused when it is connected to, whatever its name said before.
/// - The body of the answer is read to its end or to 64 KiB, and thrown away.
#[async_trait]
pub trait Courier: fmt::Debug + Send + Sync + 'static {
    /// May things be handed over at this address, as far as its text tells? A name is looked at when it is connected to. No
    /// IO.
    fn reaches(&self, url: &Url, may_be_private: bool) -> bool;

    /// Hands over one message, within ten seconds.
    async fn deliver(&self, parcel: &Parcel) -> Result<Receipt, NoAnswer>;
}
