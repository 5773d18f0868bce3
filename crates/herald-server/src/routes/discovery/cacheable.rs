//! Answers that others may keep for a while.

use actix_web::{
    HttpRequest, HttpResponse,
    http::{
        StatusCode,
        header::{CACHE_CONTROL, ETAG, HeaderValue},
    },
};
use herald_app::session::keys::JWKS_MAX_AGE_SECONDS;
use serde::Serialize;

use crate::{
    extract::{Etag, IfNoneMatch},
    problem::Problem,
    routes::answer::{json, render},
};

/// The view as JSON, to be kept as long as a key is published before it signs; 304 for who has it already.
///
/// It is `application/json`, also for keys: RFC 7517 has a media type of its own for them (8.5.1), but asks nobody to use
/// it, and more clients know JSON only than insist on that one.
pub(super) fn respond(request: &HttpRequest, view: &impl Serialize) -> Result<HttpResponse, Problem> {
    let body = render(view)?;
    let etag = Etag::of(&body);
    let has_seen = IfNoneMatch::of(request).is_some_and(|seen| seen.has_seen(&etag));
    let mut response =
        if has_seen { HttpResponse::NotModified().finish() } else { json(StatusCode::OK, body) };
    let headers = response.headers_mut();
    headers.insert(ETAG, etag.header());
    if let Ok(value) = HeaderValue::try_from(format!("public, max-age={JWKS_MAX_AGE_SECONDS}")) {
        headers.insert(CACHE_CONTROL, value);
    }
    Ok(response)
}
