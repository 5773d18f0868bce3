//! Which errors an operation can answer, for the document.

use std::collections::{BTreeMap, BTreeSet};

use utoipa::{
    IntoResponses,
    openapi::{ContentBuilder, Ref, RefOr, Response, ResponseBuilder, example::Example},
};

use super::problem_examples;
use crate::problem::{ErrorCode, OAuthErrorWord, PROBLEM_JSON};

/// What every operation can answer.
const EVERYWHERE: &[ErrorCode] = &[
    ErrorCode::InvalidHeader,
    ErrorCode::Unauthenticated,
    ErrorCode::InsufficientScope,
    ErrorCode::RateLimited,
    ErrorCode::InternalError,
    ErrorCode::StoreUnavailable,
];

/// What every operation with a body can answer.
const WITH_BODY: &[ErrorCode] = &[
    ErrorCode::MalformedBody,
    ErrorCode::RequestTimeout,
    ErrorCode::BodyTooLarge,
    ErrorCode::UnsupportedMediaType,
    ErrorCode::ValidationFailed,
];

macro_rules! problems {
    ($($(#[$doc:meta])* $name:ident [$($group:expr),*] { $($code:ident)* })*) => {$(
        $(#[$doc])*
        #[derive(Debug)]
        pub enum $name {}

        impl IntoResponses for $name {
            fn responses() -> BTreeMap<String, RefOr<Response>> {
                responses(&[EVERYWHERE, $($group,)* &[$(ErrorCode::$code),*]].concat())
            }
        }
    )*};
}

problems! {
    /// Errors of `startLogin`.
    StartLoginProblems [WITH_BODY] {
        ReturnUrlNotAllowed ReturnUrlRequired UnknownConnection ProviderError ProviderUnavailable ProviderTimeout
    }
    /// Errors of `getLogin`.
    GetLoginProblems [] { NotFound ProviderUnavailable }
    /// Errors of `streamLoginEvents`.
    StreamLoginProblems [] { NotFound ProviderUnavailable ShuttingDown }
    /// Errors of lists.
    ListProblems [] { InvalidParameter }
    /// Errors of `claimLogin`.
    ClaimProblems [WITH_BODY] { ClaimRefused NotFound LoginPending LoginEnded LoginClaimed ProviderUnavailable }
    /// Errors of `cancelLogin`.
    CancelProblems [] { NotFound LoginClaimed ProviderUnavailable }
    /// Errors of `verifyCredential`.
    VerifyProblems [WITH_BODY] { UnknownConnection ProviderError ProviderUnavailable ProviderTimeout }
    /// Errors of `refreshSession`.
    RefreshProblems [WITH_BODY] { RefreshRefused }
    /// Errors of `refreshCookies`.
    RefreshCookiesProblems [WITH_BODY] {
        RefreshRefused UnknownConnection ProviderError ProviderUnavailable ProviderTimeout
    }
    /// Errors of `endSessions`.
    EndSessionsProblems [WITH_BODY] {}
    /// Errors of `getSession`.
    GetSessionProblems [] { NotFound }
    /// Errors of `endSession`.
    EndSessionProblems [] { NotFound }
    /// Errors of `sendNotification`.
    SendProblems [WITH_BODY] {
        IdempotencyKeyRequired IdempotencyKeyInvalid UnknownConnection UnsupportedByProvider RecipientUnreachable
        IdempotencyKeyReused
    }
    /// Errors of `sendNotificationBatch`.
    SendBatchProblems [WITH_BODY] {}
    /// Errors of `getNotification`.
    GetNotificationProblems [] { NotFound }
    /// Errors of `cancelNotification`.
    CancelNotificationProblems [] { NotFound NotCancellable }
    /// Errors of `nextNotificationConnection`.
    NextConnectionProblems [] { NotFound NoNextConnection }
    /// Errors of `requeueNotification`.
    RequeueProblems [] { NotFound NotRequeueable }
    /// Errors of `createWebhookEndpoint`.
    CreateEndpointProblems [WITH_BODY] {}
    /// Errors of `updateWebhookEndpoint`, and of what is asked of one endpoint with a body.
    ChangeEndpointProblems [WITH_BODY] { NotFound }
    /// Errors of what is asked of one webhook endpoint without a body.
    EndpointProblems [] { NotFound }
    /// Errors of the lists that belong to a webhook endpoint.
    EndpointListProblems [] { InvalidParameter NotFound }
}

/// What can go wrong for anybody, without a key.
const WITHOUT_KEY: &[ErrorCode] =
    &[ErrorCode::RateLimited, ErrorCode::InternalError, ErrorCode::StoreUnavailable];

/// Errors of what anybody may ask about a tenant.
#[derive(Debug)]
pub enum DiscoveryProblems {}

impl IntoResponses for DiscoveryProblems {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        without_examples(&[WITHOUT_KEY, &[ErrorCode::NotFound]].concat())
    }
}

/// Errors of what operators ask about the installation. Their keys have no scopes.
#[derive(Debug)]
pub enum InstallationProblems {}

impl IntoResponses for InstallationProblems {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        let own = [ErrorCode::InvalidHeader, ErrorCode::Unauthenticated];
        without_examples(&[WITHOUT_KEY, &own].concat())
    }
}

