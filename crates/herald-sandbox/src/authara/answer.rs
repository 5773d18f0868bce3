//! Authara's errors, and its cookies as they were measured.

use actix_web::http::StatusCode;
use actix_web::http::header::SET_COOKIE;
use actix_web::{HttpResponse, HttpResponseBuilder};
use serde_json::{Value, json};

use super::config::AutharaSwitches;
use super::state::Pair;

pub(crate) const ACCESS: &str = "authara_access";
pub(crate) const REFRESH: &str = "authara_refresh";
pub(crate) const CSRF: &str = "authara_csrf";

/// An error of the contract.
#[derive(Debug)]
pub(crate) struct Refusal {
    pub(crate) status: u16,
    code: &'static str,
    pub(crate) message: &'static str,
    clears_cookies: bool,
}

impl Refusal {
    pub(crate) fn new(status: u16, code: &'static str, message: &'static str) -> Self {
        Self { status, code, message, clears_cookies: false }
    }

    pub(crate) fn unauthorized(message: &'static str) -> Self {
        Self::new(401, "unauthorized", message)
    }

    pub(crate) fn clearing(self) -> Self {
        Self { clears_cookies: true, ..self }
    }
}

pub(crate) fn refuse(refusal: &Refusal) -> HttpResponse {
    let mut builder = HttpResponse::build(
        StatusCode::from_u16(refusal.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR),
    );
    if refusal.clears_cookies {
        clear(&mut builder);
    }
    builder.json(json!({ "error": { "code": refusal.code, "message": refusal.message } }))
}

/// The body of an injected status.
pub(crate) fn fault_body(status: u16) -> Value {
    let code = match status {
        401 => "unauthorized",
        403 => "forbidden",
        404 => "not_found",
        429 => "rate_limited",
        400..=499 => "invalid_request",
        _ => "internal_error",
    };
    json!({ "error": { "code": code, "message": "A fault of the sandbox" } })
}

/// The two `Set-Cookie` values of a session.
pub(crate) fn session_cookies(pair: &Pair, switches: &AutharaSwitches) -> [String; 2] {
    let (seconds, path) = (switches.access_seconds, if switches.refresh_path_auth { "/auth" } else { "/" });
    [
        format!("{ACCESS}={}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax", pair.access),
        format!("{REFRESH}={}; Path={path}; Max-Age=1209600; HttpOnly; SameSite=Lax", pair.refresh),
    ]
}

pub(crate) fn set(builder: &mut HttpResponseBuilder, cookies: &[String]) {
    for cookie in cookies {
        builder.append_header((SET_COOKIE, cookie.as_str()));
    }
}

pub(crate) fn csrf_cookie(token: &str) -> String {
    format!("{CSRF}={token}; Path=/; Max-Age=2592000; SameSite=Lax")
}

pub(crate) fn clear(builder: &mut HttpResponseBuilder) {
    for name in [ACCESS, REFRESH] {
        let gone = format!(
            "{name}=; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=0; HttpOnly; SameSite=Lax"
        );
        builder.append_header((SET_COOKIE, gone));
    }
}
