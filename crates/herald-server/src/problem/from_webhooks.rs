//! What the errors of webhook endpoints are to callers; as `from_app`.

use herald_app::webhook::{MOST_ENDPOINTS, WebhookError};

use super::{ErrorCode, Problem, from_app::unreadable};

impl Problem {
    /// No such webhook endpoint; as [`Problem::no_such_login`].
    pub fn no_such_endpoint() -> Self {
        Self::new(ErrorCode::NotFound, "There is no such webhook endpoint.")
    }
}

impl From<WebhookError> for Problem {
    fn from(error: WebhookError) -> Self {
        match error {
            WebhookError::NotFound => Self::no_such_endpoint(),
            WebhookError::Invalid { pointer, code, detail } => Self::invalid().at(pointer, code, detail),
            WebhookError::TooMany => Self::invalid().at(
                "",
                "too_many_endpoints",
                format!("the tenant has {MOST_ENDPOINTS} webhook endpoints already"),
            ),
            WebhookError::Store(error) => error.into(),
            WebhookError::Unreadable(error) => unreadable().caused_by(error),
            WebhookError::Lost(error) => unreadable().caused_by(error),
        }
    }
}
