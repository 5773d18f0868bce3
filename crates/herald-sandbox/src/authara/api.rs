//! The JSON addresses for signing in and for asking who is signed in.

use actix_web::{HttpRequest, HttpResponse, get, post, web};
use serde::Deserialize;
use serde_json::json;

use super::answer::{ACCESS, Refusal, csrf_cookie, refuse, session_cookies, set};
use super::login::{is_csrf_good, sign_in};
use super::state::user_json;
use crate::random;
use crate::request::{cookie, header};
use crate::shared::Shared;

#[derive(Deserialize)]
struct Credentials {
    email: String,
    password: String,
}

#[get("/auth/api/v1/csrf")]
pub(crate) async fn csrf(request: HttpRequest) -> HttpResponse {
    let token = cookie(&request, super::answer::CSRF)
        .filter(|token| !token.is_empty())
        .unwrap_or_else(|| random::token(""));
    let mut builder = HttpResponse::Ok();
    set(&mut builder, &[csrf_cookie(&token)]);
    builder.json(json!({ "csrf_token": token }))
}

#[post("/auth/api/v1/login")]
pub(crate) async fn login(shared: web::Data<Shared>, request: HttpRequest, body: web::Bytes) -> HttpResponse {
    if !is_csrf_good(&request, header(&request, "x-csrf-token")) {
        return refuse(&Refusal::new(403, "forbidden", "CSRF validation failed"));
    }
    let Ok(Credentials { email, password }) = serde_json::from_slice(&body) else {
        return refuse(&Refusal::new(400, "invalid_request", "Invalid request body"));
    };
    match sign_in(&shared, &request, &email, &password) {
        Ok((user, pair)) => {
            let mut builder = HttpResponse::Ok();
            set(&mut builder, &session_cookies(&pair, &shared.authara().switches));
            builder.json(json!({
                "user": user_json(&user),
                "access_token": pair.access,
                "refresh_token": pair.refresh,
            }))
        }
        Err(refusal) => refuse(&refusal),
    }
}

/// By cookie only: a Bearer header is 401 like nothing at all. A disabled user still gets 200.
#[get("/auth/api/v1/user")]
pub(crate) async fn current_user(shared: web::Data<Shared>, request: HttpRequest) -> HttpResponse {
    let state = shared.authara();
    let found = cookie(&request, ACCESS).and_then(|token| state.bearer_of(&token, shared.clock.now()));
    let Some(user) = found else {
        return refuse(&Refusal::unauthorized("Unauthorized"));
    };
    let mut body = user_json(user);
    body["roles"] = json!(user.roles);
    if !state.switches.older_server {
        body["organization"] = json!(user.organization);
    }
    HttpResponse::Ok().json(body)
}
