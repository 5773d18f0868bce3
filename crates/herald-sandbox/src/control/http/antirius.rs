//! `/control/antirius/…`

use actix_web::{HttpResponse, get, patch, post, web};
use serde::Deserialize;
use serde_json::{Value, json};

use super::super::ControlError;
use super::{Rotate, answer, control, ok, optional, patched, required};
use crate::shared::Shared;

pub(super) fn configure(services: &mut web::ServiceConfig) {
    services
        .service(get_switches)
        .service(set_switches)
        .service(list_persons)
        .service(list_sessions)
        .service(get_session)
        .service(act_on_session)
        .service(rotate)
        .service(sign)
        .service(make_reachable);
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Confirm {
    #[serde(default)]
    person: Option<String>,
    #[serde(default)]
    messenger: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Reachable {
    phone: String,
    #[serde(default)]
    messenger: Option<String>,
}

#[get("/control/antirius/switches")]
async fn get_switches(shared: web::Data<Shared>) -> HttpResponse {
    ok(&control(&shared).antirius().switches())
}

#[patch("/control/antirius/switches")]
async fn set_switches(shared: web::Data<Shared>, body: web::Bytes) -> HttpResponse {
    let control = control(&shared);
    let antirius = control.antirius();
    answer(patched(&antirius.switches(), &body).map(|switches| {
        antirius.switch(|current| *current = switches);
        antirius.switches()
    }))
}

#[get("/control/antirius/persons")]
async fn list_persons(shared: web::Data<Shared>) -> HttpResponse {
    ok(&json!({ "items": control(&shared).antirius().persons() }))
}

#[get("/control/antirius/sessions")]
async fn list_sessions(shared: web::Data<Shared>) -> HttpResponse {
    ok(&json!({ "items": control(&shared).antirius().sessions() }))
}

#[get("/control/antirius/sessions/{id}")]
async fn get_session(shared: web::Data<Shared>, id: web::Path<String>) -> HttpResponse {
    answer(control(&shared).antirius().session(&id))
}

#[post("/control/antirius/sessions/{id}/{act}")]
async fn act_on_session(
    shared: web::Data<Shared>,
    path: web::Path<(String, String)>,
    body: web::Bytes,
) -> HttpResponse {
    let (id, act) = path.into_inner();
    let control = control(&shared);
    let antirius = control.antirius();
    answer(match act.as_str() {
        "open" => antirius.open(&id),
        "confirm" => optional(&body).and_then(|Confirm { person, messenger }| {
            antirius.confirm_as(&id, person.as_deref(), messenger.as_deref())
        }),
        "refuse" => antirius.refuse(&id),
        "expire" => antirius.expire(&id),
        other => Err(ControlError::NotFound(format!(
            "a session can open, confirm, refuse or expire, not {other:?}"
        ))),
    })
}

#[post("/control/antirius/keys/rotate")]
async fn rotate(shared: web::Data<Shared>, body: web::Bytes) -> HttpResponse {
    answer(
        optional(&body)
            .map(|Rotate { keep_old }| json!({ "kid": control(&shared).antirius().rotate_keys(keep_old) })),
    )
}

#[post("/control/antirius/sign")]
async fn sign(shared: web::Data<Shared>, body: web::Bytes) -> HttpResponse {
    answer(required(&body).map(|claims: Value| json!({ "token": control(&shared).antirius().sign(&claims) })))
}

#[post("/control/antirius/reachable")]
async fn make_reachable(shared: web::Data<Shared>, body: web::Bytes) -> HttpResponse {
    answer(required(&body).map(|Reachable { phone, messenger }| {
        let messenger = messenger.as_deref().unwrap_or("telegram");
        control(&shared).antirius().make_reachable(&phone, messenger);
        json!({ "phone": phone, "messenger": messenger })
    }))
}
