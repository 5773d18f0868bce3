//! HTTP by hand: requests that no client library would send, and answers as they come.

use std::{net::SocketAddr, sync::LazyLock, time::Duration};

use serde_json::Value;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::timeout,
};

/// Longer than anything takes that these tests wait for.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// A request, to be sent on a connection of its own.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    method: String,
    path: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Request {
    pub(crate) fn new(method: &str, path: &str) -> Self {
        Self { method: method.to_owned(), path: path.to_owned(), headers: Vec::new(), body: Vec::new() }
    }

    pub(crate) fn get(path: &str) -> Self {
        Self::new("GET", path)
    }

    pub(crate) fn delete(path: &str) -> Self {
        Self::new("DELETE", path)
    }

    /// A POST of this text as JSON.
    pub(crate) fn post(path: &str, body: impl Into<Vec<u8>>) -> Self {
        let mut request = Self::new("POST", path).header("Content-Type", "application/json");
        request.body = body.into();
        request
    }

    /// A PATCH with this text as JSON.
    pub(crate) fn patch(path: &str, body: impl Into<Vec<u8>>) -> Self {
        Self { method: "PATCH".to_owned(), ..Self::post(path, body) }
    }

    /// A POST of this form.
    pub(crate) fn form(path: &str, members: &[(&str, &str)]) -> Self {
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(members).finish();
        let mut request = Self::new("POST", path).header("Content-Type", "application/x-www-form-urlencoded");
        request.body = body.into();
        request
    }

    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The request without this header.
    pub(crate) fn without(mut self, name: &str) -> Self {
        self.headers.retain(|(known, _)| known != name);
        self
    }

    pub(crate) fn key(self, key: &str) -> Self {
        self.header("Authorization", &format!("Bearer {key}"))
    }

    fn head(&self, framing: &str) -> String {
        let headers: Vec<_> =
            self.headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        let headers = headers.concat();
        format!(
            "{} {} HTTP/1.1\r\nHost: herald\r\nConnection: close\r\n{headers}{framing}\r\n",
            self.method, self.path
        )
    }

    /// The bytes, with the length announced.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        let has_length = self.headers.iter().any(|(name, _)| name == "Content-Length");
        let length = if has_length || (self.body.is_empty() && self.method != "POST") {
            String::new()
        } else {
            format!("Content-Length: {}\r\n", self.body.len())
        };
        [self.head(&length).as_bytes(), &self.body].concat()
    }

    /// The bytes, in chunks.
    pub(crate) fn chunked_bytes(&self) -> Vec<u8> {
        let mut bytes = self.head("Transfer-Encoding: chunked\r\n").into_bytes();
        for chunk in self.body.chunks(8192) {
            bytes.extend_from_slice(format!("{:x}\r\n", chunk.len()).as_bytes());
            bytes.extend_from_slice(chunk);
            bytes.extend_from_slice(b"\r\n");
        }
        bytes.extend_from_slice(b"0\r\n\r\n");
        bytes
    }

    /// Only the head, with a length that never comes.
    pub(crate) fn silent_bytes(&self) -> Vec<u8> {
        self.head("Content-Length: 10\r\nExpect: 100-continue\r\n").into_bytes()
    }

    /// Sends it and takes the answer, which must be one that the document knows.
    pub(crate) async fn send(self, address: SocketAddr) -> Answer {
        let answer = exchange(address, &self.bytes()).await;
        check_documented(&self.method, &self.path, &answer);
        answer
    }
}

