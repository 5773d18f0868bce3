//! `/v1/forward-auth/envoy{original path}` with any method: Envoy's `ext_authz` over HTTP. It asks with the original
//! method, path and `Host`, and passes any answer but a good one to the browser as it is.

use actix_web::{HttpRequest, HttpResponse, Scope, http::header::HOST, web};

use super::{Dialect, LoginBy, check::check, original::Original};
use crate::site::{header::once_text, origin};

/// What stands before the original path.
const BEFORE: &str = "/v1/forward-auth/envoy";

const ENVOY: Dialect = Dialect { route: "/v1/forward-auth/envoy{path}", login_by: LoginBy::Redirect };

/// Every address below. A scope and no pattern: whatever the path is, it is answered here.
pub(super) fn envoy() -> Scope {
    web::scope(BEFORE).default_service(web::to(answer))
}

async fn answer(request: HttpRequest) -> HttpResponse {
    check(&ENVOY, &request, read(&request)).await
}

/// The original request. Its scheme is `X-Forwarded-Proto`, where Envoy is told to pass that on.
fn read(request: &HttpRequest) -> Option<Original<'_>> {
    let headers = request.headers();
    let scheme = origin::forwarded_scheme(headers).ok()?;
    let target = request.uri().path_and_query()?.as_str().strip_prefix(BEFORE)?;
    target.starts_with('/').then_some(Original {
        method: request.method().as_str(),
        origins: origin::candidates(scheme, once_text(headers, HOST)?),
        target: target.as_bytes(),
    })
}

#[cfg(test)]
mod tests {
    use actix_web::{http::Method, test::TestRequest};

    use super::*;
    use crate::site::origin::X_FORWARDED_PROTO;

    fn request(path: &str) -> TestRequest {
        TestRequest::with_uri(path).method(Method::PUT).insert_header((HOST, "App.example"))
    }

    #[test]
    fn the_request_itself_is_the_original_below_a_path_of_ours() {
        let request = request("/v1/forward-auth/envoy/a/../b?c=%2Fd").to_http_request();
        let read = read(&request).unwrap();
        assert_eq!((read.method, read.target), ("PUT", &b"/a/../b?c=%2Fd"[..]));
        assert_eq!(
            read.origins,
            ["https://app.example", "http://app.example"].map(|text| Some(text.to_owned()))
        );
    }

    #[test]
    fn a_scheme_that_is_passed_on_counts_and_must_make_sense() {
        let with = |proto: &str| {
            let request = request("/v1/forward-auth/envoy/").insert_header((X_FORWARDED_PROTO, proto));
            read(&request.to_http_request()).map(|original| original.origins)
        };
        assert_eq!(with("http"), Some([Some("http://app.example".to_owned()), None]));
        assert_eq!(with("https, http"), None);
        assert_eq!(with(""), None);
    }

    #[test]
    fn what_does_not_lie_below_is_not_read() {
        for path in [
            "/v1/forward-auth/envoy",
            "/v1/forward-auth/envoyx/",
            "/v1/forward%2Dauth/envoy/",
            "/v1/forward-auth/envoy?a",
        ] {
            assert_eq!(read(&request(path).to_http_request()), None, "{path}");
        }
    }
}
