//! What a proxy is told.

use actix_web::{
    HttpMessage as _, HttpRequest, HttpResponse,
    http::{
        ConnectionType, StatusCode,
        header::{CACHE_CONTROL, HeaderName, HeaderValue, LOCATION, X_CONTENT_TYPE_OPTIONS},
    },
    web::Data,
};
use herald_app::{Herald, Site};

use super::identity::IdentityHeaders;
use crate::{
    problem::{ErrorCode, Problem, finish::complete},
    request_log::RequestId,
    site::start_address,
    stopping::Stopping,
};

const X_HERALD_LOGIN: HeaderName = HeaderName::from_static("x-herald-login");
/// A longer path is not kept: the login leads back to the front page. The page takes no longer one either.
const LONGEST_TARGET: usize = 2048;

/// How a person who has to sign in gets to the login.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LoginBy {
    /// By a redirect, which the proxy passes on.
    Redirect,
    /// By an address in a header, of which the proxy makes a redirect.
    Header,
}

/// The request may pass; this is who sends it.
pub(super) fn signed_in(request: &HttpRequest, identity: &IdentityHeaders) -> HttpResponse {
    let mut response = empty(request, StatusCode::OK);
    identity.add_to(response.headers_mut(), request.headers());
    response
}

/// A person wants to see `target` and has to sign in first.
pub(super) fn login(
    herald: &Herald,
    request: &HttpRequest,
    site: &Site,
    target: &[u8],
    by: LoginBy,
) -> HttpResponse {
    let target = if target.len() <= LONGEST_TARGET { target } else { b"/" };
    let address = start_address(&site.url, target);
    let (mut response, name) = match by {
        LoginBy::Redirect => (empty(request, StatusCode::FOUND), LOCATION),
        LoginBy::Header => (unauthenticated(herald, request), X_HERALD_LOGIN),
    };
    // A site's address and what is encoded are visible ASCII.
    if let Ok(address) = HeaderValue::try_from(address) {
        response.headers_mut().insert(name, address);
    }
    response
}

/// Nobody is signed in, and no person waits for a page.
pub(super) fn unauthenticated(herald: &Herald, request: &HttpRequest) -> HttpResponse {
    problem(herald, request, &Problem::new(ErrorCode::Unauthenticated, "Nobody is signed in."))
}

/// Anything that is wrong. The request gets an id, which is in the answer and, if it is trouble, in the log.
pub(super) fn problem(herald: &Herald, request: &HttpRequest, problem: &Problem) -> HttpResponse {
    let id = RequestId::of(request.headers(), herald.clock().as_ref(), herald.entropy().as_ref());
    // The path is the proxy's own, and of no use to whoever gets this.
    let mut response = complete(problem, None, Some(id.as_str()));
    request.extensions_mut().insert(id);
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
