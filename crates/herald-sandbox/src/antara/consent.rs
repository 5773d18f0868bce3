//! The consent page, where a person approves or refuses.

use actix_web::http::header::LOCATION;
use actix_web::{HttpResponse, get, post, web};
use askama::Template;
use serde::Deserialize;

use super::answer::Refusal;
use super::authorize::{self, Query};
use super::config::AntaraUser;
use crate::page::{self, Notice};
use crate::shared::Shared;

#[derive(Template)]
#[template(path = "antara_consent.html")]
struct Consent<'a> {
    app: &'a str,
    scopes: &'a [String],
    users: &'a [AntaraUser],
    query: &'a str,
}

#[derive(Deserialize)]
struct Decision {
    decision: String,
    user: Option<String>,
}

#[get("/oauth/consent")]
pub(crate) async fn show(
    shared: web::Data<Shared>,
    request: actix_web::HttpRequest,
    query: web::Query<Query>,
) -> HttpResponse {
    let checked = match authorize::check(&shared, query.into_inner()) {
        Ok(checked) => checked,
        Err(refusal) => return broken(&refusal),
    };
    let state = shared.antara();
    if state.switches.is_app_pending {
        return page::notice(
            403,
            &Notice::new("Antara", "This app is not open yet", "It is private, invite-only or pending."),
        );
    }
    page::render(
        200,
        &Consent {
            app: &shared.config.antara.app_name,
            scopes: &checked.scopes,
            users: &state.users,
            query: request.query_string(),
        },
    )
}

#[post("/oauth/consent")]
pub(crate) async fn decide(
    shared: web::Data<Shared>,
    query: web::Query<Query>,
    form: web::Form<Decision>,
) -> HttpResponse {
    let checked = match authorize::check(&shared, query.into_inner()) {
        Ok(checked) => checked,
        Err(refusal) => return broken(&refusal),
    };
    let back = if form.decision == "approve" {
        match authorize::approve(&shared, checked, form.user.as_deref()) {
            Ok(back) => Some(back),
            Err(refusal) => return broken(&refusal),
        }
    } else {
        authorize::refuse(&shared, checked)
    };
    match back {
        Some(back) => HttpResponse::SeeOther().insert_header((LOCATION, back.as_str())).finish(),
        None => page::notice(
            200,
            &Notice::new("Antara", "You refused", "Nothing was shared. You can close this page."),
        ),
    }
}

fn broken(refusal: &Refusal) -> HttpResponse {
    page::notice(400, &Notice::new("Antara", refusal.code(), refusal.message()))
}
