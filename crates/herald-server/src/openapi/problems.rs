//! Which errors an operation can answer, for the document.

use std::collections::BTreeMap;

use utoipa::{
    IntoResponses,
    openapi::{ContentBuilder, Ref, RefOr, Response, ResponseBuilder},
};

use crate::problem::{ErrorCode, PROBLEM_JSON};

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
    /// Errors of `sendNotification`.
    SendProblems [WITH_BODY] {
        IdempotencyKeyRequired IdempotencyKeyInvalid UnknownConnection UnsupportedByProvider RecipientUnreachable
        IdempotencyKeyReused
    }
    /// Errors of `getNotification`.
    GetNotificationProblems [] { NotFound }
}

/// One response for each status, which names the codes it can carry.
fn responses(codes: &[ErrorCode]) -> BTreeMap<String, RefOr<Response>> {
    let mut by_status = BTreeMap::<u16, Vec<&str>>::new();
    for code in codes {
        by_status.entry(code.status()).or_default().push(code.as_str());
    }
    by_status
        .into_iter()
        .map(|(status, codes)| {
            let names: Vec<_> = codes.iter().map(|code| format!("`{code}`")).collect();
            let content = ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem"))).build();
            let response =
                ResponseBuilder::new().description(names.join(", ")).content(PROBLEM_JSON, content).build();
            (status.to_string(), RefOr::T(response))
        })
        .collect()
}
