//! The port that hands a message to an address outside: back-channel logout, and whatever else a tenant asks to be told.

use std::{fmt, time::Duration};

use async_trait::async_trait;
use secrecy::SecretString;
use url::Url;

/// One message.
#[derive(Clone, Debug)]
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

/// What the other side said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// The HTTP status.
    pub status: u16,
    /// When it wishes to be asked again at the earliest (`Retry-After`).
    pub retry_after: Option<Duration>,
}

/// There was no answer: no connection, a forbidden address, no time. Says why, for operators, and nothing of the message.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct NoAnswer(pub String);

/// Hands messages over.
///
/// # Behaviour
/// - One attempt a call; redirects are not followed, and count as what they are: an answer that is no success.
/// - An address that is not public is refused when it is connected to, whatever its name said before (T16).
/// - The body of the answer is read to its end or to 64 KiB, and thrown away.
#[async_trait]
pub trait Courier: fmt::Debug + Send + Sync + 'static {
    /// Hands over one message, within ten seconds.
    async fn deliver(&self, parcel: &Parcel) -> Result<Receipt, NoAnswer>;
}
