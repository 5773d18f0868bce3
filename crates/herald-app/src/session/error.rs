//! What can go wrong with a session, in words of the domain.

use herald_core::{error::ProviderError, seal::CannotOpen, store::StoreError};

use crate::tasks::TaskLost;

/// A session, or what signs its tokens, could not be read or changed.
#[derive(Debug, thiserror::Error)]
pub enum SessionError {
    /// This replica's configuration lacks the provider account that vouched for the session.
    #[error("the provider account of this session is not configured here")]
    AccountGone,
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

/// A session was not refreshed.
#[derive(Debug, thiserror::Error)]
pub enum RefreshError {
    /// The token is not good, or not any more.
    #[error("the refresh is refused")]
    Refused,
    /// Anything else.
    #[error(transparent)]
    Session(#[from] SessionError),
}

/// No connection was meant, or more than one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ChoiceError {
    /// The tenant has no such connection, or it cannot do this.
    #[error("no such connection")]
    Unknown,
    /// Several connections could be meant.
    #[error("several connections could be meant")]
    Ambiguous,
}

/// A provider's session was not refreshed.
#[derive(Debug, thiserror::Error)]
pub enum RefreshCookiesError {
    /// The provider knows no such session, or this refresh token was used before.
    #[error("the refresh is refused")]
    Refused,
    /// Nobody can know whether the provider took the refresh token; it will not be sent again.
    #[error("the provider gave no clear answer")]
    Unclear,
    /// No one connection was meant.
    #[error(transparent)]
    Choice(#[from] ChoiceError),
    /// The provider failed, surely without effect.
    #[error(transparent)]
    Provider(#[from] ProviderError),
    /// Anything else.
    #[error(transparent)]
    Session(#[from] SessionError),
}

/// A credential could not be checked.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// No one connection was meant.
    #[error(transparent)]
    Choice(#[from] ChoiceError),
    /// The provider failed.
    #[error(transparent)]
    Provider(#[from] ProviderError),
    /// Anything else.
    #[error(transparent)]
    Session(#[from] SessionError),
}

macro_rules! through_session_error {
    ($($name:ident: $($source:ty),*;)*) => {$($(
        impl From<$source> for $name {
            fn from(error: $source) -> Self {
                Self::Session(error.into())
            }
        }
    )*)*};
}

through_session_error! {
    RefreshError: StoreError, CannotOpen, TaskLost;
    RefreshCookiesError: StoreError, CannotOpen, TaskLost;
    VerifyError: StoreError, CannotOpen, TaskLost;
}
