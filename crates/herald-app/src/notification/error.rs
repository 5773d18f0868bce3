//! What can go wrong with a notification, in words of the domain.

use herald_core::{notification::NotificationStatus, seal::CannotOpen, store::StoreError};

use crate::{limit::LimitReached, tasks::TaskLost};

/// A notification could not be read or moved.
#[derive(Debug, thiserror::Error)]
pub enum NotifyError {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// What is stored cannot be opened.
    #[error(transparent)]
    Unreadable(#[from] CannotOpen),
    /// The work broke down.
    #[error(transparent)]
    Lost(#[from] TaskLost),
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
    /// The route names a connection that it has named before.
    #[error("the route names a connection twice")]
    RepeatedConnection {
        /// Which stop of the route; the later one.
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
    /// The recipient has been written to as often as the tenant allows.
    #[error(transparent)]
    Limited(#[from] LimitReached),
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

/// A notification was not moved as somebody asked. It is as it was.
#[derive(Debug, thiserror::Error)]
pub enum ManageError {
    /// It is not waiting any more, so that cancelling it does not help.
    #[error("a notification that is {status} cannot be cancelled")]
    NotCancellable {
        /// Where it is.
        status: NotificationStatus,
    },
    /// It is no dead letter, or so old that its idempotency key would be free while it is sent.
    #[error("a notification that is {status} cannot be sent anew")]
    NotRequeueable {
        /// Where it is.
        status: NotificationStatus,
    },
    /// No connection after the present one can carry it, or it is where none is tried any more.
    #[error("no other connection can carry a notification that is {status}")]
    NoNextConnection {
        /// Where it is.
        status: NotificationStatus,
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
