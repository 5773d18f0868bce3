//! The polls: `status` never consumes, `full` does, and a poll without a type is `full`.

use std::time::Duration;

use actix_web::{HttpRequest, HttpResponse, get, web};
use serde_json::{Value, json};
use url::form_urlencoded;

use super::answer::{self, Refusal};
use super::state::{Confirmed, Session, SessionStatus};
use super::token;
use crate::clock::millis;
use crate::ledger::Entry;
use crate::operation::{self, Operation, Provider};
use crate::shared::Shared;

#[get("/api/v1/auth/session/{session_id}")]
pub(crate) async fn by_path(
    shared: web::Data<Shared>,
    request: HttpRequest,
    session_id: web::Path<String>,
) -> HttpResponse {
    answer::finish(poll(&shared, &session_id, request.query_string()).await)
}

#[get("/api/v1/widget/session/status")]
pub(crate) async fn by_query(shared: web::Data<Shared>, request: HttpRequest) -> HttpResponse {
    let query = request.query_string();
    let id = form_urlencoded::parse(query.as_bytes())
        .find_map(|(name, value)| (name == "session_id").then(|| value.into_owned()))
        .unwrap_or_default();
    answer::finish(poll(&shared, &id, query).await)
}

async fn poll(shared: &Shared, id: &str, query: &str) -> Result<Value, Refusal> {
    let is_status = operation::is_status_poll(query);
    let is_held =
        form_urlencoded::parse(query.as_bytes()).any(|(name, value)| name == "poll" && value == "true");
    {
        let mut state = shared.antirius();
        let session = state.sessions.get_mut(id).ok_or_else(Refusal::not_found)?;
        let calls = if is_status { &mut session.status_calls } else { &mut session.full_calls };
        *calls += 1;
    }
    if is_held {
        let hold = Duration::from_millis(shared.config.antirius.long_poll_ms);
        // Running out of time is how a held poll usually ends.
        let _ = tokio::time::timeout(hold, changed(shared, id)).await;
    }
    if is_status { status(shared, id) } else { token::full(shared, id) }
}

/// Waits until the session is no longer pending, or was opened in a messenger.
async fn changed(shared: &Shared, id: &str) {
    let look = || {
        let state = shared.antirius();
        let session = state.sessions.get(id)?;
        let now = shared.clock.now();
        let seen = (session.status(now, state.switches.confirmed_expires), session.opened_at.is_some());
        let left = session.expires_at.duration_since(now).unsigned_abs();
        Some((seen, left, session.changed.subscribe()))
    };
    let Some((first, ..)) = look() else { return };
    while let Some((seen, left, mut change)) = look() {
        if seen != first || seen.0 != SessionStatus::Pending {
            return;
        }
        // An end by time is a change too, and nobody announces it.
        let _ = tokio::time::timeout(left, change.changed()).await;
    }
}

fn status(shared: &Shared, id: &str) -> Result<Value, Refusal> {
    let now = shared.clock.now();
    let state = shared.antirius();
    let session = state.sessions.get(id).ok_or_else(Refusal::not_found)?;
    Ok(describe(session, session.status(now, state.switches.confirmed_expires), "status"))
}

/// What both kinds of poll tell without a token.
pub(crate) fn describe(session: &Session, status: SessionStatus, poll_type: &str) -> Value {
    let mut body = json!({
        "status": status,
        "poll_type": poll_type,
        "messenger_opened": session.opened_at.is_some(),
        "created_at": millis(session.created_at),
        "expires_at": millis(session.expires_at),
    });
    if let Some(opened_at) = session.opened_at {
        body["messenger_opened_at"] = millis(opened_at).into();
    }
    if let Some(confirmed) = &session.confirmed {
        body["confirmed_at"] = millis(confirmed.at).into();
    }
    if session.is_consumed {
        body["token_consumed"] = true.into();
    }
    body
}

/// A person's doing in a messenger, or an operator's.
#[derive(Debug)]
pub(crate) enum Act<'a> {
    Open,
    Confirm { person: Option<&'a str>, messenger: Option<&'a str> },
    Cancel,
    Expire,
}

/// Applies it to a pending session and wakes whoever polls. `Open`, and an end of what has ended, change nothing.
pub(crate) fn act(shared: &Shared, id: &str, act: &Act<'_>) -> Result<(), Refusal> {
    let now = shared.clock.now();
    let mut guard = shared.antirius();
    let state = &mut *guard;
    let first_messenger = state.switches.messengers.first().cloned();
    let session = state.sessions.get_mut(id).ok_or_else(Refusal::not_found)?;
    if session.status(now, state.switches.confirmed_expires) != SessionStatus::Pending {
        let is_harmless = matches!(act, Act::Open);
        return if is_harmless {
            Ok(())
        } else {
            Err(Refusal::new(409, "session_ended", "The session has ended"))
        };
    }
    match act {
        Act::Open => {
            session.opened_at.get_or_insert(now);
        }
        Act::Cancel => session.is_cancelled = true,
        Act::Expire => session.expires_at = now.min(session.expires_at),
        Act::Confirm { person, messenger } => {
            let persons = &shared.config.antirius.persons;
            let person = match person {
                None => persons.first(),
                Some(name) => persons.iter().find(|known| known.id == *name || known.phone == *name),
            };
            let person = person
                .cloned()
                .ok_or_else(|| Refusal::new(404, "person_not_found", "No such demo person"))?;
            let messenger =
                messenger.map(str::to_owned).or(first_messenger).unwrap_or_else(|| "telegram".to_owned());
            session.opened_at.get_or_insert(now);
            state.reachable.insert(person.phone.clone(), messenger.clone());
            session.confirmed = Some(Confirmed { at: now, person, messenger });
        }
    }
    session.changed.send_replace(());
    Ok(())
}

/// Marks the session used, once. Answers whether this call was the one.
pub(crate) fn consume(shared: &Shared, id: &str, session: &mut Session) -> bool {
    if session.is_consumed {
        return false;
    }
    session.is_consumed = true;
    shared.write(&Entry::new(Provider::Antirius, Operation::Full, id));
    true
}
