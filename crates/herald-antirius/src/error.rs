//! Antirius' errors. Their shape is undocumented: `code`, `error` and `message` are read where they are there.

use std::time::Duration;

use herald_core::{
    error::{ErrorKind, ProviderError, Retry},
    provider::ProviderName,
};
use herald_outbound::Response;
use serde_json::Value;

/// When a send may be made again that was refused as if our token were at fault: only an operator helps.
const REFUSED: Duration = Duration::from_secs(60);
/// When a send may be made again that was one too many, where nobody says when. The caller waits longer each time.
const SOON: Duration = Duration::from_secs(1);

/// The provider's own code in a body, if any. Sentences are dropped where codes are kept.
fn code(response: &Response) -> Option<String> {
    let body: Value = serde_json::from_slice(response.bytes()).ok()?;
    let places = ["/code", "/error/code", "/error"];
    places.iter().find_map(|at| body.pointer(at)?.as_str()).map(str::to_owned)
}

/// The error that a response which is no success stands for: the shared table, with the body's code.
pub(crate) fn of(response: &Response) -> ProviderError {
    let request_id = response.header("x-request-id");
    response.error().with_code(code(response).as_deref()).with_request_id(request_id)
}

/// The error of a session that was not created. That the app is unknown, or its domain not allowed, is our configuration.
pub(crate) fn of_begin(response: &Response) -> ProviderError {
    let error = of(response);
    match response.status() {
        403 | 404 => error.with_kind(ErrorKind::Misconfigured),
        _ if response.is_success() => error.with_kind(ErrorKind::Misconfigured).with_retry(Retry::Never),
        _ => error,
    }
}

/// The error of a message that was not taken: any status that is no success, or a 200 that says `success: false`.
pub(crate) fn of_message(response: &Response) -> ProviderError {
    let error = of(response);
    let is_about_recipient = match response.status() {
        404 => true,
        200..300 | 400 | 403 | 409 | 410 | 422 => error.provider_code().is_some_and(is_unknown_recipient),
        _ => false,
    };
    if is_about_recipient {
        return error.with_kind(ErrorKind::UnknownRecipient).with_retry(Retry::Never);
    }
    match response.status() {
        200..300 => error.with_kind(ErrorKind::Refused).with_retry(Retry::Never),
        401 => error.with_retry(Retry::After(REFUSED)),
        // Without a code that says so it is about the recipient (only who signed in through the app is reachable) or about what
        // the token may do; which of them is not documented.
        403 => error.with_kind(ErrorKind::Misconfigured).with_retry(Retry::After(REFUSED)),
        429 if response.retry_after().is_none() => error.with_retry(Retry::After(SOON)),
        _ => error,
    }
}

/// Does the code say that nobody is there? Antirius documents that only people who signed in through the app are reachable,
/// but not the code.
fn is_unknown_recipient(code: &str) -> bool {
    let code = code.to_ascii_lowercase();
    ["not_found", "unknown_user", "unknown_recipient", "not_reachable", "unreachable"]
        .iter()
        .any(|words| code.contains(words))
}

/// A memo that this adapter did not write, or not for this.
pub(crate) fn unusable(operation: &'static str, detail: &'static str) -> ProviderError {
    ProviderError::new(&ProviderName::ANTIRIUS, operation, ErrorKind::InvalidInput, Retry::Never, detail)
}
