//! `/control/…`: the same as [`super::Control`], for curl and for black-box tests. JSON in and out; README lists it.

mod antara;
mod antirius;
mod authara;
mod ledger;
mod webhooks;

use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, delete, get, post, web};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Control, ControlError};
use crate::fault::Fault;
use crate::shared::Shared;

pub(crate) fn configure(services: &mut web::ServiceConfig) {
    services
        .service(reset)
        .service(get_clock)
        .service(advance)
        .service(get_credentials)
        .service(list_faults)
        .service(inject)
        .service(clear_faults);
    ledger::configure(services);
    webhooks::configure(services);
    antara::configure(services);
    antirius::configure(services);
    authara::configure(services);
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Advance {
    seconds: u64,
}

#[post("/control/reset")]
async fn reset(shared: web::Data<Shared>) -> HttpResponse {
    control(&shared).reset();
    HttpResponse::NoContent().finish()
}

#[get("/control/clock")]
async fn get_clock(shared: web::Data<Shared>) -> HttpResponse {
    ok(&time(&shared))
}

#[post("/control/clock/advance")]
async fn advance(shared: web::Data<Shared>, body: web::Bytes) -> HttpResponse {
    answer(required(&body).map(|Advance { seconds }| {
        control(&shared).advance(Duration::from_secs(seconds));
        time(&shared)
    }))
}

#[get("/control/credentials")]
async fn get_credentials(shared: web::Data<Shared>) -> HttpResponse {
    ok(&control(&shared).credentials())
}

#[get("/control/faults")]
async fn list_faults(shared: web::Data<Shared>) -> HttpResponse {
    ok(&json!({ "items": control(&shared).faults() }))
}

#[post("/control/faults")]
async fn inject(shared: web::Data<Shared>, body: web::Bytes) -> HttpResponse {
    answer(required(&body).and_then(|fault: Fault| {
        if let Some(nonsense) = fault.fault() {
            return Err(ControlError::Invalid(nonsense));
        }
        control(&shared).inject(fault.clone());
        Ok(fault)
    }))
}

#[delete("/control/faults")]
async fn clear_faults(shared: web::Data<Shared>) -> HttpResponse {
    control(&shared).clear_faults();
    HttpResponse::NoContent().finish()
}

fn control(shared: &web::Data<Shared>) -> Control {
    Control::new(shared.clone().into_inner())
}

fn time(shared: &web::Data<Shared>) -> Value {
    json!({ "now": shared.clock.now(), "advanced_seconds": shared.clock.advanced().as_secs() })
}

fn ok(body: &impl Serialize) -> HttpResponse {
    HttpResponse::Ok().json(body)
}

fn answer<T: Serialize>(result: Result<T, ControlError>) -> HttpResponse {
    match result {
        Ok(body) => ok(&body),
        Err(error) => {
            let (status, code) = match &error {
                ControlError::NotFound(_) => (StatusCode::NOT_FOUND, "not_found"),
                ControlError::NotPossible(_) => (StatusCode::CONFLICT, "not_possible"),
                ControlError::Invalid(_) => (StatusCode::BAD_REQUEST, "invalid"),
            };
            HttpResponse::build(status)
                .json(json!({ "error": { "code": code, "message": error.to_string() } }))
        }
    }
}

/// A body that must be there.
fn required<T: DeserializeOwned>(body: &[u8]) -> Result<T, ControlError> {
    serde_json::from_slice(body).map_err(|error| ControlError::Invalid(error.to_string()))
}

/// A body that may be left out.
fn optional<T: DeserializeOwned + Default>(body: &[u8]) -> Result<T, ControlError> {
    if body.is_empty() { Ok(T::default()) } else { required(body) }
}

/// The switches with the members of a patch set over them.
fn patched<T: Serialize + DeserializeOwned>(current: &T, body: &[u8]) -> Result<T, ControlError> {
    let impossible = |error: serde_json::Error| ControlError::Invalid(error.to_string());
    let patch: serde_json::Map<String, Value> = required(body)?;
    let mut whole = serde_json::to_value(current).map_err(impossible)?;
    if let Some(members) = whole.as_object_mut() {
        members.extend(patch);
    }
    serde_json::from_value(whole).map_err(impossible)
}

/// Whether old keys stay in use.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Rotate {
    #[serde(default)]
    keep_old: bool,
}
