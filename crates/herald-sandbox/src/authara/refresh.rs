//! Refresh, rotation, its races, reuse, and logout.

use std::time::Duration;

use actix_web::http::header::LOCATION;
use actix_web::{HttpRequest, HttpResponse, post, web};
use serde::Deserialize;
use serde_json::json;

use super::answer::{CSRF, REFRESH, Refusal, clear, refuse, session_cookies, set};
use super::config::{AutharaUser, RaceLoser};
use super::login::is_csrf_good;
use super::state::{Pair, State};
use crate::ledger::Entry;
use crate::operation::{Operation, Provider};
use crate::random;
use crate::request::{cookie, header};
use crate::shared::Shared;

#[derive(Deserialize)]
struct TokenBody {
    refresh_token: String,
}

#[derive(Deserialize)]
struct LogoutForm {
    csrf_token: Option<String>,
}

/// 200 with an empty body: the tokens come as cookies only.
#[post("/auth/api/v1/sessions/refresh")]
pub(crate) async fn by_cookie(shared: web::Data<Shared>, request: HttpRequest) -> HttpResponse {
    if !is_csrf_good(&request, header(&request, "x-csrf-token")) {
        // Its own 403 is missing from its contract, so a middleware turns it into this.
        return refuse(&Refusal::new(500, "internal_error", "Response does not match the API contract."));
    }
    let Some(token) = cookie(&request, REFRESH).filter(|token| !token.is_empty()) else {
        return refuse(&Refusal::unauthorized("Refresh token missing"));
    };
    match renew(&shared, &token, Operation::Refresh).await {
        Ok(pair) => {
            let mut builder = HttpResponse::Ok();
            set(&mut builder, &session_cookies(&pair, &shared.authara().switches));
            builder.finish()
        }
        Err(refusal) => refuse(&refusal),
    }
}

#[post("/auth/api/v1/tokens/refresh")]
pub(crate) async fn by_body(shared: web::Data<Shared>, body: web::Bytes) -> HttpResponse {
    let Ok(TokenBody { refresh_token }) = serde_json::from_slice(&body) else {
        return refuse(&Refusal::new(400, "invalid_request", "Invalid request body"));
    };
    match renew(&shared, &refresh_token, Operation::TokenRefresh).await {
        Ok(pair) => {
            HttpResponse::Ok().json(json!({ "access_token": pair.access, "refresh_token": pair.refresh }))
        }
        Err(refusal) => refuse(&refusal),
    }
}

#[post("/auth/api/v1/sessions/logout")]
pub(crate) async fn logout_api(shared: web::Data<Shared>, request: HttpRequest) -> HttpResponse {
    if !is_csrf_good(&request, header(&request, "x-csrf-token")) {
        return refuse(&Refusal::new(403, "forbidden", "CSRF validation failed"));
    }
    end(&shared, &request);
    let mut builder = HttpResponse::NoContent();
    clear(&mut builder);
    builder.finish()
}

#[post("/auth/sessions/logout")]
pub(crate) async fn logout_form(
    shared: web::Data<Shared>,
    request: HttpRequest,
    form: web::Form<LogoutForm>,
) -> HttpResponse {
    if cookie(&request, CSRF).is_none() || !is_csrf_good(&request, form.csrf_token.as_deref()) {
        return refuse(&Refusal::new(403, "forbidden", "CSRF validation failed"));
    }
    end(&shared, &request);
    let mut builder = HttpResponse::SeeOther();
    builder.insert_header((LOCATION, "/auth/login"));
    clear(&mut builder);
    builder.finish()
}

/// Ends the session of the refresh token. The access token alone ends nothing, and whatever comes is answered the same.
fn end(shared: &Shared, request: &HttpRequest) {
    let mut state = shared.authara();
    let found = cookie(request, REFRESH).and_then(|token| state.refresh.get(&token).cloned());
    let Some(sid) = found else { return };
    if let Some(session) = state.sessions.get_mut(&sid).filter(|session| !session.is_ended) {
        session.is_ended = true;
        let user_id = session.user_id.clone();
        drop(state);
        let entry = Entry::new(Provider::Authara, Operation::Logout, &user_id);
        shared.write(&Entry { reference: Some(&sid), ..entry });
    }
}

/// New tokens for a refresh token that is the session's current one. While a rotation is under way, every other
/// request with the same token loses.
async fn renew(shared: &Shared, token: &str, operation: Operation) -> Result<Pair, Refusal> {
    let hold = begin(&mut shared.authara(), token, shared)?;
    if let Some(hold) = hold {
        let in_flight = InFlight { shared, token };
        tokio::time::sleep(hold).await;
        drop(in_flight);
    }
    let mut state = shared.authara();
    let now = shared.clock.now();
    let (sid, user) = current(&state, token, shared)?;
    let access = state.issue_access(&user, &sid, now);
    let mut refresh = token.to_owned();
    if hold.is_some() {
        refresh = random::token("");
        state.refresh.insert(refresh.clone(), sid.clone());
        if let Some(session) = state.sessions.get_mut(&sid) {
            session.current_refresh.clone_from(&refresh);
            session.rotated_at = now;
        }
    }
    drop(state);
    shared.write(&Entry { reference: Some(&sid), ..Entry::new(Provider::Authara, operation, &user.id) });
    Ok(Pair { sid, access, refresh })
}

/// A rotation under way, over also when the client hangs up.
struct InFlight<'a> {
    shared: &'a Shared,
    token: &'a str,
}

impl Drop for InFlight<'_> {
    fn drop(&mut self) {
        self.shared.authara().in_flight.remove(self.token);
    }
}

/// The checks before a refresh. Answers how long a rotation takes, or `None` when nothing rotates.
fn begin(state: &mut State, token: &str, shared: &Shared) -> Result<Option<Duration>, Refusal> {
    if state.in_flight.contains(token) {
        return Err(match state.switches.race_loser {
            RaceLoser::ServerError => Refusal::new(500, "internal_error", "Session error"),
            RaceLoser::Unauthorized => invalid(),
        });
    }
    if let Some(sid) = state.refresh.get(token).cloned() {
        let has_redis = state.switches.has_redis;
        if let Some(session) = state.sessions.get_mut(&sid).filter(|session| session.current_refresh != token)
        {
            session.is_tainted |= has_redis;
        }
    }
    let (sid, _) = current(state, token, shared)?;
    let rotates = state.sessions.get(&sid).is_some_and(|session| state.rotates(session, shared.clock.now()));
    if !rotates {
        return Ok(None);
    }
    state.in_flight.insert(token.to_owned());
    Ok(Some(Duration::from_millis(state.switches.refresh_ms)))
}

/// The live session whose current refresh token this is.
fn current(state: &State, token: &str, shared: &Shared) -> Result<(String, AutharaUser), Refusal> {
    let sid = state.refresh.get(token).ok_or_else(invalid)?;
    let session = state.sessions.get(sid).ok_or_else(invalid)?;
    let user = state.user_by_id(&session.user_id).filter(|user| !user.disabled).ok_or_else(invalid)?;
    let is_good =
        session.current_refresh == token && !session.is_ended && session.refresh_until > shared.clock.now();
    if is_good { Ok((sid.clone(), user.clone())) } else { Err(invalid()) }
}

fn invalid() -> Refusal {
    Refusal::unauthorized("Invalid refresh token").clearing()
}
