//! What can go wrong with a notification, in words of the domain.

use herald_core::{seal::CannotOpen, store::StoreError};

/// A notification could not be read or moved.
#[derive(Debug, thiserror::Error)]
pub enum NotifyError {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// What is stored cannot be opened.
    #[error(transparent)]
    Unreadable(#[from] CannotOpen),
}

/// A notification was not accepted. Nothing is stored, and the key is as free as it was.
#[derive(Debug, thiserror::Error)]
pub enum AcceptError {
    /// The route names a connection that the tenant does not have.
    #[error("no such connection")]
    UnknownConnection {
        /// Which stop of the route.
        index: usize,
    },
    /// No connection of the route takes this kind of address.
    #[error("no connection takes this kind of address")]
    Unsupported,
    /// The kind is taken, but this recipient cannot be reached; the same for unknown and foreign subjects.
    #[error("the recipient cannot be reached")]
    Unreachable,
    /// The key was used for another notification.
    #[error("the idempotency key was used for another notification")]
    KeyReused,
    /// The text is longer than any connection of the route takes.
    #[error("the text is longer than {longest} characters")]
    TextTooLong {
        /// The longest that is taken.
        longest: usize,
    },
    /// A member makes no sense at this time.
    #[error("{detail}")]
    Invalid {
        /// JSON pointer to the member.
        pointer: &'static str,
        /// A stable word.
        code: &'static str,
        /// What is wrong.
        detail: &'static str,
    },
    /// Anything else.
    #[error(transparent)]
    Notify(#[from] NotifyError),
}

impl From<StoreError> for AcceptError {
    fn from(error: StoreError) -> Self {
        Self::Notify(error.into())
    }
}

impl From<CannotOpen> for AcceptError {
    fn from(error: CannotOpen) -> Self {
        Self::Notify(error.into())
    }
}
