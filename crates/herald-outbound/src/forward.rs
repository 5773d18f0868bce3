//! Plain forwarding of a request to another origin, body streamed: what the sandbox needs as a proxy and as a shop.
//!
//! Nothing here judges an answer: a status is a number, a refusal is for the caller to read. What is kept is what
//! every outbound client keeps: time-outs, no redirects, no proxy from the environment, a cap on what is buffered.
//! Headers are plain pairs, because actix-web and reqwest speak different versions of the `http` crate.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use futures_util::{Stream, TryStreamExt};
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use serde_json::Value;
use url::Url;

/// A header as it is on the wire. Names are lower case in answers.
pub type Header = (String, Vec<u8>);

/// The most that [`Answer::bytes`] and [`Forwarder::json`] buffer.
const BUFFER_CAP: usize = 4 * 1024 * 1024;

/// How long the parts of a call may take.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Until the connection stands.
    pub connect: Duration,
    /// How long the other side may stay silent, before the head of its answer and between two pieces of the body.
    /// Longer than the longest `Prefer: wait`, the longest long poll and the heartbeat of any event stream.
    pub silence: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self { connect: Duration::from_secs(3), silence: Duration::from_secs(75) }
    }
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ForwardError {
    /// The client could not be set up (TLS roots).
    #[error("the HTTP client could not be built")]
    Client(#[source] reqwest::Error),
    /// A method or header that cannot be put on the wire.
    #[error("not a valid request: {0}")]
    Request(String),
    /// No connection, or it broke before the head of the answer.
    #[error("the other side did not answer")]
    Unreachable(#[source] reqwest::Error),
    /// A time-out of [`Limits`].
    #[error("the other side took too long")]
    TimedOut,
    /// The body broke off, or it was longer than what is buffered.
    #[error("the answer's body could not be read: {0}")]
    Body(String),
}

/// One request, to be sent as it is. Hop-by-hop headers are left out, see [`is_hop_by_hop`].
#[derive(Debug)]
pub struct Call {
    /// An HTTP method in upper case.
    pub method: String,
    /// The full address, `http` or `https`.
    pub url: Url,
    /// Headers in order; several of one name stay several.
    pub headers: Vec<Header>,
    /// The body, none for an empty one.
    pub body: Option<Bytes>,
}

impl Call {
    /// A request without headers and body.
    pub fn new(method: &str, url: Url) -> Self {
        Self { method: method.to_owned(), url, headers: Vec::new(), body: None }
    }

    /// The same with one header more.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.as_bytes().to_vec()));
        self
    }

    /// The same with this body.
    #[must_use]
    pub fn body(mut self, content_type: &str, body: impl Into<Bytes>) -> Self {
        self.body = Some(body.into());
        self.header("content-type", content_type)
    }

    /// The same with this JSON as its body.
    #[must_use]
    pub fn json(self, body: &Value) -> Self {
        self.body("application/json", body.to_string())
    }
}

/// The head of an answer, its body still on the way.
#[derive(Debug)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// Headers in order, without hop-by-hop ones; each `set-cookie` is an entry of its own.
    pub headers: Vec<Header>,
    response: reqwest::Response,
}

impl Answer {
    /// The first header of that lower-case name, if it is visible ASCII.
    pub fn header(&self, name: &str) -> Option<&str> {
        header(&self.headers, name)
    }

    /// The body, buffered up to 4 MiB.
    pub async fn bytes(self) -> Result<Bytes, ForwardError> {
        let mut whole = BytesMut::new();
        let mut pieces = std::pin::pin!(self.into_stream());
        while let Some(piece) = pieces.try_next().await? {
            if whole.len() + piece.len() > BUFFER_CAP {
                return Err(ForwardError::Body("longer than 4 MiB".to_owned()));
            }
            whole.extend_from_slice(&piece);
        }
        Ok(whole.freeze())
    }

    /// The body piece by piece, as it arrives. Dropping the stream closes the call.
    pub fn into_stream(self) -> impl Stream<Item = Result<Bytes, ForwardError>> + use<> {
        self.response.bytes_stream().map_err(|error| {
            if error.is_timeout() { ForwardError::TimedOut } else { ForwardError::Body(error.to_string()) }
        })
    }
}

/// A whole answer, read as JSON.
#[derive(Debug, Clone)]
pub struct JsonAnswer {
    /// The HTTP status.
    pub status: u16,
    /// Headers in order.
    pub headers: Vec<Header>,
    /// The body; `Value::Null` when it is empty or no JSON.
    pub body: Value,
}

