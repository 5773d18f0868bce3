//! Errors of `/v1/oauth`: the same problems, in the shape of RFC 6749, 5.2, which is all that OAuth clients understand.

use std::fmt;

use actix_web::{HttpResponse, ResponseError, http::StatusCode};
use serde::Serialize;
use utoipa::ToSchema;

use super::{ErrorCode, Problem};

/// An error on its way to an OAuth client.
#[derive(Debug)]
pub struct OAuthError(Problem);

/// What went wrong, as OAuth says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum OAuthErrorWord {
    /// The request lacks something, has something twice, or is framed wrongly (RFC 6749, 5.2).
    InvalidRequest,
    /// No valid API key (RFC 6749, 5.2).
    InvalidClient,
    /// The API key lacks the scope (RFC 6750, 3.1).
    InsufficientScope,
    /// Not now; `Retry-After` says when (RFC 6749, 4.1.2.1).
    TemporarilyUnavailable,
    /// A fault of Herald (RFC 6749, 4.1.2.1).
    ServerError,
}

impl OAuthErrorWord {
    /// The word for a problem, and the status that goes with it.
    pub fn of(code: ErrorCode) -> (Self, u16) {
        match code.status() {
            // Framing has the statuses that it has everywhere.
            status @ (405 | 408 | 413 | 415) => (Self::InvalidRequest, status),
            401 => (Self::InvalidClient, 401),
            403 => (Self::InsufficientScope, 403),
            status @ (429 | 503) => (Self::TemporarilyUnavailable, status),
            400..=499 => (Self::InvalidRequest, 400),
            _ => (Self::ServerError, 500),
        }
    }

    /// The word itself.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::InvalidRequest => "invalid_request",
            Self::InvalidClient => "invalid_client",
            Self::InsufficientScope => "insufficient_scope",
            Self::TemporarilyUnavailable => "temporarily_unavailable",
            Self::ServerError => "server_error",
        }
    }
}

/// What went wrong (RFC 6749, 5.2).
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = OAuthError)]
pub struct OAuthErrorView {
    /// What, for programs. An open set: new ones may come.
    #[schema(value_type = String, example = "invalid_request")]
    error: OAuthErrorWord,
    /// What, for people.
    #[schema(example = "The member `token` is missing or empty.")]
    error_description: String,
}

impl OAuthError {
    /// The problem behind it.
    pub(super) fn problem(&self) -> &Problem {
        &self.0
    }
}

impl From<Problem> for OAuthError {
    fn from(problem: Problem) -> Self {
        Self(problem)
    }
}

impl fmt::Display for OAuthError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl ResponseError for OAuthError {
    fn status_code(&self) -> StatusCode {
        let (_, status) = OAuthErrorWord::of(self.0.code());
        StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    fn error_response(&self) -> HttpResponse {
        let (error, _) = OAuthErrorWord::of(self.0.code());
        let view = OAuthErrorView { error, error_description: described(&self.0.0.detail) };
        self.0.answer(self.status_code(), "application/json", &view)
    }
}

/// The text in the characters that a description may have (RFC 6749, 5.2).
fn described(text: &str) -> String {
    text.chars().filter(|c| matches!(c, ' '..='~') && !matches!(c, '"' | '\\')).collect()
}

#[cfg(test)]
mod tests {
    use actix_web::body::to_bytes;
    use serde_json::{Value, json};

    use super::*;

    async fn answer(problem: Problem) -> (HttpResponse<()>, Value) {
        let (head, body) = OAuthError::from(problem).error_response().into_parts();
        (head, serde_json::from_slice(&to_bytes(body).await.unwrap()).unwrap())
    }

    #[actix_web::test]
    async fn a_problem_is_told_in_the_words_of_oauth() {
        for (code, status, word) in [
            (ErrorCode::MalformedBody, 400, "invalid_request"),
            (ErrorCode::UnsupportedMediaType, 415, "invalid_request"),
            (ErrorCode::BodyTooLarge, 413, "invalid_request"),
            (ErrorCode::RequestTimeout, 408, "invalid_request"),
            (ErrorCode::MethodNotAllowed, 405, "invalid_request"),
            (ErrorCode::InsufficientScope, 403, "insufficient_scope"),
            (ErrorCode::InternalError, 500, "server_error"),
            (ErrorCode::ProviderError, 500, "server_error"),
        ] {
            let (head, body) = answer(Problem::new(code, "a `b` \"c\" …")).await;
            assert_eq!((head.status().as_u16(), &body["error"]), (status, &json!(word)), "{}", code.as_str());
            assert_eq!(body["error_description"], "a `b` c ");
            assert_eq!(body.as_object().unwrap().len(), 2);
            assert_eq!(head.headers().get("content-type").unwrap(), "application/json");
            assert_eq!(head.headers().get("cache-control").unwrap(), "no-store");
        }
    }

    #[actix_web::test]
    async fn a_client_is_challenged_or_told_when_to_come_again() {
        let (head, body) = answer(Problem::new(ErrorCode::Unauthenticated, "x")).await;
        assert_eq!((head.status().as_u16(), &body["error"]), (401, &json!("invalid_client")));
        assert_eq!(head.headers().get("www-authenticate").unwrap(), "Bearer");
        for (code, status) in [(ErrorCode::RateLimited, 429), (ErrorCode::StoreUnavailable, 503)] {
            let (head, body) = answer(Problem::new(code, "x")).await;
            assert_eq!((head.status().as_u16(), &body["error"]), (status, &json!("temporarily_unavailable")));
            assert_eq!(head.headers().get("retry-after").unwrap(), "1");
        }
    }

    #[test]
    fn words_are_as_they_are_written() {
        for code in ErrorCode::ALL {
            let (word, _) = OAuthErrorWord::of(*code);
            assert_eq!(serde_json::to_value(word).unwrap(), word.as_str());
        }
    }
}
