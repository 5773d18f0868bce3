//! Errors as callers see them: RFC 9457 problems, from one table of codes.
//!
//! A handler fails with a [`Problem`]. What the request adds to it (its id, its path) is filled in by
//! [`finish`](finish::finish_problems), which also logs the cause, once. Under `/v1/oauth` the same problem is told in the
//! words of OAuth: [`OAuthError`].

mod code;
pub mod finish;
mod from_app;
mod from_hooks;
mod from_sessions;
mod from_webhooks;
mod markdown;
mod oauth;
mod wire;

pub use code::{ErrorCode, Row};
pub use markdown::errors_markdown;
pub use oauth::{OAuthError, OAuthErrorView, OAuthErrorWord};
pub use wire::{FieldProblem, ProblemView};

use std::{borrow::Cow, error::Error, fmt};

use actix_web::{
    HttpResponse, ResponseError,
    http::{
        StatusCode,
        header::{ALLOW, CACHE_CONTROL, HeaderName, HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE},
    },
};
use herald_app::Standing;
use herald_core::{login::LoginStatus, provider::ProviderName};
use serde::Serialize;

use crate::rate_limit;

/// The media type of every error.
pub const PROBLEM_JSON: &str = "application/problem+json";

/// What is wrong with one member of a body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Where, as a JSON pointer (RFC 6901).
    pub pointer: String,
    /// What, as a stable word.
    pub code: &'static str,
    /// What, for people. Never holds the value.
    pub detail: Cow<'static, str>,
}

/// Which provider failed, and what it said of it.
#[derive(Clone, Debug)]
struct ProviderFacts {
    provider: ProviderName,
    code: Option<String>,
    request_id: Option<String>,
}

#[derive(Debug)]
struct Inner {
    code: ErrorCode,
    detail: Cow<'static, str>,
    faults: Vec<Fault>,
    is_retryable: bool,
    retry_after_seconds: Option<u64>,
    provider: Option<ProviderFacts>,
    login_status: Option<LoginStatus>,
    allow: Option<String>,
    limit: Option<Standing>,
    cause: Option<Box<dyn Error + Send + Sync>>,
}

/// An error on its way to the caller.
///
/// The cause is for the log only; nothing of it is ever part of the answer.
#[derive(Debug)]
pub struct Problem(Box<Inner>);

impl Problem {
    /// A problem of this code; `detail` says what happened this time and holds nothing that the caller sent.
    pub fn new(code: ErrorCode, detail: impl Into<Cow<'static, str>>) -> Self {
        Self(Box::new(Inner {
            code,
            detail: detail.into(),
            faults: Vec::new(),
            is_retryable: code.row().is_retryable,
            // Whoever may come again is told when: a second unless somebody knows better.
            retry_after_seconds: matches!(code.status(), 429 | 503).then_some(1),
            provider: None,
            login_status: None,
            allow: None,
            limit: None,
            cause: None,
        }))
    }

    /// The code.
    pub fn code(&self) -> ErrorCode {
        self.0.code
    }

    /// Points at what is wrong in the body.
    #[must_use]
    pub fn with_faults(mut self, faults: impl IntoIterator<Item = Fault>) -> Self {
        self.0.faults.extend(faults);
        self
    }

    /// Points at one member of the body.
    #[must_use]
    pub fn at(
        self,
        pointer: impl Into<String>,
        code: &'static str,
        detail: impl Into<Cow<'static, str>>,
    ) -> Self {
        self.with_faults([Fault { pointer: pointer.into(), code, detail: detail.into() }])
    }

    /// Moves every pointer below this place, for what is wrong in a part of the body.
    #[must_use]
    pub fn below(mut self, place: &str) -> Self {
        self.0.faults.iter_mut().for_each(|fault| fault.pointer.insert_str(0, place));
        self
    }

    /// Says when to come again, in seconds; at least 1.
    #[must_use]
    pub fn retry_after(mut self, seconds: u64) -> Self {
        self.0.retry_after_seconds = Some(seconds.max(1));
        self
    }

    /// Says that the very same request must not be sent again, whatever is usual for the code.
    #[must_use]
    pub fn not_retryable(mut self) -> Self {
        self.0.is_retryable = false;
        self.0.retry_after_seconds = None;
        self
    }

    /// Lists the methods that the address has (405).
    #[must_use]
    pub fn allowing(mut self, methods: String) -> Self {
        self.0.allow = Some(methods);
        self
    }

    /// Says how the limit stands that was reached.
    fn of_limit(mut self, standing: Standing) -> Self {
        self.0.limit = Some(standing);
        self
    }

    /// Says how the login stands.
    #[must_use]
    pub fn of_login(mut self, status: LoginStatus) -> Self {
        self.0.login_status = Some(status);
        self
    }

    /// Keeps the cause for the log.
    #[must_use]
    pub fn caused_by(mut self, cause: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        self.0.cause = Some(cause.into());
        self
    }

    fn of_provider(mut self, provider: &ProviderName, code: Option<&str>, request_id: Option<&str>) -> Self {
        self.0.provider = Some(ProviderFacts {
            provider: provider.clone(),
            code: code.map(str::to_owned),
            request_id: request_id.map(str::to_owned),
        });
        self
    }

    /// The answer, with what the request adds to it.
    fn respond(&self, instance: Option<&str>, request_id: Option<&str>) -> HttpResponse {
        let view = ProblemView::new(self, instance, request_id);
        self.answer(self.status_code(), PROBLEM_JSON, &view)
    }

    /// An answer with the headers that this problem asks for.
    fn answer(&self, status: StatusCode, content_type: &str, view: &impl Serialize) -> HttpResponse {
        let body = serde_json::to_vec(view).unwrap_or_default();
        let mut response = HttpResponse::build(status).content_type(content_type).body(body);
        let headers = response.headers_mut();
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        let mut set = |name: HeaderName, value: Option<String>| {
            if let Some(value) = value.and_then(|value| HeaderValue::try_from(value).ok()) {
                headers.insert(name, value);
            }
        };
        set(ALLOW, self.0.allow.clone());
        set(RETRY_AFTER, self.0.retry_after_seconds.map(|seconds| seconds.to_string()));
        if let Some(standing) = &self.0.limit {
            rate_limit::tell(standing, &mut set);
        }
        set(WWW_AUTHENTICATE, (self.0.code == ErrorCode::Unauthenticated).then(|| "Bearer".to_owned()));
        // What is left of a body that nobody will read must not be taken for the next request.
        if matches!(self.0.code, ErrorCode::RequestTimeout | ErrorCode::BodyTooLarge) {
            response.head_mut().set_connection_type(actix_web::http::ConnectionType::Close);
        }
        response
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.0.code.as_str(), self.0.detail)
    }
}

impl Error for Problem {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.0.cause.as_deref().map(|cause| cause as &(dyn Error + 'static))
    }
}

impl ResponseError for Problem {
    fn status_code(&self) -> StatusCode {
        StatusCode::from_u16(self.0.code.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    fn error_response(&self) -> HttpResponse {
        self.respond(None, None)
    }
}

#[cfg(test)]
mod tests;
