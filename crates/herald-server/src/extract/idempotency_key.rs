//! `Idempotency-Key`.

use actix_web::{HttpRequest, http::header::HeaderName};
use herald_core::text::IdempotencyKey;

use crate::problem::{ErrorCode, Problem};

const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// The request's idempotency key, which must be there once.
pub fn idempotency_key(request: &HttpRequest) -> Result<IdempotencyKey, Problem> {
    let mut values = request.headers().get_all(IDEMPOTENCY_KEY);
    let invalid = || {
        Problem::new(
            ErrorCode::IdempotencyKeyInvalid,
            "The key must be 1 to 255 visible ASCII characters, once.",
        )
    };
    let Some(value) = values.next() else {
        return Err(Problem::new(
            ErrorCode::IdempotencyKeyRequired,
            "Send an `Idempotency-Key`, and the same one when you repeat the request.",
        ));
    };
    if values.next().is_some() {
        return Err(invalid());
    }
    value.to_str().ok().and_then(|key| IdempotencyKey::parse(key).ok()).ok_or_else(invalid)
}

#[cfg(test)]
mod tests {
    use actix_web::{http::header::HeaderValue, test::TestRequest};

    use super::*;

    fn read(values: &[&[u8]]) -> Result<String, &'static str> {
        let mut request = TestRequest::default();
        for value in values {
            request = request.append_header((IDEMPOTENCY_KEY, HeaderValue::from_bytes(value).unwrap()));
        }
        idempotency_key(&request.to_http_request())
            .map(|key| key.as_str().to_owned())
            .map_err(|problem| problem.code().as_str())
    }

    #[test]
    fn a_key_is_there_once_and_visible() {
        assert_eq!(read(&[b"a,b"]), Ok("a,b".to_owned()));
        assert_eq!(read(&[&[b'a'; 255]]), Ok("a".repeat(255)));
        assert_eq!(read(&[]), Err("idempotency_key_required"));
        let too_long = [b'a'; 256];
        for bad in [b"".as_slice(), &too_long, b"a b", "é".as_bytes(), b"\xff"] {
            assert_eq!(read(&[bad]), Err("idempotency_key_invalid"));
        }
        assert_eq!(read(&[b"a", b"a"]), Err("idempotency_key_invalid"));
    }
}
