//! What the errors of hooks are to providers; as `from_app`.

use herald_app::HookError;
use herald_core::webhook_source::Refused;

use super::{ErrorCode, Problem, from_app::unreadable};

impl From<HookError> for Problem {
    fn from(error: HookError) -> Self {
        match error {
            HookError::Unknown => Self::new(ErrorCode::NotFound, "There is nothing at this address."),
            HookError::Refused(Refused::Signature) => {
                Self::new(ErrorCode::Unauthenticated, "The signature is missing or wrong.")
            }
            HookError::Refused(Refused::Stale) => {
                Self::new(ErrorCode::Unauthenticated, "The notice is older than 24 hours.")
            }
            HookError::Refused(Refused::Unreadable) => {
                Self::new(ErrorCode::MalformedBody, "The body is not what the provider documents.")
            }
            HookError::Notification(error) => error.into(),
            HookError::Session(error) => error.into(),
            HookError::Store(error) => error.into(),
            HookError::Lost(error) => unreadable().caused_by(error),
        }
    }
}
