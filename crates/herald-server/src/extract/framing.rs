//! What is checked before anything else, the key included: headers that decide how the rest is read.

use actix_web::{
    HttpRequest,
    http::header::{AUTHORIZATION, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, HeaderMap, HeaderName},
};

use super::body::too_large;
use crate::problem::{ErrorCode, Problem};

/// Headers of which a second one would let two readers see two different requests.
const SINGLE: [HeaderName; 3] = [AUTHORIZATION, CONTENT_TYPE, CONTENT_ENCODING];

/// What an operation's body is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MediaType {
    /// `application/json`.
    Json,
    /// `application/x-www-form-urlencoded`.
    Form,
}

impl MediaType {
    fn as_str(self) -> &'static str {
        match self {
            Self::Json => "application/json",
            Self::Form => "application/x-www-form-urlencoded",
        }
    }
}

/// What a body has to be before it is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BodyFrame {
    /// What it is written in.
    pub media_type: MediaType,
    /// How large it may be, in bytes.
    pub largest: usize,
}

/// Checks the headers that frame the request; `body` is what the operation reads, if it reads one.
pub(super) fn check(request: &HttpRequest, body: Option<BodyFrame>) -> Result<(), Problem> {
    let headers = request.headers();
    if let Some(name) = SINGLE.iter().find(|name| headers.get_all(*name).count() > 1) {
        return Err(Problem::new(ErrorCode::InvalidHeader, format!("The header `{name}` was sent twice.")));
    }
    if let Some(BodyFrame { media_type, largest }) = body {
        check_length(headers, largest)?;
        check_type(headers, media_type)?;
    }
    Ok(())
}

/// A length that is announced as too large is refused before the body is read. (What is no length never gets here.)
fn check_length(headers: &HeaderMap, largest: usize) -> Result<(), Problem> {
    let length = text(headers, &CONTENT_LENGTH).and_then(|length| length.parse::<u64>().ok());
    if length.is_some_and(|length| length > largest as u64) { Err(too_large(largest)) } else { Ok(()) }
}

fn check_type(headers: &HeaderMap, expected: MediaType) -> Result<(), Problem> {
    let unsupported = |detail: String| Err(Problem::new(ErrorCode::UnsupportedMediaType, detail));
    if headers.contains_key(CONTENT_ENCODING)
        && !text(headers, &CONTENT_ENCODING).is_some_and(|coding| coding.eq_ignore_ascii_case("identity"))
    {
        return unsupported("The body must not have a `Content-Encoding`.".to_owned());
    }
    let expected = expected.as_str();
    if text(headers, &CONTENT_TYPE).is_some_and(|media_type| is_that(media_type, expected)) {
        Ok(())
    } else {
        unsupported(format!("The body must be `{expected}` in UTF-8, and say so in `Content-Type`."))
    }
}

/// Is it that one, in UTF-8 if it names a charset?
fn is_that(media_type: &str, expected: &str) -> bool {
    let mut parts = media_type.split(';').map(str::trim);
    parts.next().is_some_and(|essence| essence.eq_ignore_ascii_case(expected))
        && parts.all(|parameter| match parameter.split_once('=') {
            Some((name, value)) if name.eq_ignore_ascii_case("charset") => {
                value.trim_matches('"').eq_ignore_ascii_case("utf-8")
            }
            _ => true,
        })
}

fn text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    const JSON: Option<BodyFrame> = Some(BodyFrame { media_type: MediaType::Json, largest: 64 * 1024 });

    fn code(headers: &[(&str, &str)], body: Option<BodyFrame>) -> Option<&'static str> {
        let mut request = TestRequest::default();
        for header in headers {
            request = request.append_header(*header);
        }
        check(&request.to_http_request(), body).err().map(|problem| problem.code().as_str())
    }

    #[test]
    fn a_body_is_json_in_utf_8_and_nothing_else() {
        for good in
            ["application/json", "Application/JSON; charset=UTF-8", "application/json;charset=\"utf-8\""]
        {
            assert_eq!(code(&[("content-type", good)], JSON), None, "{good}");
        }
        for bad in [
            "text/plain",
            "application/x-www-form-urlencoded",
            "application/json; charset=utf-16",
            "application/problem+json",
            "application/jsonx",
            "",
        ] {
            assert_eq!(code(&[("content-type", bad)], JSON), Some("unsupported_media_type"), "{bad}");
        }
        assert_eq!(code(&[], JSON), Some("unsupported_media_type"));
        assert_eq!(code(&[], None), None);
    }

    #[test]
    fn a_form_says_that_it_is_one() {
        let form = JSON.map(|frame| BodyFrame { media_type: MediaType::Form, ..frame });
        for good in ["application/x-www-form-urlencoded", "Application/X-WWW-Form-Urlencoded; charset=utf-8"]
        {
            assert_eq!(code(&[("content-type", good)], form), None, "{good}");
        }
        for bad in ["application/json", "multipart/form-data; boundary=x", "text/plain"] {
            assert_eq!(code(&[("content-type", bad)], form), Some("unsupported_media_type"), "{bad}");
        }
    }

    #[test]
    fn an_encoded_body_is_refused() {
        let json = ("content-type", "application/json");
        assert_eq!(code(&[json, ("content-encoding", "gzip")], JSON), Some("unsupported_media_type"));
        assert_eq!(code(&[json, ("content-encoding", "identity")], JSON), None);
    }

    #[test]
    fn an_announced_length_decides_before_the_type() {
        assert_eq!(code(&[("content-length", "65537")], JSON), Some("body_too_large"));
        let json = ("content-type", "application/json");
        assert_eq!(code(&[json, ("content-length", "65536")], JSON), None);
    }

    #[test]
    fn a_second_authorization_is_refused_first() {
        let two = [("authorization", "Bearer a"), ("authorization", "Bearer b"), ("content-length", "99999")];
        assert_eq!(code(&two, JSON), Some("invalid_header"));
    }
}