/// An answer.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Answer {
    fn parse(bytes: &[u8]) -> Self {
        let text = String::from_utf8_lossy(bytes);
        let text = text.strip_prefix("HTTP/1.1 100 Continue\r\n\r\n").unwrap_or(&text);
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or_else(|| panic!("no answer: {text:?}"));
        let mut lines = head.split("\r\n");
        let status =
            lines.next().and_then(|line| line.split(' ').nth(1)).expect("a status").parse().expect("digits");
        let headers = lines
            .filter_map(|line| line.split_once(": "))
            .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
            .collect();
        Self { status, headers, body: body.to_owned() }
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// Status and code of a problem, after checking that it is one, whole.
    pub(crate) fn problem(&self) -> (u16, String) {
        assert_eq!(self.header("content-type"), Some("application/problem+json"), "{self:?}");
        assert_eq!(self.header("cache-control"), Some("no-store"), "{self:?}");
        assert_eq!(self.header("x-content-type-options"), Some("nosniff"), "{self:?}");
        let body = self.json();
        assert_eq!(body["status"], self.status);
        for member in ["type", "title", "detail", "code", "request_id"] {
            assert!(body[member].as_str().is_some_and(|text| !text.is_empty()), "{member}: {body}");
        }
        assert_eq!(self.header("x-request-id"), body["request_id"].as_str());
        assert!(body["retryable"].is_boolean() && !self.body.contains("null"), "{body}");
        let code = body["code"].as_str().expect("a code").to_owned();
        assert_eq!(body["type"], format!("https://herald.example/problems/{code}"));
        (self.status, code)
    }

    /// Status and word of an error of OAuth, after checking that it is one, whole.
    pub(crate) fn oauth_error(&self) -> (u16, String) {
        assert_eq!(self.header("content-type"), Some("application/json"), "{self:?}");
        assert_eq!(self.header("cache-control"), Some("no-store"), "{self:?}");
        let body = self.json();
        assert_eq!(body.as_object().map(serde_json::Map::len), Some(2), "{self:?}");
        assert!(body["error_description"].as_str().is_some_and(|text| !text.is_empty()), "{self:?}");
        (self.status, body["error"].as_str().expect("a word").to_owned())
    }

    /// Status and word of a refusal, in the words that its address has.
    pub(crate) fn refusal(&self, path: &str) -> (u16, String) {
        if path.starts_with("/v1/oauth/") { self.oauth_error() } else { self.problem() }
    }

    /// The pointers and codes of a problem's faults.
    pub(crate) fn faults(&self) -> Vec<String> {
        let body = self.json();
        let errors = body["errors"].as_array().unwrap_or_else(|| panic!("no errors: {body}"));
        let word = |error: &Value, member: &str| error[member].as_str().expect("a text").to_owned();
        errors.iter().map(|error| format!("{} {}", word(error, "pointer"), word(error, "code"))).collect()
    }
}

/// The text at this JSON pointer.
pub(crate) fn text<'a>(value: &'a Value, pointer: &str) -> &'a str {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_else(|| panic!("no {pointer} in {value}"))
}

/// Sends these bytes and takes what comes until the other side closes.
pub(crate) async fn exchange(address: SocketAddr, bytes: &[u8]) -> Answer {
    let mut stream = TcpStream::connect(address).await.expect("a connection");
    // The other side may refuse before it has read everything.
    let _ = stream.write_all(bytes).await;
    Answer::parse(&read_to_end(stream).await)
}

/// Whatever comes until the end; what came before a reset counts.
pub(crate) async fn read_to_end(mut stream: TcpStream) -> Vec<u8> {
    let mut bytes = Vec::new();
    timeout(PATIENCE, stream.read_to_end(&mut bytes)).await.expect("an end in time").ok();
    bytes
}

static DOCUMENT: LazyLock<Value> = LazyLock::new(|| {
    serde_json::from_str(&herald_server::openapi::document_json()).expect("the document is JSON")
});

/// The document that the server gives out.
pub(crate) fn document() -> &'static Value {
    &DOCUMENT
}

/// Headers that say something of one answer, so that callers have to know of them.
const HEADERS: [&str; 10] = [
    "Allow",
    "ETag",
    "Idempotency-Replayed",
    "Location",
    "Preference-Applied",
    "RateLimit",
    "RateLimit-Policy",
    "Retry-After",
    "WWW-Authenticate",
    "X-Request-Id",
];

/// An answer of an operation is one that the document lists: its status, its headers, and its code if it is a problem.
fn check_documented(method: &str, path: &str, answer: &Answer) {
    let path = path.split('?').next().unwrap_or_default();
    let is_it = |pattern: &str| {
        let (mut pattern, mut path) = (pattern.split('/'), path.split('/'));
        loop {
            match (pattern.next(), path.next()) {
                (None, None) => return true,
                (Some(a), Some(b)) if a == b || (a.starts_with('{') && !b.is_empty()) => {}
                _ => return false,
            }
        }
    };
    let paths = DOCUMENT["paths"].as_object().expect("paths");
    let operation = paths
        .iter()
        .filter(|(pattern, _)| is_it(pattern))
        .find_map(|(_, item)| item.get(method.to_ascii_lowercase()));
    // 304 is left out on purpose: it is an exception to generated clients.
    let Some(operation) = operation.filter(|_| answer.status != 304) else { return };
    let response = operation["responses"].get(answer.status.to_string());
    let response = response.unwrap_or_else(|| panic!("{method} {path} has no {}: {answer:?}", answer.status));
    for name in HEADERS.iter().filter(|name| answer.header(&name.to_ascii_lowercase()).is_some()) {
        assert!(response["headers"].get(name).is_some(), "{method} {path} {} lacks {name}", answer.status);
    }
    if answer.status >= 400 {
        let (_, code) = answer.refusal(path);
        let codes = response["description"].as_str().expect("codes");
        assert!(codes.contains(&format!("`{code}`")), "{method} {path} does not list {code}");
    }
}