/// Errors of what operators do about a tenant. Their keys have no scopes.
#[derive(Debug)]
pub enum OperatorProblems {}

impl IntoResponses for OperatorProblems {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        let own = [ErrorCode::InvalidHeader, ErrorCode::Unauthenticated, ErrorCode::NotFound];
        without_examples(&[WITHOUT_KEY, &own].concat())
    }
}

/// Errors of OAuth's endpoints: all that an operation with a body can answer, in OAuth's words.
#[derive(Debug)]
pub enum OAuthProblems {}

impl IntoResponses for OAuthProblems {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        let mut by_status = BTreeMap::<u16, BTreeSet<&str>>::new();
        for code in EVERYWHERE.iter().chain(WITH_BODY) {
            let (word, status) = OAuthErrorWord::of(*code);
            by_status.entry(status).or_default().insert(word.as_str());
        }
        listed(by_status, "OAuthError", "application/json", |_| None)
    }
}

/// What an operation for tenants answers: one response for each status, which names the codes it can carry.
fn responses(codes: &[ErrorCode]) -> BTreeMap<String, RefOr<Response>> {
    listed(by_status(codes), "Problem", PROBLEM_JSON, problem_examples::reference)
}

/// The same for other operations. The examples are not theirs.
fn without_examples(codes: &[ErrorCode]) -> BTreeMap<String, RefOr<Response>> {
    listed(by_status(codes), "Problem", PROBLEM_JSON, |_| None)
}

fn by_status(codes: &[ErrorCode]) -> BTreeMap<u16, Vec<&'static str>> {
    let mut by_status = BTreeMap::<u16, Vec<&str>>::new();
    for code in codes {
        by_status.entry(code.status()).or_default().push(code.as_str());
    }
    by_status
}

/// The responses of this schema, by status, that carry these words, with the examples there are for them.
fn listed<'a, W: IntoIterator<Item = &'a str>>(
    by_status: BTreeMap<u16, W>,
    schema: &str,
    media_type: &str,
    example: fn(&str) -> Option<RefOr<Example>>,
) -> BTreeMap<String, RefOr<Response>> {
    let response = |(status, words): (u16, W)| {
        let words: Vec<_> = words.into_iter().collect();
        let names: Vec<_> = words.iter().map(|word| format!("`{word}`")).collect();
        let examples = words.iter().filter_map(|word| Some((*word, example(word)?)));
        let content = ContentBuilder::new()
            .schema(Some(Ref::from_schema_name(schema)))
            .examples_from_iter(examples)
            .build();
        let response =
            ResponseBuilder::new().description(names.join(", ")).content(media_type, content).build();
        (status.to_string(), RefOr::T(response))
    };
    by_status.into_iter().map(response).collect()
}
