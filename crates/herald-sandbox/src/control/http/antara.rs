//! `/control/antara/…`

use actix_web::{HttpResponse, get, patch, post, web};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::super::{ControlError, Decision};
use super::{answer, control, ok, optional, patched, required};
use crate::shared::Shared;

pub(super) fn configure(services: &mut web::ServiceConfig) {
    services
        .service(get_switches)
        .service(set_switches)
        .service(list_users)
        .service(set_user)
        .service(authorize)
        .service(issue)
        .service(revoke)
        .service(revoke_circle)
        .service(deliver);
}

#[derive(Deserialize)]
struct Browse {
    authorize_url: String,
    #[serde(default)]
    decision: Option<String>,
    #[serde(default)]
    user: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Issue {
    #[serde(default)]
    kind: Option<String>,
    #[serde(default)]
    user: Option<String>,
    #[serde(default)]
    audience: Option<String>,
    #[serde(default)]
    scopes: Option<Vec<String>>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Revoke {
    #[serde(default)]
    token: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Preferences {
    accepts_messages: bool,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Deliver {
    #[serde(default)]
    copies: Option<u32>,
    #[serde(default)]
    patch: Map<String, Value>,
}

#[get("/control/antara/switches")]
async fn get_switches(shared: web::Data<Shared>) -> HttpResponse {
    ok(&control(&shared).antara().switches())
}

#[patch("/control/antara/switches")]
async fn set_switches(shared: web::Data<Shared>, body: web::Bytes) -> HttpResponse {
    let control = control(&shared);
    let antara = control.antara();
    answer(patched(&antara.switches(), &body).map(|switches| {
        antara.switch(|current| *current = switches);
        antara.switches()
    }))
}

#[get("/control/antara/users")]
async fn list_users(shared: web::Data<Shared>) -> HttpResponse {
    ok(&json!({ "items": control(&shared).antara().users() }))
}

#[patch("/control/antara/users/{user}")]
async fn set_user(shared: web::Data<Shared>, user: web::Path<String>, body: web::Bytes) -> HttpResponse {
    let control = control(&shared);
    answer(required(&body).and_then(|Preferences { accepts_messages }| {
        control.antara().set_accepts_messages(&user, accepts_messages)?;
        Ok(json!({ "items": control.antara().users() }))
    }))
}

#[post("/control/antara/authorize")]
async fn authorize(shared: web::Data<Shared>, body: web::Bytes) -> HttpResponse {
    answer(required(&body).and_then(|Browse { authorize_url, decision, user }| {
        let decision = match decision.as_deref() {
            None | Some("approve") => Decision::Approve { user },
            Some("refuse") => Decision::Refuse,
            Some(other) => return Err(ControlError::Invalid(format!("no decision {other:?}"))),
        };
        let callback_url = control(&shared).antara().authorize(&authorize_url, &decision)?;
        Ok(json!({ "callback_url": callback_url }))
    }))
}

#[post("/control/antara/tokens")]
async fn issue(shared: web::Data<Shared>, body: web::Bytes) -> HttpResponse {
    answer(optional(&body).and_then(|Issue { kind, user, audience, scopes }| {
        let control = control(&shared);
        let antara = control.antara();
        let scopes: Vec<&str> = match &scopes {
            Some(scopes) => scopes.iter().map(String::as_str).collect(),
            None => vec!["identity.read", "profile.basic"],
        };
        let token = match kind.as_deref() {
            None | Some("identity") => {
                antara.issue_identity_token(user.as_deref(), audience.as_deref(), &scopes)?
            }
            Some("portal") => antara.issue_portal_token(user.as_deref())?,
            Some("capability") => antara.issue_capability(user.as_deref())?,
            Some(other) => return Err(ControlError::Invalid(format!("no kind {other:?}"))),
        };
        Ok(json!({ "token": token }))
    }))
}

/// One token, or every `aat_` when none is named.
#[post("/control/antara/tokens/revoke")]
async fn revoke(shared: web::Data<Shared>, body: web::Bytes) -> HttpResponse {
    answer(optional(&body).map(|Revoke { token }| {
        let control = control(&shared);
        let antara = control.antara();
        let count = match token {
            Some(token) => usize::from(antara.revoke(&token)),
            None => antara.revoke_app_tokens(),
        };
        json!({ "revoked_count": count })
    }))
}

#[post("/control/antara/circles/{circle}/revoke")]
async fn revoke_circle(shared: web::Data<Shared>, circle: web::Path<String>) -> HttpResponse {
    control(&shared).antara().revoke_circle(&circle);
    HttpResponse::NoContent().finish()
}

#[post("/control/antara/messages/{message}/deliver")]
async fn deliver(shared: web::Data<Shared>, message: web::Path<String>, body: web::Bytes) -> HttpResponse {
    answer(optional(&body).and_then(|Deliver { copies, patch }| {
        let patch = Value::Object(patch);
        let items = control(&shared).antara().deliver(&message, copies.unwrap_or(1), &patch)?;
        Ok(json!({ "items": items }))
    }))
}