impl JsonAnswer {
    /// The first header of that lower-case name, if it is visible ASCII.
    pub fn header(&self, name: &str) -> Option<&str> {
        header(&self.headers, name)
    }
}

/// A client that forwards. Cheap to clone; clones share connections.
#[derive(Debug, Clone)]
pub struct Forwarder {
    client: reqwest::Client,
}

impl Forwarder {
    /// A client with its own pool. Trusts the built-in roots only, so that it works in an image without any.
    pub fn new(limits: Limits) -> Result<Self, ForwardError> {
        let roots = webpki_root_certs::TLS_SERVER_ROOT_CERTS
            .iter()
            .filter_map(|root| reqwest::Certificate::from_der(root).ok());
        #[expect(clippy::disallowed_methods, reason = "this crate is where clients are built")]
        let client = reqwest::Client::builder()
            .connect_timeout(limits.connect)
            .read_timeout(limits.silence)
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .tls_certs_only(roots)
            .build()
            .map_err(ForwardError::Client)?;
        Ok(Self { client })
    }

    /// Sends the call once and hands back the head of the answer. Never follows a redirect, never repeats.
    pub async fn send(&self, call: Call) -> Result<Answer, ForwardError> {
        let method = reqwest::Method::from_bytes(call.method.as_bytes())
            .map_err(|_| ForwardError::Request("method".to_owned()))?;
        let mut request = self.client.request(method, call.url).headers(wire_headers(&call.headers)?);
        if let Some(body) = call.body {
            request = request.body(body);
        }
        let response = request.send().await.map_err(|error| {
            if error.is_timeout() { ForwardError::TimedOut } else { ForwardError::Unreachable(error) }
        })?;
        Ok(Answer {
            status: response.status().as_u16(),
            headers: plain_headers(response.headers()),
            response,
        })
    }

    /// Sends the call once and reads the whole answer as JSON.
    pub async fn json(&self, call: Call) -> Result<JsonAnswer, ForwardError> {
        let answer = self.send(call).await?;
        let (status, headers) = (answer.status, answer.headers.clone());
        let bytes = answer.bytes().await?;
        Ok(JsonAnswer { status, headers, body: serde_json::from_slice(&bytes).unwrap_or(Value::Null) })
    }
}

/// Whether a header belongs to one connection and is never forwarded (RFC 9110, 7.6.1). `name` in any case.
/// Headers that a `Connection` header names are the forwarding side's to leave out.
pub fn is_hop_by_hop(name: &str) -> bool {
    const NAMES: [&str; 9] = [
        "connection",
        "keep-alive",
        "proxy-authenticate",
        "proxy-authorization",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    ];
    NAMES.iter().any(|known| name.eq_ignore_ascii_case(known))
}

fn header<'a>(headers: &'a [Header], name: &str) -> Option<&'a str> {
    let (_, value) = headers.iter().find(|(known, _)| known == name)?;
    std::str::from_utf8(value).ok()
}

fn wire_headers(headers: &[Header]) -> Result<HeaderMap, ForwardError> {
    let mut map = HeaderMap::new();
    for (name, value) in headers.iter().filter(|(name, _)| !is_hop_by_hop(name)) {
        let wire_name = HeaderName::from_bytes(name.as_bytes())
            .map_err(|_| ForwardError::Request(format!("header name {name:?}")))?;
        let wire_value = HeaderValue::from_bytes(value)
            .map_err(|_| ForwardError::Request(format!("value of header {name:?}")))?;
        map.append(wire_name, wire_value);
    }
    Ok(map)
}

fn plain_headers(headers: &HeaderMap) -> Vec<Header> {
    headers
        .iter()
        .filter(|(name, _)| !is_hop_by_hop(name.as_str()))
        .map(|(name, value)| (name.as_str().to_owned(), value.as_bytes().to_vec()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_of_one_connection_are_left_out_and_repeated_ones_stay_apart() {
        let headers = vec![
            ("Connection".to_owned(), b"close".to_vec()),
            ("cookie".to_owned(), b"a=1".to_vec()),
            ("cookie".to_owned(), b"b=2".to_vec()),
        ];
        let map = wire_headers(&headers).expect("all are valid");
        assert_eq!(map.get_all("cookie").iter().count(), 2);
        assert_eq!(map.len(), 2);
    }

    #[test]
    fn a_header_with_a_line_break_is_refused() {
        let headers = vec![("x-a".to_owned(), b"1\r\nx-b: 2".to_vec())];
        assert!(matches!(wire_headers(&headers), Err(ForwardError::Request(_))));
    }
}
