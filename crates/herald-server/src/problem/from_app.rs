//! What the use cases' errors are to callers. No blanket conversion: a new error does not compile until it has a line here.

use std::time::Duration;

use herald_app::{
    AcceptError, CancelError, ClaimError, LimitName, LimitReached, LoginError, ManageError, NotifyError,
    StartError,
};
use herald_core::{
    error::{ErrorKind, ProviderError, Retry},
    store::StoreError,
};

use super::{ErrorCode, Problem};

const NO_LOGIN: &str = "There is no such login.";

impl Problem {
    /// No such login: the same for an unknown one, another tenant's, and what is no id at all.
    pub fn no_such_login() -> Self {
        Self::new(ErrorCode::NotFound, NO_LOGIN)
    }

    /// No such notification; as [`Problem::no_such_login`].
    pub fn no_such_notification() -> Self {
        Self::new(ErrorCode::NotFound, "There is no such notification.")
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Unavailable(_) => {
                Self::new(ErrorCode::StoreUnavailable, "The store cannot be reached.").caused_by(error)
            }
            StoreError::Corrupt(_) => unreadable().caused_by(error),
        }
    }
}

/// What is stored cannot be read, or the work on it broke down.
pub(super) fn unreadable() -> Problem {
    Problem::new(ErrorCode::InternalError, "Something went wrong.")
}

impl From<ProviderError> for Problem {
    fn from(error: ProviderError) -> Self {
        let problem = match (error.kind(), error.retry()) {
            (ErrorKind::Timeout, _) => {
                Self::new(ErrorCode::ProviderTimeout, "The provider did not answer in time.")
            }
            (ErrorKind::Unavailable | ErrorKind::RateLimited, Retry::After(after)) => {
                Self::new(ErrorCode::ProviderUnavailable, "The provider is unavailable.")
                    .retry_after(rounded_up(after))
            }
            _ => Self::new(ErrorCode::ProviderError, "The provider reported an error."),
        };
        problem.of_provider(error.provider(), error.provider_code(), error.request_id()).caused_by(error)
    }
}

impl From<LimitReached> for Problem {
    fn from(LimitReached(standing): LimitReached) -> Self {
        let detail = match standing.name {
            LimitName::Tenant => "The tenant has called too often.",
            LimitName::Address => "This address has begun too many logins.",
            LimitName::Recipient => "This recipient has been written to too often.",
        };
        Self::new(ErrorCode::RateLimited, detail)
            .retry_after(rounded_up(standing.taken.retry_after))
            .of_limit(standing)
    }
}

/// Whole seconds, the next one where a part of one is left.
fn rounded_up(duration: Duration) -> u64 {
    duration.as_secs() + u64::from(duration.subsec_nanos() > 0)
}

impl From<LoginError> for Problem {
    fn from(error: LoginError) -> Self {
        match error {
            LoginError::Store(error) => error.into(),
            LoginError::Provider(error) => error.into(),
            LoginError::AccountGone => Self::new(
                ErrorCode::ProviderUnavailable,
                "This server is not set up for the login's account.",
            )
            .caused_by("the configuration lacks the login's provider account"),
            LoginError::TooManyWaiters => {
                Self::new(ErrorCode::RateLimited, "Too many requests are waiting for logins.")
            }
            LoginError::Unreadable(error) => unreadable().caused_by(error),
            LoginError::Lost(error) => unreadable().caused_by(error),
            LoginError::Session(error) => error.into(),
        }
    }
}

impl From<StartError> for Problem {
    fn from(error: StartError) -> Self {
        match error {
            StartError::ReturnUrlNotAllowed => {
                Self::new(ErrorCode::ReturnUrlNotAllowed, "The return URL is none of the tenant's.").at(
                    "/return_url",
                    "not_allowed",
                    "not one of the tenant's return URLs, byte for byte",
                )
            }
            StartError::ReturnUrlRequired => Self::new(
                ErrorCode::ReturnUrlRequired,
                "The tenant needs a return URL for every login.",
            )
            .at("/return_url", "missing", "required"),
            StartError::UnknownConnection => Self::new(
                ErrorCode::UnknownConnection,
                "The tenant has no such connection for logins.",
            )
            .at("/connection", "unknown", "not a connection of the tenant"),
            StartError::Limited(error) => error.into(),
            StartError::Login(error) => error.into(),
        }
    }
}

