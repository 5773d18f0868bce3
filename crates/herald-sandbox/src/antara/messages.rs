//! `POST /app/v1/messages`: to a slug, under an idempotency key.

use actix_web::{HttpRequest, HttpResponse, post, web};
use serde::Deserialize;
use serde_json::json;

use super::answer::{self, Refusal, Reply};
use super::config::{AntaraSwitches, RepeatedKey};
use super::identity::has_scope;
use super::state::{KEY_SECONDS, Kind, Message, Sent, State};
use super::webhooks;
use crate::ledger::Entry;
use crate::operation::{Operation, Provider};
use crate::random;
use crate::request::header;
use crate::shared::Shared;

#[derive(Deserialize)]
struct Body {
    slug: Option<String>,
    body: Option<String>,
}

#[post("/app/v1/messages")]
pub(crate) async fn send(shared: web::Data<Shared>, request: HttpRequest, body: web::Bytes) -> HttpResponse {
    let result = accept(&shared, &request, &body);
    if let Ok((_, Some(message_id))) = &result {
        webhooks::told_by_switches(&shared, message_id).await;
    }
    answer::finish(&shared, result.map(|(reply, _)| reply))
}

/// The answer, and the message's id when it is a new one.
fn accept(shared: &Shared, request: &HttpRequest, body: &[u8]) -> Result<(Reply, Option<String>), Refusal> {
    let now = shared.clock.unix();
    let mut state = shared.antara();
    let (sender, only_to) = sender(&state, request, now)?;
    let key = header(request, "idempotency-key")
        .map(str::trim)
        .filter(|key| !key.is_empty())
        .ok_or_else(|| Refusal::new(400, "IDEMPOTENCY_KEY_REQUIRED", "Idempotency-Key is required"))?;
    let Body { slug, body } = answer::json_body(header(request, "content-type"), body)?;
    let (Some(to), Some(text)) = (slug, body.filter(|text| !text.is_empty())) else {
        return Err(Refusal::new(400, "INVALID_REQUEST", "slug and body are required"));
    };
    let slug = match &only_to {
        None => to,
        Some(_) => to.strip_suffix("@useantara.com").unwrap_or_default().to_owned(),
    };
    let is_bare = state.switches.bare_messages;
    let place = (sender, key.to_owned());
    if let Some(first) = state.sent.get(&place).filter(|first| first.until > now) {
        let is_same = first.slug == slug && first.body == text;
        repeated(&state.switches, is_same)?;
        return Ok((queued(&first.message_id, is_bare), None));
    }
    may_reach(&state, &slug, only_to.as_deref())?;
    let message_id = random::short("msg_");
    let reply = queued(&message_id, is_bare);
    let until = now + KEY_SECONDS;
    state.sent.insert(
        place,
        Sent { slug: slug.clone(), body: text.clone(), message_id: message_id.clone(), until },
    );
    state.messages.insert(message_id.clone(), Message { slug: slug.clone(), is_told: false });
    drop(state);
    shared.write(&Entry {
        idempotency_key: Some(key),
        body: Some(&text),
        reference: Some(&message_id),
        ..Entry::new(Provider::Antara, Operation::Send, &slug)
    });
    Ok((reply, Some(message_id)))
}

/// Whether a known key gets its first answer.
fn repeated(switches: &AntaraSwitches, is_same: bool) -> Result<(), Refusal> {
    let refused = |status, code, text: &str| Err(Refusal::new(status, code, text));
    if !is_same && switches.idempotency_conflict {
        return refused(409, "IDEMPOTENCY_CONFLICT", "The key was used for another message");
    }
    match switches.repeated_key {
        RepeatedKey::SameAnswer => Ok(()),
        RepeatedKey::InProgress => refused(409, "REQUEST_IN_PROGRESS", "The first request is not done yet"),
        RepeatedKey::Conflict => refused(409, "IDEMPOTENCY_CONFLICT", "The key was used"),
        RepeatedKey::Unprocessable => refused(422, "IDEMPOTENCY_KEY_REUSED", "The key was used"),
    }
}

/// Whether there is somebody behind the slug who takes messages, and the sender may write to them.
fn may_reach(state: &State, slug: &str, only_to: Option<&str>) -> Result<(), Refusal> {
    let user = state.user(Some(slug)).filter(|user| user.slug == slug);
    let is_known = user.is_some() || state.switches.everyone_reachable;
    if !is_known || only_to.is_some_and(|only| only != slug) {
        return Err(Refusal::new(404, "RECIPIENT_NOT_FOUND", "No such slug"));
    }
    if user.is_some_and(|user| !user.accepts_messages) {
        let status = state.switches.refusal_status;
        let text = "The recipient takes no messages from this app";
        return Err(Refusal::new(status, "RECIPIENT_PREFERENCES", text));
    }
    Ok(())
}

/// Whose idempotency keys count, and the one slug that a capability may write to.
fn sender(state: &State, request: &HttpRequest, now: i64) -> Result<(String, Option<String>), Refusal> {
    let token = state.bearer(header(request, "authorization"), now)?;
    match token.kind {
        Kind::App | Kind::Capability if !has_scope(token, "messages.send") => {
            Err(Refusal::new(403, "FORBIDDEN", "The token lacks messages.send"))
        }
        Kind::App => Ok((token.audience.clone(), None)),
        Kind::Capability => Ok((
            token.audience.clone(),
            Some(token.user.as_ref().map_or_else(String::new, |user| user.slug.clone())),
        )),
        Kind::Identity | Kind::Portal => Err(Refusal::new(
            state.switches.wrong_token_status,
            "FORBIDDEN",
            "Messages take the app's own token",
        )),
    }
}

fn queued(message_id: &str, is_bare: bool) -> Reply {
    let body = json!({ "messageId": message_id, "status": "queued" });
    if is_bare { Reply::Bare(202, body) } else { Reply::Data(202, body) }
}
