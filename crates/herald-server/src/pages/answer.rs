//! Every response to a browser is written here, so that all carry the same headers.

use std::{error::Error, sync::LazyLock};

use actix_web::{
    HttpResponse, HttpResponseBuilder,
    http::{
        StatusCode,
        header::{
            CACHE_CONTROL, CONTENT_SECURITY_POLICY, HeaderValue, LOCATION, REFERRER_POLICY, RETRY_AFTER,
            SET_COOKIE, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
        },
    },
};
use askama::Template;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use herald_app::{LimitReached, LoginError};
use herald_core::secret::Digest;

use super::{notice::Notice, text::Texts};
use crate::rate_limit;

/// The style of every page, as it stands in its `<style>` element.
pub(super) const STYLE: &str = include_str!("../../templates/style.css");
/// What keeps the page of links alive, as it stands in its `<script>` element.
pub(super) const SCRIPT: &str = include_str!("../../templates/live.js");

/// When a browser should come again after trouble, in seconds.
const RETRY_SECONDS: u32 = 5;

/// Nothing is loaded from anywhere but here, and nothing runs but the two texts above, known by their digests. `data:` is
/// for the empty icon, which spares every browser a request for one that there is not.
static POLICY: LazyLock<HeaderValue> = LazyLock::new(|| {
    let source = |text: &str| format!("'sha256-{}'", STANDARD.encode(Digest::of(text).as_bytes()));
    let policy = format!(
        "default-src 'none'; style-src {}; script-src {}; img-src 'self' data:; connect-src 'self'; \
         base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
        source(STYLE),
        source(SCRIPT),
    );
    // Base64 and the words above are visible ASCII; a policy that forbids everything is the safe way to be wrong.
    HeaderValue::try_from(policy).unwrap_or(HeaderValue::from_static("default-src 'none'"))
});

/// A response with the headers that each of ours has.
pub(super) fn build(status: StatusCode) -> HttpResponseBuilder {
    let mut response = HttpResponse::build(status);
    response
        .insert_header((CACHE_CONTROL, "no-store"))
        .insert_header((REFERRER_POLICY, "no-referrer"))
        .insert_header((X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .insert_header((X_FRAME_OPTIONS, "DENY"))
        .insert_header((CONTENT_SECURITY_POLICY, POLICY.clone()));
    response
}

/// A page.
pub(super) fn html(status: StatusCode, page: &impl Template) -> HttpResponse {
    match page.render() {
        Ok(html) => build(status).content_type("text/html; charset=utf-8").body(html),
        Err(error) => {
            tracing::error!(%error, "a page could not be rendered");
            build(StatusCode::INTERNAL_SERVER_ERROR).finish()
        }
    }
}

/// No page.
pub(super) fn empty(status: StatusCode) -> HttpResponse {
    build(status).finish()
}

/// For what nobody asked to see: an answer that no browser keeps, so that it asks again when the person really comes.
pub(super) fn unasked() -> HttpResponse {
    empty(StatusCode::SERVICE_UNAVAILABLE)
}

/// Sends the browser on with GET.
pub(super) fn see_other(location: &str) -> HttpResponse {
    build(StatusCode::SEE_OTHER).insert_header((LOCATION, location)).finish()
}

/// Sends the browser on and gives it cookies, each in a header of its own.
pub(super) fn see_other_with_cookies(
    location: &str,
    cookies: impl IntoIterator<Item = String>,
) -> HttpResponse {
    let mut response = build(StatusCode::SEE_OTHER);
    response.insert_header((LOCATION, location));
    for cookie in cookies {
        response.append_header((SET_COOKIE, cookie));
    }
    response.finish()
}

/// A page that tries again by itself. The cause is logged here, and nowhere else.
pub(super) fn trouble(texts: &'static Texts, error: &LoginError) -> HttpResponse {
    if let LoginError::AccountGone | LoginError::TooManyWaiters = error {
        tracing::warn!(%error, "a browser has to wait");
        come_again(&Notice::unavailable(texts, RETRY_SECONDS))
    } else {
        broken(texts, error)
    }
}

/// A page that tries again by itself when there may be one more.
pub(super) fn too_often(texts: &'static Texts, LimitReached(standing): LimitReached) -> HttpResponse {
    let wait = standing.taken.retry_after;
    let seconds = u32::try_from(wait.as_secs()).unwrap_or(u32::MAX).saturating_add(1);
    let mut response = html(StatusCode::TOO_MANY_REQUESTS, &Notice::unavailable(texts, seconds));
    let headers = response.headers_mut();
    headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
    rate_limit::tell(&standing, |name, value| {
        if let Some(value) = value.and_then(|value| HeaderValue::try_from(value).ok()) {
            headers.insert(name, value);
        }
    });
    response
}

/// The same, for what a process that is about to stop does not begin any more.
pub(super) fn stopping(texts: &'static Texts) -> HttpResponse {
    come_again(&Notice::unavailable(texts, RETRY_SECONDS))
}

/// The same, for what an operator has to look at.
pub(super) fn broken(texts: &'static Texts, error: &dyn Error) -> HttpResponse {
    tracing::error!(%error, "a browser has to wait");
    come_again(&Notice::unavailable(texts, RETRY_SECONDS))
}

/// A page that says that the session goes on. It does not try again by itself: only the person's own press of a button ends a
/// session.
pub(super) fn not_signed_out(texts: &'static Texts, error: &dyn Error) -> HttpResponse {
    tracing::error!(%error, "a browser could not be signed out");
    come_again(&Notice::not_signed_out(texts))
}

fn come_again(notice: &Notice) -> HttpResponse {
    let mut response = html(StatusCode::SERVICE_UNAVAILABLE, notice);
    response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(RETRY_SECONDS));
    response
}
