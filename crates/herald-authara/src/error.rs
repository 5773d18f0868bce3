//! Authara's errors: `{ "error": { "code", "message" } }`.

use herald_core::error::ProviderError;
use herald_outbound::Response;
use serde_json::Value;

/// The error that a response which is no success stands for: the shared table, with Authara's code. A 429 comes without
/// `Retry-After`, so the table's own pause holds.
pub(crate) fn of(response: &Response) -> ProviderError {
    // An error page of a proxy is no JSON; then there is nothing to add.
    let body: Value = serde_json::from_slice(response.bytes()).unwrap_or_default();
    response.error().with_code(body.pointer("/error/code").and_then(Value::as_str))
}
