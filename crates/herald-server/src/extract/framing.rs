//! What is checked before anything else, the key included: headers that decide how the rest is read.

use actix_web::{
    HttpRequest,
    http::header::{AUTHORIZATION, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, HeaderMap, HeaderName},
};

use super::json::{LARGEST_BODY, too_large};
use crate::problem::{ErrorCode, Problem};

/// Headers of which a second one would let two readers see two different requests.
const SINGLE: [HeaderName; 3] = [AUTHORIZATION, CONTENT_TYPE, CONTENT_ENCODING];

/// Checks the headers that frame the request; `has_body` says whether the operation reads a JSON body.
pub(super) fn check(request: &HttpRequest, has_body: bool) -> Result<(), Problem> {
    let headers = request.headers();
    if let Some(name) = SINGLE.iter().find(|name| headers.get_all(*name).count() > 1) {
        return Err(Problem::new(ErrorCode::InvalidHeader, format!("The header `{name}` was sent twice.")));
    }
    if has_body {
        check_length(headers)?;
        check_type(headers)?;
    }
    Ok(())
}

/// A length that is announced as too large is refused before the body is read. (What is no length never gets here.)
fn check_length(headers: &HeaderMap) -> Result<(), Problem> {
    let length = text(headers, &CONTENT_LENGTH).and_then(|length| length.parse::<u64>().ok());
    if length.is_some_and(|length| length > LARGEST_BODY as u64) { Err(too_large()) } else { Ok(()) }
}

fn check_type(headers: &HeaderMap) -> Result<(), Problem> {
    let unsupported = |detail| Err(Problem::new(ErrorCode::UnsupportedMediaType, detail));
    if headers.contains_key(CONTENT_ENCODING)
        && !text(headers, &CONTENT_ENCODING).is_some_and(|coding| coding.eq_ignore_ascii_case("identity"))
    {
        return unsupported("The body must not have a `Content-Encoding`.");
    }
    if text(headers, &CONTENT_TYPE).is_some_and(is_json) {
        Ok(())
    } else {
        unsupported("The body must be `application/json` in UTF-8, and say so in `Content-Type`.")
    }
}

/// Is it `application/json`, in UTF-8 if it names a charset?
fn is_json(media_type: &str) -> bool {
    let mut parts = media_type.split(';').map(str::trim);
    parts.next().is_some_and(|essence| essence.eq_ignore_ascii_case("application/json"))
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

    fn code(headers: &[(&str, &str)], has_body: bool) -> Option<&'static str> {
        let mut request = TestRequest::default();
        for header in headers {
            request = request.append_header(*header);
        }
        check(&request.to_http_request(), has_body).err().map(|problem| problem.code().as_str())
    }

    #[test]
    fn a_body_is_json_in_utf_8_and_nothing_else() {
        for good in
            ["application/json", "Application/JSON; charset=UTF-8", "application/json;charset=\"utf-8\""]
        {
            assert_eq!(code(&[("content-type", good)], true), None, "{good}");
        }
        for bad in [
            "text/plain",
            "application/x-www-form-urlencoded",
            "application/json; charset=utf-16",
            "application/problem+json",
            "application/jsonx",
            "",
        ] {
            assert_eq!(code(&[("content-type", bad)], true), Some("unsupported_media_type"), "{bad}");
        }
        assert_eq!(code(&[], true), Some("unsupported_media_type"));
        assert_eq!(code(&[], false), None);
    }

    #[test]
    fn an_encoded_body_is_refused() {
        let json = ("content-type", "application/json");
        assert_eq!(code(&[json, ("content-encoding", "gzip")], true), Some("unsupported_media_type"));
        assert_eq!(code(&[json, ("content-encoding", "identity")], true), None);
    }

    #[test]
    fn an_announced_length_decides_before_the_type() {
        assert_eq!(code(&[("content-length", "65537")], true), Some("body_too_large"));
        let json = ("content-type", "application/json");
        assert_eq!(code(&[json, ("content-length", "65536")], true), None);
    }

    #[test]
    fn a_second_authorization_is_refused_first() {
        let two = [("authorization", "Bearer a"), ("authorization", "Bearer b"), ("content-length", "99999")];
        assert_eq!(code(&two, true), Some("invalid_header"));
    }
}
