//! `GET /v1/forward-auth/traefik` and `…/caddy`: Traefik's `forwardAuth` and Caddy's `forward_auth`. Both pass any answer but
//! a good one to the browser as it is.

use actix_web::{
    HttpRequest, HttpResponse, get,
    http::header::{HeaderMap, HeaderName},
};

use super::{Dialect, LoginBy, check::check, original::Original};
use crate::site::{
    header::{once, once_text},
    origin::{self, X_FORWARDED_HOST},
};

const X_FORWARDED_METHOD: HeaderName = HeaderName::from_static("x-forwarded-method");
const X_FORWARDED_URI: HeaderName = HeaderName::from_static("x-forwarded-uri");

const TRAEFIK: Dialect = Dialect { route: "/v1/forward-auth/traefik", login_by: LoginBy::Redirect };
const CADDY: Dialect = Dialect { route: "/v1/forward-auth/caddy", login_by: LoginBy::Redirect };

#[get("/v1/forward-auth/traefik")]
pub(super) async fn traefik(request: HttpRequest) -> HttpResponse {
    check(&TRAEFIK, &request, read(request.headers())).await
}

#[get("/v1/forward-auth/caddy")]
pub(super) async fn caddy(request: HttpRequest) -> HttpResponse {
    check(&CADDY, &request, read(request.headers())).await
}

/// The original request, by `X-Forwarded-Method`, `-Proto`, `-Host` and `-Uri` (path and query).
fn read(headers: &HeaderMap) -> Option<Original<'_>> {
    let method = once_text(headers, X_FORWARDED_METHOD)?;
    let scheme = origin::forwarded_scheme(headers).ok()??;
    let host = once_text(headers, X_FORWARDED_HOST)?;
    let target = once(headers, X_FORWARDED_URI)?.as_bytes();
    let origins = origin::candidates(Some(scheme), host);
    target.starts_with(b"/").then_some(Original { method, origins, target })
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::HeaderValue;

    use super::*;
    use crate::site::origin::X_FORWARDED_PROTO;

    const GOOD: [(HeaderName, &str); 4] = [
        (X_FORWARDED_METHOD, "DELETE"),
        (X_FORWARDED_PROTO, "wss"),
        (X_FORWARDED_HOST, "App.example:8443"),
        (X_FORWARDED_URI, "/a?b=c"),
    ];

    fn headers() -> HeaderMap {
        GOOD.into_iter().map(|(name, value)| (name, HeaderValue::from_static(value))).collect()
    }

    #[test]
    fn four_headers_are_the_request() {
        let headers = headers();
        let origins = [Some("https://app.example:8443".to_owned()), None];
        assert_eq!(read(&headers), Some(Original { method: "DELETE", origins, target: b"/a?b=c" }));
    }

    #[test]
    fn each_of_them_comes_once_and_makes_sense() {
        for (name, value) in GOOD {
            let mut missing = headers();
            missing.remove(&name);
            assert_eq!(read(&missing), None, "{name}");
            let mut twice = headers();
            twice.append(name.clone(), HeaderValue::from_static(value));
            assert_eq!(read(&twice), None, "{name}");
            let mut empty = headers();
            empty.insert(name.clone(), HeaderValue::from_static(""));
            assert_eq!(read(&empty), None, "{name}");
        }
        for (name, value) in [
            (X_FORWARDED_PROTO, "https,http"),
            (X_FORWARDED_PROTO, "ftp"),
            (X_FORWARDED_URI, "https://x/"),
            (X_FORWARDED_URI, "*"),
        ] {
            let mut bad = headers();
            bad.insert(name, HeaderValue::from_static(value));
            assert_eq!(read(&bad), None, "{value}");
        }
    }
}
