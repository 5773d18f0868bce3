//! What a proxy is told.

use actix_web::{
    HttpRequest, HttpResponse,
    http::{
        ConnectionType, StatusCode,
        header::{CACHE_CONTROL, HeaderName, HeaderValue, LOCATION, X_CONTENT_TYPE_OPTIONS},
    },
    web::Data,
};
use herald_app::Site;

use super::{LoginBy, identity::IdentityHeaders};
use crate::{
    problem::{ErrorCode, Problem, finish::complete},
    request_log::RequestId,
    site::start_address,
    stopping::Stopping,
};

const X_HERALD_LOGIN: HeaderName = HeaderName::from_static("x-herald-login");
/// A longer path is not kept: the login leads back to the front page. The page takes no longer one either.
const LONGEST_TARGET: usize = 2048;

/// The request may pass; this is who sends it.
pub(super) fn signed_in(request: &HttpRequest, identity: &IdentityHeaders) -> HttpResponse {
    let mut response = empty(request, StatusCode::OK);
    identity.add_to(response.headers_mut(), request.headers());
    response
}

/// A person wants to see `target` and has to sign in first.
pub(super) fn login(
    request: &HttpRequest,
    site: &Site,
    target: &[u8],
    by: LoginBy,
    id: impl FnOnce() -> RequestId,
) -> HttpResponse {
    let target = if target.len() <= LONGEST_TARGET { target } else { b"/" };
    let address = start_address(&site.url, target);
    let (mut response, name) = match by {
        LoginBy::Redirect => (empty(request, StatusCode::FOUND), LOCATION),
        LoginBy::Header => (problem(request, &unauthenticated(), &id()), X_HERALD_LOGIN),
    };
    // A site's address and what is encoded are visible ASCII.
    if let Ok(address) = HeaderValue::try_from(address) {
        response.headers_mut().insert(name, address);
    }
    response
}

/// Nobody is signed in.
pub(super) fn unauthenticated() -> Problem {
    Problem::new(ErrorCode::Unauthenticated, "Nobody is signed in.")
}

/// Anything that is wrong.
pub(super) fn problem(request: &HttpRequest, problem: &Problem, id: &RequestId) -> HttpResponse {
    // The path is the proxy's own, and of no use to whoever gets this.
    let mut response = complete(problem, None, Some(id.as_str()));
    id.add_to(response.headers_mut());
    response.headers_mut().insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    close_if_stopping(request, &mut response);
    response
}

fn empty(request: &HttpRequest, status: StatusCode) -> HttpResponse {
    let mut response = HttpResponse::new(status);
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    close_if_stopping(request, &mut response);
    response
}

/// A proxy keeps its connections for ever: it is asked to connect elsewhere while the process is stopping.
fn close_if_stopping(request: &HttpRequest, response: &mut HttpResponse) {
    if request.app_data::<Data<Stopping>>().is_some_and(|stopping| stopping.is_stopping()) {
        response.head_mut().set_connection_type(ConnectionType::Close);
    }
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    #[test]
    fn a_connection_ends_while_the_process_is_stopping() {
        let stopping = Stopping::new();
        let request = TestRequest::default().app_data(Data::new(stopping.clone())).to_http_request();
        assert_eq!(empty(&request, StatusCode::OK).head().connection_type(), ConnectionType::KeepAlive);
        stopping.stop();
        assert_eq!(empty(&request, StatusCode::OK).head().connection_type(), ConnectionType::Close);
    }
}
