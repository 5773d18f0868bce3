//! May this request pass?

use std::{sync::Arc, time::Instant};

use actix_web::{
    HttpRequest, HttpResponse,
    http::header::{AUTHORIZATION, HeaderMap},
    web::Data,
};
use herald_app::{Admitted, Herald, SessionError, Site, SiteCredential, Tenant};

use super::{
    Dialect, answer,
    identity::IdentityHeaders,
    original::{self, Original},
};
use crate::{
    http_settings::HttpSettings,
    problem::{ErrorCode, Problem},
    request_log::{RequestId, Tally},
    site::{
        cookie::{self, Presented},
        header::once,
        sender::{self, Sender},
    },
};

const BEARER: &[u8] = b"Bearer ";

/// Answers a proxy that asks about `original`, which is nothing when the proxy does not say it in its dialect.
pub(super) async fn check(
    dialect: &Dialect,
    request: &HttpRequest,
    original: Option<Original<'_>>,
) -> HttpResponse {
    let started = Instant::now();
    // Looked at where they are: an extractor takes a share of each, and gives it back, for every request.
    let (Some(herald), Some(settings)) =
        (request.app_data::<Data<Herald>>(), request.app_data::<Data<HttpSettings>>())
    else {
        return HttpResponse::InternalServerError().finish();
    };
    let (response, id) = match decide(dialect, herald, settings, request, original).await {
        Ok(response) => (response, None),
        Err(problem) => {
            let id = request_id(herald, request);
            (answer::problem(request, &problem, &id), Some(id))
        }
    };
    if let Some(tally) = request.app_data::<Tally>() {
        tally.note(request, dialect.route, started, response.status(), id.as_ref());
    }
    response
}

fn request_id(herald: &Herald, request: &HttpRequest) -> RequestId {
    RequestId::of(request.headers(), herald.clock().as_ref(), herald.entropy().as_ref())
}

async fn decide(
    dialect: &Dialect,
    herald: &Herald,
    settings: &HttpSettings,
    request: &HttpRequest,
    original: Option<Original<'_>>,
) -> Result<HttpResponse, Problem> {
    let untrusted = |detail| Problem::new(ErrorCode::UntrustedProxy, detail);
    // The address that the connection came from. What a header says of addresses, anybody can write.
    if !request.peer_addr().is_some_and(|peer| settings.is_trusted_proxy(peer.ip())) {
        return Err(untrusted("The peer is none of the server's trusted proxies."));
    }
    let original =
        original.ok_or_else(|| untrusted("The proxy does not say, once and clearly, what was asked for."))?;
    let tenants = herald.tenants();
    let (tenant, site) = original
        .origins
        .iter()
        .flatten()
        .find_map(|origin| tenants.site(origin))
        .ok_or_else(|| untrusted("The host that was asked for is none of the sites'."))?;

    let headers = request.headers();
    let Some((admitted, by_cookie)) = admit(herald, tenant, site, headers).await? else {
        if !original::is_page(original.method, headers) {
            return Err(answer::unauthenticated());
        }
        let id = || request_id(herald, request);
        return Ok(answer::login(request, site, original.target, dialect.login_by, id));
    };
    // A browser adds the cookie whoever makes it send the request, a bearer token only its own page.
    let is_forgeable = by_cookie && original::may_change(original.method, headers);
    if is_forgeable && sender::of(headers, &site.origin) == Sender::OtherPage {
        return Err(Problem::new(ErrorCode::CrossSiteRequest, "A page of another origin sent this request."));
    }
    match admitted.prepared(|admitted| IdentityHeaders::of(site, admitted)).and_then(Option::as_ref) {
        Some(identity) => Ok(answer::signed_in(request, identity)),
        None => Err(Problem::new(ErrorCode::InternalError, "Something went wrong.")
            .caused_by("an identity header of the site cannot be sent")),
    }
}

/// Who sends the request, and whether the cookie says so. A cookie that is good goes before a bearer token, which may be an
/// application's own.
async fn admit(
    herald: &Herald,
    tenant: &Tenant,
    site: &Arc<Site>,
    headers: &HeaderMap,
) -> Result<Option<(Arc<Admitted>, bool)>, SessionError> {
    let admit = |credential| herald.sites().admit(tenant, site, credential, || cookie::all(headers));
    match cookie::presented(headers, &site.origin) {
        // Somebody else may have set one of them.
        Presented::Several => return Ok(None),
        Presented::One(cookie) => {
            if let Some(admitted) = admit(SiteCredential::Cookie(cookie)).await? {
                return Ok(Some((admitted, true)));
            }
        }
        Presented::Nothing => {}
    }
    match bearer(headers) {
        Some(token) => Ok(admit(SiteCredential::Bearer(token)).await?.map(|admitted| (admitted, false))),
        None => Ok(None),
    }
}

/// The token of the only `Authorization: Bearer …` (RFC 6750, 2.1).
fn bearer(headers: &HeaderMap) -> Option<&[u8]> {
    let (scheme, token) = once(headers, AUTHORIZATION)?.as_bytes().split_at_checked(BEARER.len())?;
    scheme.eq_ignore_ascii_case(BEARER).then(|| token.trim_ascii())
}
