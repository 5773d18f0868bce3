//! What a consumed session gives: the token with exactly the documented claims, and the `user` beside it.

use actix_web::{HttpResponse, get, web};
use serde_json::{Map, Value, json};

use super::answer::Refusal;
use super::config::AntiriusSwitches;
use super::poll::{consume, describe};
use super::state::{Confirmed, SessionStatus};
use crate::clock::{millis, plus};
use crate::shared::Shared;

const TOKEN_SECONDS: i64 = 3600;

#[get("/.well-known/jwks.json")]
pub(crate) async fn jwks(shared: web::Data<Shared>) -> HttpResponse {
    let state = shared.antirius();
    let without_alg = state.switches.jwks_without_alg;
    let keys: Vec<Value> = state
        .published_keys()
        .into_iter()
        .map(|mut jwk| {
            if let Some(members) = jwk.as_object_mut().filter(|_| without_alg) {
                members.remove("alg");
            }
            jwk
        })
        .collect();
    HttpResponse::Ok().json(json!({ "keys": keys }))
}

/// The first call after the confirmation is the only one with a token.
pub(crate) fn full(shared: &Shared, id: &str) -> Result<Value, Refusal> {
    let now = shared.clock.now();
    let mut guard = shared.antirius();
    let state = &mut *guard;
    let session = state.sessions.get_mut(id).ok_or_else(Refusal::not_found)?;
    let status = session.status(now, state.switches.confirmed_expires);
    let confirmed = session.confirmed.clone().filter(|_| status == SessionStatus::Confirmed);
    let Some(confirmed) = confirmed else {
        return Ok(describe(session, status, "full"));
    };
    if !consume(shared, id, session) {
        return Ok(describe(session, status, "full"));
    }
    let expires_at = plus(now, TOKEN_SECONDS);
    let app_id = if state.switches.app_id_mismatch {
        "000000000000000000000000"
    } else {
        &shared.config.antirius.app_id
    };
    let user = user(&confirmed, &state.switches);
    let claims = claims(&user, app_id, &shared.base, now.as_second(), &state.switches);
    let token = state.sign(&Value::Object(claims));
    let switches = &state.switches;
    let mut shown = user;
    if switches.user_id_mismatch {
        shown.insert("_id".to_owned(), "ffffffffffffffffffffffff".into());
    }
    shown.extend(switches.user_patch.clone());
    let mut body = json!({
        "status": "confirmed",
        "poll_type": "full",
        "confirmed_at": millis(confirmed.at),
        "token": token,
        "user": shown,
        "app_id": app_id,
        "expires_at": millis(expires_at),
    });
    if let Some(members) = body.as_object_mut() {
        members.extend(switches.full_patch.clone());
    }
    Ok(body)
}

fn user(confirmed: &Confirmed, switches: &AntiriusSwitches) -> Map<String, Value> {
    let Confirmed { person, messenger, .. } = confirmed;
    let phone = if switches.phone_null { Value::Null } else { person.phone.as_str().into() };
    let mut user = Map::new();
    user.insert("_id".to_owned(), person.id.as_str().into());
    user.insert("user_id".to_owned(), person.user_id.as_str().into());
    user.insert("type".to_owned(), messenger.as_str().into());
    user.insert("first_name".to_owned(), person.first_name.as_str().into());
    user.insert("last_name".to_owned(), person.last_name.clone().into());
    user.insert("username".to_owned(), person.username.clone().into());
    user.insert("phone".to_owned(), phone);
    user
}

/// The user's members and `app_id`, `iss`, `iat`, `exp`: no `sub`, no `aud`.
fn claims(
    user: &Map<String, Value>,
    app_id: &str,
    issuer: &str,
    now: i64,
    switches: &AntiriusSwitches,
) -> Map<String, Value> {
    let mut claims = user.clone();
    claims.insert("app_id".to_owned(), app_id.into());
    claims.insert("iss".to_owned(), issuer.into());
    claims.insert("iat".to_owned(), now.into());
    claims.insert("exp".to_owned(), (now + TOKEN_SECONDS).into());
    claims.extend(switches.claims_patch.clone());
    claims.retain(|name, _| !switches.claims_removed.contains(name));
    claims
}