impl From<ClaimError> for Problem {
    fn from(error: ClaimError) -> Self {
        match error {
            ClaimError::NotFound => Self::no_such_login(),
            ClaimError::Refused => {
                Self::new(ErrorCode::ClaimRefused, "The claim secret or the code is not this login's.")
            }
            ClaimError::Pending => {
                Self::new(ErrorCode::LoginPending, "The person has not confirmed the login yet.")
            }
            ClaimError::Ended(status) => {
                Self::new(ErrorCode::LoginEnded, format!("The login has ended: {status}.")).of_login(status)
            }
            ClaimError::AlreadyClaimed => claimed(),
            ClaimError::Login(error) => error.into(),
        }
    }
}

fn claimed() -> Problem {
    Problem::new(ErrorCode::LoginClaimed, "The login was claimed before.")
}

impl From<CancelError> for Problem {
    fn from(error: CancelError) -> Self {
        match error {
            CancelError::NotFound => Self::no_such_login(),
            CancelError::Claimed => claimed(),
            CancelError::Login(error) => error.into(),
        }
    }
}

impl From<AcceptError> for Problem {
    fn from(error: AcceptError) -> Self {
        match error {
            AcceptError::UnknownConnection { index } => Self::new(
                ErrorCode::UnknownConnection,
                "The tenant has no such connection for messages.",
            )
            .at(format!("/route/{index}"), "unknown", "not a connection of the tenant"),
            AcceptError::RepeatedConnection { index } => Self::invalid().at(
                format!("/route/{index}"),
                "repeated",
                "the route names this connection already",
            ),
            AcceptError::Unsupported => {
                Self::new(ErrorCode::UnsupportedByProvider, "No connection takes an address of this type.")
            }
            AcceptError::Unreachable => {
                Self::new(ErrorCode::RecipientUnreachable, "No connection reaches this recipient.")
            }
            AcceptError::KeyReused => Self::new(
                ErrorCode::IdempotencyKeyReused,
                "The Idempotency-Key was used for another notification.",
            ),
            AcceptError::TextTooLong { longest } => Self::invalid().at(
                "/message/text",
                "too_long",
                format!("longer than the {longest} characters that the route takes"),
            ),
            AcceptError::Limited(error) => error.into(),
            AcceptError::Invalid { pointer, code, detail } => Self::invalid().at(pointer, code, detail),
            AcceptError::Notify(error) => error.into(),
        }
    }
}

impl From<ManageError> for Problem {
    fn from(error: ManageError) -> Self {
        match error {
            ManageError::NotCancellable { status } => Self::new(
                ErrorCode::NotCancellable,
                format!("The notification is {status}: cancelling it would change nothing."),
            ),
            ManageError::NotRequeueable { status } => Self::new(
                ErrorCode::NotRequeueable,
                format!("The notification is {status}, or too old: it cannot be sent anew."),
            ),
            ManageError::NoNextConnection { status } => Self::new(
                ErrorCode::NoNextConnection,
                format!("The notification is {status}, and no further connection can carry it."),
            ),
            ManageError::Notify(error) => error.into(),
        }
    }
}

impl Problem {
    /// A fault of ours, with what it is for the log.
    pub fn unexpected(cause: &'static str) -> Self {
        unreadable().caused_by(cause)
    }

    /// The body does not hold; where, is added with [`Problem::at`] or [`Problem::with_faults`].
    pub fn invalid() -> Self {
        Self::new(ErrorCode::ValidationFailed, "The body does not keep to the rules; `errors` says where.")
    }
}

impl From<NotifyError> for Problem {
    fn from(error: NotifyError) -> Self {
        match error {
            NotifyError::Store(error) => error.into(),
            NotifyError::Unreadable(error) => unreadable().caused_by(error),
            NotifyError::Lost(error) => unreadable().caused_by(error),
        }
    }
}
