//! `GET /v1/forward-auth/nginx`: nginx's `auth_request`. It passes only the status and headers of an answer on, so whoever
//! has to sign in gets 401 and, where a person waits for a page, the address of the login in `X-Herald-Login`.

use actix_web::{
    HttpRequest, HttpResponse, get,
    http::header::{HeaderMap, HeaderName},
};

use super::{Dialect, LoginBy, check::check, original::Original};
use crate::site::{
    header::{once, once_text},
    origin::{self, Scheme},
};

const X_ORIGINAL_METHOD: HeaderName = HeaderName::from_static("x-original-method");
const X_ORIGINAL_URL: HeaderName = HeaderName::from_static("x-original-url");

const NGINX: Dialect = Dialect { route: "/v1/forward-auth/nginx", login_by: LoginBy::Header };

#[get("/v1/forward-auth/nginx")]
pub(super) async fn nginx(request: HttpRequest) -> HttpResponse {
    check(&NGINX, &request, read(request.headers())).await
}

/// The original request, by `X-Original-Method` and `X-Original-URL` (absolute).
fn read(headers: &HeaderMap) -> Option<Original<'_>> {
    let method = once_text(headers, X_ORIGINAL_METHOD)?;
    let url = once(headers, X_ORIGINAL_URL)?.as_bytes();
    let (scheme, rest) = match (url.strip_prefix(b"https://"), url.strip_prefix(b"http://")) {
        (Some(rest), _) => (Scheme::Https, rest),
        (None, Some(rest)) => (Scheme::Http, rest),
        (None, None) => return None,
    };
    let end = rest.iter().position(|byte| matches!(byte, b'/' | b'?' | b'#' | b'\\')).unwrap_or(rest.len());
    let (host, target) = rest.split_at(end);
    let target = match target.first() {
        None => b"/",
        Some(b'/') => target,
        Some(_) => return None,
    };
    let host = std::str::from_utf8(host).ok()?;
    Some(Original { method, origins: origin::candidates(Some(scheme), host), target })
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::HeaderValue;

    use super::*;

    fn headers(url: &[u8]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(X_ORIGINAL_METHOD, HeaderValue::from_static("POST"));
        headers.insert(X_ORIGINAL_URL, HeaderValue::from_bytes(url).unwrap());
        headers
    }

    #[test]
    fn an_absolute_address_is_an_origin_and_a_path() {
        for (url, origin, target) in [
            (&b"https://App.example:443/a?b=c"[..], "https://app.example", &b"/a?b=c"[..]),
            (b"http://app.example:8080", "http://app.example:8080", b"/"),
            (b"https://app.example//evil.example/..", "https://app.example", b"//evil.example/.."),
            (b"https://app.example/\xd0\x9f#x", "https://app.example", b"/\xd0\x9f#x"),
            (b"https://good.example@evil.example/", "https://good.example@evil.example", b"/"),
        ] {
            let headers = headers(url);
            let read = read(&headers).unwrap();
            assert_eq!(read.method, "POST");
            assert_eq!((read.origins[0].as_deref(), read.target), (Some(origin), target));
        }
    }

    #[test]
    fn what_is_no_absolute_address_is_not_read() {
        let bad: [&[u8]; 8] = [
            b"",
            b"/a",
            b"app.example/a",
            b"ftp://app.example/",
            b"https:/app.example/",
            b"https://app.example?x",
            b"https://app.example\\@evil.example/",
            b"https://\xff/",
        ];
        for url in bad {
            assert_eq!(read(&headers(url)), None, "{}", url.escape_ascii());
        }
        let mut twice = headers(b"https://app.example/");
        twice.append(X_ORIGINAL_URL, HeaderValue::from_static("https://app.example/"));
        assert_eq!(read(&twice), None);
        let mut no_method = headers(b"https://app.example/");
        no_method.remove(X_ORIGINAL_METHOD);
        assert_eq!(read(&no_method), None);
    }
}
