//! `/auth/login`: the form, and the redirect for whoever is signed in.

use actix_web::http::header::LOCATION;
use actix_web::{HttpRequest, HttpResponse, get, post, web};
use askama::Template;
use serde::Deserialize;

use super::answer::{ACCESS, csrf_cookie, session_cookies, set};
use super::config::AutharaUser;
use super::login::{is_csrf_good, sign_in};
use super::return_path::return_path;
use crate::page;
use crate::random;
use crate::request::{cookie, header};
use crate::shared::Shared;

#[derive(Template)]
#[template(path = "authara_login.html")]
struct LoginPage<'a> {
    csrf_token: &'a str,
    return_to: &'a str,
    users: &'a [AutharaUser],
    error: Option<&'a str>,
}

#[derive(Deserialize)]
struct Query {
    return_to: Option<String>,
}

#[derive(Deserialize)]
struct Form {
    #[serde(default)]
    email: String,
    #[serde(default)]
    password: String,
    csrf_token: Option<String>,
}

#[get("/auth/login")]
pub(crate) async fn show(
    shared: web::Data<Shared>,
    request: HttpRequest,
    query: web::Query<Query>,
) -> HttpResponse {
    let is_signed_in = cookie(&request, ACCESS)
        .is_some_and(|token| shared.authara().bearer_of(&token, shared.clock.now()).is_some());
    if is_signed_in {
        let location = return_path(query.return_to.as_deref());
        return HttpResponse::SeeOther().insert_header((LOCATION, location)).finish();
    }
    form(&shared, &request, query.return_to.as_deref(), 200, None)
}

#[post("/auth/login")]
pub(crate) async fn submit(
    shared: web::Data<Shared>,
    request: HttpRequest,
    query: web::Query<Query>,
    body: web::Form<Form>,
) -> HttpResponse {
    let return_to = query.return_to.as_deref();
    if !is_csrf_good(&request, body.csrf_token.as_deref()) {
        return form(&shared, &request, return_to, 403, Some("The form is too old. Please try again."));
    }
    match sign_in(&shared, &request, &body.email, &body.password) {
        Ok((_, pair)) => {
            let location = return_path(return_to);
            let is_htmx = header(&request, "hx-request") == Some("true");
            let mut builder = if is_htmx { HttpResponse::Ok() } else { HttpResponse::SeeOther() };
            builder.insert_header(if is_htmx { ("HX-Redirect", location) } else { ("Location", location) });
            set(&mut builder, &session_cookies(&pair, &shared.authara().switches));
            builder.finish()
        }
        Err(refusal) => form(&shared, &request, return_to, refusal.status, Some(refusal.message)),
    }
}

fn form(
    shared: &Shared,
    request: &HttpRequest,
    return_to: Option<&str>,
    status: u16,
    error: Option<&str>,
) -> HttpResponse {
    let csrf_token = cookie(request, super::answer::CSRF)
        .filter(|token| !token.is_empty())
        .unwrap_or_else(|| random::token(""));
    let users = shared.authara().users.clone();
    let return_to = return_to.unwrap_or("/");
    let mut response =
        page::render(status, &LoginPage { csrf_token: &csrf_token, return_to, users: &users, error });
    let nonce = format!("authara_oauth_nonce={}; Path=/auth; HttpOnly; SameSite=Lax", random::short(""));
    for cookie in [csrf_cookie(&csrf_token), nonce] {
        if let Ok(value) = actix_web::http::header::HeaderValue::from_str(&cookie) {
            response.headers_mut().append(actix_web::http::header::SET_COOKIE, value);
        }
    }
    response
}
