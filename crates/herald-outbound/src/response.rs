//! Reading an answer, and what its status means: the table of statuses.

use std::{fmt, time::Duration};

use bytes::Bytes;
use herald_core::{
    error::{ErrorKind, ProviderError, Retry},
    strict_json,
};
use reqwest::header::{HeaderMap, HeaderValue};
use serde::de::DeserializeOwned;

use crate::{
    call::{Call, PAUSE},
    retry_after::retry_after,
};

/// How long to hold back after a 429 that does not say.
const SLOW_DOWN: Duration = Duration::from_secs(5);

/// The longest pause that a provider may ask for.
const LONGEST_PAUSE: Duration = Duration::from_secs(3600);

/// A whole answer: status, headers and a body of at most 256 KiB.
#[derive(Clone)]
pub struct Response {
    call: Call,
    status: u16,
    headers: HeaderMap,
    body: Bytes,
}

impl Response {
    pub(crate) fn new(call: Call, status: u16, headers: HeaderMap, body: Bytes) -> Self {
        Self { call, status, headers, body }
    }

    /// The status code.
    pub fn status(&self) -> u16 {
        self.status
    }

    /// Is the status 2xx?
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// The first header of that name (in lower case), where it is visible ASCII.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// Every header of that name (in lower case), in order, as its bytes came.
    pub fn headers(&self, name: &str) -> impl Iterator<Item = &[u8]> {
        self.headers.get_all(name).iter().map(HeaderValue::as_bytes)
    }

    /// The body.
    pub fn bytes(&self) -> &[u8] {
        &self.body
    }

    /// How long the other side asks us to hold back: `Retry-After` in seconds or as a date (read against the answer's own
    /// `Date`), between 1 s and 1 h. Nonsense is `None`.
    pub fn retry_after(&self) -> Option<Duration> {
        retry_after(self.header("retry-after")?, self.header("date"), LONGEST_PAUSE)
    }

    /// The body as a JSON object. Anything else, a duplicate member, and what does not fit `T` is `ErrorKind::Protocol` with
    /// the verdict of [`Response::protocol`].
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, ProviderError> {
        strict_json::object(&self.body).map_err(|fault| self.protocol(fault.to_string()))
    }

    /// What this status stands for when the call has not succeeded.
    ///
    /// | status | kind | repeatable | one-shot |
    /// |---|---|---|---|
    /// | 401, 403 | `Unauthenticated` | `Never` | `Never` |
    /// | 408, 425 | `Timeout` | `After` | `OutcomeUnknown` |
    /// | 429 | `RateLimited` | `After` (`Retry-After` or 5 s) | the same: nothing was done |
    /// | 409 | `InvalidInput` | `Never` | `OutcomeUnknown`: the conflict may be with its own effect |
    /// | other 4xx | `InvalidInput` | `Never` | `Never` |
    /// | 5xx | `Unavailable` | `After` (`Retry-After` or 2 s) | `OutcomeUnknown` |
    /// | 1xx, 3xx | `Protocol` | `Never` | `Never`: redirects are not followed |
    /// | 2xx, others | `Protocol` | `Never` | `OutcomeUnknown` |
    pub fn error(&self) -> ProviderError {
        let asked = self.retry_after();
        let (kind, retry) = match self.status {
            401 | 403 => (ErrorKind::Unauthenticated, Retry::Never),
            408 | 425 => (ErrorKind::Timeout, self.call.unclear(asked.unwrap_or(PAUSE))),
            409 => (ErrorKind::InvalidInput, self.call.undecided()),
            429 => (ErrorKind::RateLimited, Retry::After(asked.unwrap_or(SLOW_DOWN))),
            400..500 => (ErrorKind::InvalidInput, Retry::Never),
            500..600 => (ErrorKind::Unavailable, self.call.unclear(asked.unwrap_or(PAUSE))),
            100..200 | 300..400 => (ErrorKind::Protocol, Retry::Never),
            _ => (ErrorKind::Protocol, self.call.undecided()),
        };
        self.call.error(kind, retry, format!("status {}", self.status))
    }

    /// An error of kind `Protocol` about this answer: with the verdict of its status, and for a 2xx that makes no sense
    /// `Never`, or `OutcomeUnknown` of a one-shot call. `detail` must hold nothing that the other side sent.
    pub fn protocol(&self, detail: impl Into<String>) -> ProviderError {
        let retry = self.error().retry();
        self.call.error(ErrorKind::Protocol, retry, format!("status {}: {}", self.status, detail.into()))
    }
}

