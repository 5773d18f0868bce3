//! What can go wrong with a login, in words of the domain.

use herald_core::{error::ProviderError, login::LoginStatus, seal::CannotOpen, store::StoreError};

use crate::{limit::LimitReached, session::SessionError, tasks::TaskLost};

/// A login could not be read or moved.
#[derive(Debug, thiserror::Error)]
pub enum LoginError {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The provider failed.
    #[error(transparent)]
    Provider(#[from] ProviderError),
    /// This replica's configuration lacks the provider account that the login was started with.
    #[error("the provider account of this login is not configured here")]
    AccountGone,
    /// Too many callers of this tenant wait already.
    #[error("too many callers wait")]
    TooManyWaiters,
    /// What is stored cannot be opened.
    #[error(transparent)]
    Unreadable(#[from] CannotOpen),
    /// The work broke down.
    #[error(transparent)]
    Lost(#[from] TaskLost),
    /// The session that a claim gives could not be made.
    #[error(transparent)]
    Session(#[from] SessionError),
}

/// A login was not started.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The return address is not on the tenant's list.
    #[error("the return address is not on the tenant's list")]
    ReturnUrlNotAllowed,
    /// There is none, and the tenant does not allow that.
    #[error("a return address is needed")]
    ReturnUrlRequired,
    /// The tenant has no such connection, or none to log in with.
    #[error("no such connection")]
    UnknownConnection,
    /// Who asks has begun too many.
    #[error(transparent)]
    Limited(#[from] LimitReached),
    /// Anything else.
    #[error(transparent)]
    Login(#[from] LoginError),
}

/// A login was not claimed.
#[derive(Debug, thiserror::Error)]
pub enum ClaimError {
    /// There is no such login.
    #[error("no such login")]
    NotFound,
    /// Secret or code is wrong.
    #[error("the claim is refused")]
    Refused,
    /// The person has not confirmed yet.
    #[error("the login is not confirmed yet")]
    Pending,
    /// It ended without an identity.
    #[error("the login is {0}")]
    Ended(LoginStatus),
    /// It was claimed before.
    #[error("the login was claimed before")]
    AlreadyClaimed,
    /// Anything else.
    #[error(transparent)]
    Login(#[from] LoginError),
}

/// A login was not cancelled.
#[derive(Debug, thiserror::Error)]
pub enum CancelError {
    /// There is no such login.
    #[error("no such login")]
    NotFound,
    /// It was claimed before.
    #[error("the login was claimed before")]
    Claimed,
    /// Anything else.
    #[error(transparent)]
    Login(#[from] LoginError),
}

macro_rules! through_login_error {
    ($($name:ident: $($source:ty),*;)*) => {$($(
        impl From<$source> for $name {
            fn from(error: $source) -> Self {
                Self::Login(error.into())
            }
        }
    )*)*};
}

through_login_error! {
    StartError: StoreError, ProviderError, TaskLost;
    ClaimError: StoreError, CannotOpen, SessionError;
    CancelError: StoreError, CannotOpen;
}
