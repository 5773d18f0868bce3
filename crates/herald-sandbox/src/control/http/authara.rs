//! `/control/authara/…`

use actix_web::{HttpResponse, delete, get, patch, post, web};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Rotate, answer, control, ok, optional, patched, required};
use crate::shared::Shared;

pub(super) fn configure(services: &mut web::ServiceConfig) {
    services
        .service(get_switches)
        .service(set_switches)
        .service(list_users)
        .service(create_user)
        .service(set_user)
        .service(delete_user)
        .service(sign_in)
        .service(end_session)
        .service(rotate)
        .service(sign);
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct SignIn {
    #[serde(default)]
    user: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewAccount {
    email: String,
    #[serde(default)]
    username: Option<String>,
    #[serde(default)]
    password: Option<String>,
}

/// Members to change.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Account {
    #[serde(default)]
    disabled: Option<bool>,
    #[serde(default)]
    email: Option<String>,
    #[serde(default)]
    username: Option<String>,
}

#[get("/control/authara/switches")]
async fn get_switches(shared: web::Data<Shared>) -> HttpResponse {
    ok(&control(&shared).authara().switches())
}

#[patch("/control/authara/switches")]
async fn set_switches(shared: web::Data<Shared>, body: web::Bytes) -> HttpResponse {
    let control = control(&shared);
    let authara = control.authara();
    answer(patched(&authara.switches(), &body).map(|switches| {
        authara.switch(|current| *current = switches);
        authara.switches()
    }))
}

#[get("/control/authara/users")]
async fn list_users(shared: web::Data<Shared>) -> HttpResponse {
    ok(&json!({ "items": control(&shared).authara().users() }))
}

#[post("/control/authara/users")]
async fn create_user(shared: web::Data<Shared>, body: web::Bytes) -> HttpResponse {
    answer(required(&body).and_then(|NewAccount { email, username, password }| {
        control(&shared).authara().create_user(&email, username.as_deref(), password.as_deref())
    }))
}

#[delete("/control/authara/users/{user}")]
async fn delete_user(shared: web::Data<Shared>, user: web::Path<String>) -> HttpResponse {
    let control = control(&shared);
    answer(control.authara().delete_user(&user).map(|()| json!({ "items": control.authara().users() })))
}

#[patch("/control/authara/users/{user}")]
async fn set_user(shared: web::Data<Shared>, user: web::Path<String>, body: web::Bytes) -> HttpResponse {
    let control = control(&shared);
    answer(required(&body).and_then(|Account { disabled, email, username }| {
        control.authara().update_user(&user, |account| {
            account.disabled = disabled.unwrap_or(account.disabled);
            account.email = email.unwrap_or_else(|| account.email.clone());
            account.username = username.unwrap_or_else(|| account.username.clone());
        })?;
        Ok(json!({ "items": control.authara().users() }))
    }))
}

#[post("/control/authara/sign-in")]
async fn sign_in(shared: web::Data<Shared>, body: web::Bytes) -> HttpResponse {
    answer(optional(&body).and_then(|SignIn { user }| control(&shared).authara().sign_in(user.as_deref())))
}

#[post("/control/authara/sessions/{id}/end")]
async fn end_session(shared: web::Data<Shared>, id: web::Path<String>) -> HttpResponse {
    answer(control(&shared).authara().end_session(&id).map(|()| json!({ "session_id": *id })))
}

#[post("/control/authara/keys/rotate")]
async fn rotate(shared: web::Data<Shared>, body: web::Bytes) -> HttpResponse {
    answer(
        optional(&body)
            .map(|Rotate { keep_old }| json!({ "kid": control(&shared).authara().rotate_keys(keep_old) })),
    )
}

#[post("/control/authara/sign")]
async fn sign(shared: web::Data<Shared>, body: web::Bytes) -> HttpResponse {
    answer(required(&body).map(|claims: Value| json!({ "token": control(&shared).authara().sign(&claims) })))
}