impl fmt::Debug for Response {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Response")
            .field("call", &self.call)
            .field("status", &self.status)
            .field("body_bytes", &self.body.len())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use herald_core::provider::ProviderName;
    use serde::Deserialize;

    use super::*;

    fn response(is_one_shot: bool, status: u16, headers: &[(&'static str, &str)], body: &str) -> Response {
        let call = Call { provider: ProviderName::ANTIRIUS, operation: "test", is_one_shot };
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(*name, value.parse().unwrap());
        }
        Response::new(call, status, map, Bytes::copy_from_slice(body.as_bytes()))
    }

    #[test]
    fn each_status_has_one_meaning() {
        let again = |seconds| Retry::After(Duration::from_secs(seconds));
        for (status, kind, repeatable, one_shot) in [
            (400, ErrorKind::InvalidInput, Retry::Never, Retry::Never),
            (401, ErrorKind::Unauthenticated, Retry::Never, Retry::Never),
            (403, ErrorKind::Unauthenticated, Retry::Never, Retry::Never),
            (404, ErrorKind::InvalidInput, Retry::Never, Retry::Never),
            (408, ErrorKind::Timeout, again(2), Retry::OutcomeUnknown),
            (409, ErrorKind::InvalidInput, Retry::Never, Retry::OutcomeUnknown),
            (418, ErrorKind::InvalidInput, Retry::Never, Retry::Never),
            (422, ErrorKind::InvalidInput, Retry::Never, Retry::Never),
            (425, ErrorKind::Timeout, again(2), Retry::OutcomeUnknown),
            (429, ErrorKind::RateLimited, again(5), again(5)),
            (500, ErrorKind::Unavailable, again(2), Retry::OutcomeUnknown),
            (503, ErrorKind::Unavailable, again(2), Retry::OutcomeUnknown),
            (302, ErrorKind::Protocol, Retry::Never, Retry::Never),
            (200, ErrorKind::Protocol, Retry::Never, Retry::OutcomeUnknown),
            (799, ErrorKind::Protocol, Retry::Never, Retry::OutcomeUnknown),
        ] {
            for (is_one_shot, retry) in [(false, repeatable), (true, one_shot)] {
                let error = response(is_one_shot, status, &[], "").error();
                assert_eq!((error.kind(), error.retry()), (kind, retry), "{status} {is_one_shot}");
            }
        }
    }

    #[test]
    fn an_asked_pause_is_kept() {
        let limited = response(true, 429, &[("retry-after", "7")], "");
        assert_eq!(limited.error().retry(), Retry::After(Duration::from_secs(7)));
        let busy = response(false, 503, &[("retry-after", "90")], "");
        assert_eq!(busy.error().retry(), Retry::After(Duration::from_secs(90)));
    }

    #[test]
    fn headers_of_one_name_stay_several_and_in_order() {
        let twice =
            response(true, 200, &[("set-cookie", "a=1"), ("x-other", "-"), ("set-cookie", "b=2")], "");
        assert_eq!(twice.headers("set-cookie").collect::<Vec<_>>(), [b"a=1", b"b=2"]);
        assert_eq!((twice.header("set-cookie"), twice.headers("x-none").count()), (Some("a=1"), 0));
    }

    #[derive(Debug, Deserialize)]
    struct Body {
        name: String,
    }

    #[test]
    fn a_body_that_does_not_fit_is_a_protocol_error_and_never_quoted() {
        assert_eq!(response(true, 200, &[], r#"{"name":"x","more":1}"#).json::<Body>().unwrap().name, "x");
        for bad in [
            "",
            "<html>",
            "null",
            "[\"x\"]",
            r#"{"name":1}"#,
            r#"{"name":"secret-7"} {}"#,
            r#"{"nam":"secret-7"}"#,
        ] {
            let error = response(true, 200, &[], bad).json::<Body>().unwrap_err();
            assert_eq!((error.kind(), error.retry()), (ErrorKind::Protocol, Retry::OutcomeUnknown), "{bad}");
            assert!(!format!("{error:?} {error}").contains("secret-7"), "{error:?}");
        }
        let refused = response(true, 400, &[], "<html>").json::<Body>().unwrap_err();
        assert_eq!((refused.kind(), refused.retry()), (ErrorKind::Protocol, Retry::Never));
    }

    #[test]
    fn debug_shows_neither_headers_nor_body() {
        let shown = format!("{:?}", response(false, 200, &[("x-secret", "hidden-1")], "hidden-2"));
        assert!(!shown.contains("hidden"), "{shown}");
    }
}
