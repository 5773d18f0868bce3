//! `POST /api/v1/message/send`: by phone, never de-duplicated.

use actix_web::{HttpRequest, HttpResponse, post, web};
use serde::Deserialize;
use serde_json::{Value, json};

use super::answer::{self, Refusal};
use crate::clock::millis;
use crate::ledger::Entry;
use crate::operation::{Operation, Provider};
use crate::random;
use crate::request::header;
use crate::shared::Shared;

#[derive(Deserialize)]
struct Body {
    recipient: Option<String>,
    message: Option<String>,
}

#[post("/api/v1/message/send")]
pub(crate) async fn send(shared: web::Data<Shared>, request: HttpRequest, body: web::Bytes) -> HttpResponse {
    answer::finish(accept(&shared, &request, &body))
}

fn accept(shared: &Shared, request: &HttpRequest, body: &[u8]) -> Result<Value, Refusal> {
    let expected = format!("token {}", shared.config.antirius.message_token);
    if header(request, "x-authorization") != Some(expected.as_str()) {
        return Err(Refusal::new(401, "unauthorized", "Unknown message token"));
    }
    let body: Body = serde_json::from_slice(body)
        .map_err(|error| Refusal::new(400, "invalid_request", error.to_string()))?;
    let (Some(recipient), Some(message)) = (body.recipient, body.message.filter(|text| !text.is_empty()))
    else {
        return Err(Refusal::new(400, "invalid_request", "recipient and message are required"));
    };
    let is_phone = recipient.strip_prefix('+').is_some_and(|digits| {
        (7..=15).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit())
    });
    if !is_phone {
        return Err(Refusal::new(400, "invalid_recipient", "recipient must be a phone number"));
    }
    let now = shared.clock.now();
    let mut state = shared.antirius();
    let failed = |code, message| Refusal::new(state.switches.failed_send_status, code, message);
    if state.switches.refuse_sends {
        return Err(failed("send_failed", "The messenger did not take the message"));
    }
    let platform = match state.reachable.get(&recipient) {
        Some(platform) => platform.clone(),
        None if state.switches.everyone_reachable => "telegram".to_owned(),
        None => {
            return Err(failed(
                "user_not_found",
                "Nobody with this phone logged in through this application",
            ));
        }
    };
    state.counter += 1;
    let message_id = format!("{}", 100_000 + state.counter);
    let correlation_id = random::object_id(now.as_second(), state.counter);
    drop(state);
    shared.write(&Entry {
        body: Some(&message),
        reference: Some(&message_id),
        ..Entry::new(Provider::Antirius, Operation::Send, &recipient)
    });
    Ok(json!({
        "success": true,
        "platform": platform,
        "message_id": message_id,
        "sent_at": millis(now),
        "correlation_id": correlation_id,
    }))
}
