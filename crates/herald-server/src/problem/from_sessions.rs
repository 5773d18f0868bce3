//! What the errors of sessions are to callers; as `from_app`.

use herald_app::{ChoiceError, RefreshCookiesError, RefreshError, SessionError, VerifyError};

use super::{ErrorCode, Problem, from_app::unreadable};

impl Problem {
    /// No such session; as [`Problem::no_such_login`].
    pub fn no_such_session() -> Self {
        Self::new(ErrorCode::NotFound, "There is no such session.")
    }

    /// No such tenant, of the tenants that anybody may know of.
    pub fn no_such_tenant() -> Self {
        Self::new(ErrorCode::NotFound, "There is no such tenant.")
    }
}

impl From<SessionError> for Problem {
    fn from(error: SessionError) -> Self {
        match error {
            SessionError::Store(error) => error.into(),
            SessionError::AccountGone => Self::new(
                ErrorCode::ProviderUnavailable,
                "This server is not set up for the session's account.",
            )
            .caused_by("the configuration lacks the session's provider account"),
            SessionError::Unreadable(error) => unreadable().caused_by(error),
            SessionError::Lost(error) => unreadable().caused_by(error),
        }
    }
}

impl From<RefreshError> for Problem {
    fn from(error: RefreshError) -> Self {
        match error {
            RefreshError::Refused => {
                Self::new(ErrorCode::RefreshRefused, "The refresh token is not good, or not any more.")
            }
            RefreshError::Session(error) => error.into(),
        }
    }
}

impl From<ChoiceError> for Problem {
    fn from(error: ChoiceError) -> Self {
        match error {
            ChoiceError::Unknown => Self::new(
                ErrorCode::UnknownConnection,
                "The tenant has no such connection, or it cannot do this.",
            )
            .at("/connection", "unknown", "not a connection of the tenant that can do this"),
            ChoiceError::Ambiguous => {
                Self::invalid().at("/connection", "missing", "several connections could be meant: name one")
            }
        }
    }
}

impl From<RefreshCookiesError> for Problem {
    fn from(error: RefreshCookiesError) -> Self {
        match error {
            RefreshCookiesError::Refused => {
                Self::new(ErrorCode::RefreshRefused, "The provider's session cannot be refreshed any more.")
            }
            // The provider may have used the refresh token up: whoever sends it again may lose the session for good.
            RefreshCookiesError::Unclear => Self::new(
                ErrorCode::ProviderUnavailable,
                "The provider gave no clear answer, and may have taken the refresh token; sign in again.",
            )
            .not_retryable(),
            RefreshCookiesError::Choice(error) => error.into(),
            RefreshCookiesError::Provider(error) => error.into(),
            RefreshCookiesError::Session(error) => error.into(),
        }
    }
}

impl From<VerifyError> for Problem {
    fn from(error: VerifyError) -> Self {
        match error {
            VerifyError::Choice(error) => error.into(),
            VerifyError::Provider(error) => error.into(),
            VerifyError::Session(error) => error.into(),
        }
    }
}
