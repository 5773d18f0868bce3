//! A problem as JSON.

use serde::Serialize;
use utoipa::ToSchema;

use super::Problem;
use crate::views::LoginStatusWord;

/// What went wrong (RFC 9457).
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Problem)]
pub struct ProblemView {
    /// Names the kind of problem: `https://herald.example/problems/` and the code.
    #[serde(rename = "type")]
    #[schema(format = "uri", example = "https://herald.example/problems/validation_failed")]
    type_url: String,
    /// The kind of problem, for people; the same in every answer with this code.
    #[schema(example = "The request is not valid")]
    title: &'static str,
    /// The HTTP status.
    #[schema(example = 422)]
    status: u16,
    /// What happened this time, for people.
    #[schema(example = "The body does not keep to the rules; `errors` says where.")]
    detail: String,
    /// The path that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "/v1/notifications")]
    instance: Option<String>,
    /// The kind of problem, for programs. An open set: new ones may come.
    #[schema(example = "validation_failed")]
    code: &'static str,
    /// What the request is found under in Herald's log.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "019b7c9e-2a7d-7c31-9f0e-6a1d2c3b4e5f")]
    request_id: Option<String>,
    /// Can the very same request succeed later?
    retryable: bool,
    /// When to try again, in seconds; the same as the header `Retry-After`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = 1)]
    retry_after_seconds: Option<u64>,
    /// What is wrong in the body, member by member.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    errors: Vec<FieldProblem>,
    /// How the login stands, where that is the problem.
    #[serde(skip_serializing_if = "Option::is_none")]
    login_status: Option<LoginStatusWord>,
    /// The provider that failed. An open set.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "antirius")]
    provider: Option<String>,
    /// The provider's own code for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "not_found")]
    provider_code: Option<String>,
    /// The provider's own id of the request.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "b7e23ec2-9af2-4a0b-8c1d-5f3e6a7b8c9d")]
    provider_request_id: Option<String>,
}

/// What is wrong with one member of the body.
#[derive(Debug, Serialize, ToSchema)]
pub struct FieldProblem {
    /// Where, as a JSON pointer (RFC 6901).
    #[schema(example = "/to/phone_number")]
    pointer: String,
    /// What, as a stable word. An open set: new ones may come.
    #[schema(example = "not_e164")]
    code: &'static str,
    /// What, for people.
    #[schema(example = "not a phone number in E.164 form, such as +16502530000")]
    detail: String,
}

impl ProblemView {
    /// The HTTP status.
    pub fn status(&self) -> u16 {
        self.status
    }

    pub(super) fn new(problem: &Problem, instance: Option<&str>, request_id: Option<&str>) -> Self {
        let inner = &*problem.0;
        let row = inner.code.row();
        let provider = inner.provider.as_ref();
        Self {
            type_url: inner.code.type_url(),
            title: row.title,
            status: row.status,
            detail: inner.detail.clone().into_owned(),
            instance: instance.map(str::to_owned),
            code: row.code,
            request_id: request_id.map(str::to_owned),
            retryable: inner.is_retryable,
            retry_after_seconds: inner.retry_after_seconds,
            errors: inner
                .faults
                .iter()
                .map(|fault| FieldProblem {
                    pointer: fault.pointer.clone(),
                    code: fault.code,
                    detail: fault.detail.clone().into_owned(),
                })
                .collect(),
            login_status: inner.login_status.map(Into::into),
            provider: provider.map(|facts| facts.provider.as_str().to_owned()),
            provider_code: provider.and_then(|facts| facts.code.clone()),
            provider_request_id: provider.and_then(|facts| facts.request_id.clone()),
        }
    }
}
