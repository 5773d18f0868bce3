//! Antara's errors: `{ "error": { "code", "message" }, "requestId", "retryAfter"? }`, or on older routes flat.

use std::time::Duration;

use herald_core::error::{ErrorKind, ProviderError, Retry};
use herald_outbound::Response;
use serde_json::Value;

/// The bounds of a wait that Antara asks for in its JSON.
const SHORTEST_WAIT: u64 = 1;
const LONGEST_WAIT: u64 = 3600;
/// When a send may be made again that was refused as if our credential were at fault, a renewed one too: only an operator helps.
const REFUSED: Duration = Duration::from_secs(60);
/// When a send may be made again that surely had no effect, where nobody says when. The caller waits longer each time.
const SOON: Duration = Duration::from_secs(SHORTEST_WAIT);

/// What an error body says, whatever its shape.
#[derive(Debug, Default, PartialEq, Eq)]
struct Said {
    code: Option<String>,
    request_id: Option<String>,
    retry_after: Option<Duration>,
}

impl Said {
    fn read(body: &Value) -> Self {
        let text = |value: &Value| value.as_str().map(str::to_owned);
        // Nested, else flat; the flat `error` is a code on some routes and a sentence on others, and a sentence is dropped
        // where codes are kept.
        let code = ["/error/code", "/code", "/error"].iter().find_map(|at| body.pointer(at).and_then(text));
        let wait = ["/retryAfter", "/error/retryAfter"].iter().find_map(|at| body.pointer(at)?.as_f64());
        Self { code, request_id: request_id(body), retry_after: wait.and_then(clamped) }
    }
}

/// Seconds of a wait; what is not a wait is ignored.
fn clamped(seconds: f64) -> Option<Duration> {
    let wait = Duration::try_from_secs_f64(seconds.ceil()).ok().filter(|wait| !wait.is_zero())?;
    Some(wait.clamp(Duration::from_secs(SHORTEST_WAIT), Duration::from_secs(LONGEST_WAIT)))
}

/// Where the request's id is in a body, of success or failure.
pub(crate) fn request_id(body: &Value) -> Option<String> {
    let places = ["/meta/requestId", "/requestId", "/error/requestId"];
    places.iter().find_map(|at| body.pointer(at).and_then(Value::as_str)).map(str::to_owned)
}

/// What the body of a response says; an error page of a proxy is no JSON, and says nothing.
fn said(response: &Response) -> Said {
    serde_json::from_slice(response.bytes()).map_or_else(|_| Said::default(), |body| Said::read(&body))
}

/// Does the envelope of a success say that there was none?
pub(crate) fn says_failed(response: &Response) -> bool {
    let body: Result<Value, _> = serde_json::from_slice(response.bytes());
    body.is_ok_and(|body| body.get("success") == Some(&Value::Bool(false)))
}

/// The error that a response which is no success stands for: the shared table, with what the body adds.
pub(crate) fn of(response: &Response) -> ProviderError {
    let said = said(response);
    let request_id = said.request_id.as_deref().or_else(|| response.header("x-request-id"));
    let error = response.error().with_code(said.code.as_deref()).with_request_id(request_id);
    match said.retry_after {
        Some(wait) if error.kind() == ErrorKind::RateLimited && response.retry_after().is_none() => {
            error.with_retry(Retry::After(wait))
        }
        _ => error,
    }
}

/// The error of a code that was not exchanged. 400 is a used, wrong or expired code, unless its code says that our
/// registration is at fault.
pub(crate) fn of_grant(response: &Response) -> ProviderError {
    let error = of(response);
    if response.status() != 400 {
        return error;
    }
    let codes = ["INVALID_CLIENT", "INVALID_REDIRECT", "PKCE_REQUIRED"];
    let is_ours =
        error.provider_code().is_some_and(|code| codes.iter().any(|known| code.eq_ignore_ascii_case(known)));
    error.with_kind(if is_ours { ErrorKind::Misconfigured } else { ErrorKind::InvalidGrant })
}

/// The error of an API key that was not exchanged: what is wrong with the request is wrong with the key.
pub(crate) fn of_key(response: &Response) -> ProviderError {
    let error = of(response);
    match error.kind() {
        ErrorKind::InvalidInput | ErrorKind::Unauthenticated => refused(error),
        _ => error,
    }
}

/// The error of a send that never began, because there was no token for it.
pub(crate) fn of_exchange(error: ProviderError) -> ProviderError {
    if error.retry() == Retry::Never { error.with_retry(Retry::After(SOON)) } else { error }
}

fn refused(error: ProviderError) -> ProviderError {
    error.with_kind(ErrorKind::Unauthenticated).with_retry(Retry::After(REFUSED))
}

/// The error of a message that was not taken.
pub(crate) fn of_message(response: &Response) -> ProviderError {
    let error = of(response);
    match response.status() {
        403 | 409 | 422 if is_about_preferences(&error) => {
            error.with_kind(ErrorKind::Refused).with_retry(Retry::Never)
        }
        401 => refused(error),
        // The app may not send, or not to this person: a bare 403 does not say which.
        403 => error.with_kind(ErrorKind::Misconfigured).with_retry(Retry::After(REFUSED)),
        404 => error.with_kind(ErrorKind::UnknownRecipient),
        429 if response.retry_after().or(said(response).retry_after).is_none() => {
            error.with_retry(Retry::After(SOON))
        }
        _ => error,
    }
}

/// Does the code say that the recipient takes no messages? Antara documents that people control this, but not the code:
/// what speaks of the recipient's side is taken for it.
fn is_about_preferences(error: &ProviderError) -> bool {
    let words = ["PREFERENCE", "OPT_OUT", "OPTED_OUT", "MUTED", "BLOCKED", "DECLINED", "UNSUBSCRIBED"];
    error.provider_code().is_some_and(|code| {
        let code = code.to_ascii_uppercase();
        words.iter().any(|word| code.contains(word))
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn both_shapes_are_read() {
        let nested = json!({ "error": { "code": "A", "message": "m" }, "requestId": "r", "retryAfter": 7 });
        let flat = json!({ "error": "m", "message": "m", "code": "A", "requestId": "r", "retryAfter": 7 });
        let expected = Said {
            code: Some("A".to_owned()),
            request_id: Some("r".to_owned()),
            retry_after: Some(Duration::from_secs(7)),
        };
        assert_eq!(Said::read(&nested), expected);
        assert_eq!(Said::read(&flat), expected);
        assert_eq!(Said::read(&json!({ "error": "invalid_grant" })).code.as_deref(), Some("invalid_grant"));
        for nothing in [json!([]), json!(null), json!("x"), json!({ "error": null, "retryAfter": "soon" })] {
            assert_eq!(Said::read(&nothing), Said::default());
        }
    }

    #[test]
    fn a_wait_is_one_second_to_one_hour() {
        let seconds = |asked| clamped(asked).map(|wait| wait.as_secs());
        assert_eq!(seconds(2.0), Some(2));
        assert_eq!(seconds(0.2), Some(1));
        assert_eq!(seconds(1e9), Some(3600));
        for nonsense in [0.0, -1.0, f64::NAN, f64::INFINITY, 1e300] {
            assert_eq!(seconds(nonsense), None);
        }
    }
}
