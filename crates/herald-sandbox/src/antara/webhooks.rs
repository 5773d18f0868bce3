//! Antara tells by itself: registering an address, and what is posted to it. The payload is undocumented; this is one
//! shape that it may have.

use actix_web::{HttpRequest, HttpResponse, post, web};
use serde::Deserialize;
use serde_json::{Value, json};
use url::Url;

use super::answer::{self, Refusal, Reply};
use super::config::{AntaraSwitches, DeliveryNotice};
use super::state::Kind;
use crate::ledger::Entry;
use crate::merge_patch::merge_patch;
use crate::operation::{Operation, Provider};
use crate::random;
use crate::request::header;
use crate::shared::Shared;
use crate::webhook::{Letter, Patience, WebhookDelivery, WebhookEndpoint};

/// The events that can be registered for.
const EVENTS: [&str; 3] = ["identity.approved", "message.delivered", "permission.changed"];
const DELIVERED: &str = "message.delivered";

#[derive(Deserialize)]
struct Body {
    url: Option<String>,
    events: Option<Vec<String>>,
}

#[post("/app/v1/webhooks")]
pub(crate) async fn register(
    shared: web::Data<Shared>,
    request: HttpRequest,
    body: web::Bytes,
) -> HttpResponse {
    let result = accept(&shared, &request, &body);
    answer::finish(&shared, result)
}

fn accept(shared: &Shared, request: &HttpRequest, body: &[u8]) -> Result<Reply, Refusal> {
    let state = shared.antara();
    if state.bearer(header(request, "authorization"), shared.clock.unix())?.kind != Kind::App {
        let status = state.switches.wrong_token_status;
        return Err(Refusal::new(status, "FORBIDDEN", "Webhooks take the app's own token"));
    }
    drop(state);
    let Body { url, events } = answer::json_body(header(request, "content-type"), body)?;
    let (Some(url), Some(events)) = (url, events) else {
        return Err(Refusal::new(400, "INVALID_REQUEST", "url and events are required"));
    };
    let url = endpoint_url(&url)?;
    if events.is_empty() {
        return Err(Refusal::new(400, "INVALID_REQUEST", "events must name at least one event"));
    }
    if let Some(unknown) = events.iter().find(|event| !EVENTS.contains(&event.as_str())) {
        return Err(Refusal::new(400, "INVALID_REQUEST", format!("No event {unknown:?}")));
    }
    let secret = &shared.config.antara.webhook_secret;
    let endpoint = shared.webhooks.register(Provider::Antara, url, secret, &events);
    let entry = Entry::new(Provider::Antara, Operation::RegisterWebhook, endpoint.url.as_str());
    shared.write(&Entry { reference: Some(&endpoint.id), ..entry });
    Ok(Reply::Data(201, shown(&endpoint)))
}

fn shown(endpoint: &WebhookEndpoint) -> Value {
    json!({ "webhookId": endpoint.id, "url": endpoint.url, "events": endpoint.events })
}

/// An address that can be posted to, and that carries no secrets of its own.
fn endpoint_url(text: &str) -> Result<Url, Refusal> {
    let is_good = |url: &Url| {
        matches!(url.scheme(), "http" | "https")
            && url.has_host()
            && url.username().is_empty()
            && url.password().is_none()
            && url.fragment().is_none()
    };
    let refused = || Refusal::new(400, "INVALID_REQUEST", "url must be an http or https address");
    Url::parse(text).ok().filter(is_good).ok_or_else(refused)
}

/// A new message: its delivery is told when and how the switches say.
pub(super) async fn told_by_switches(shared: &Shared, message_id: &str) {
    let switches = shared.antara().switches.clone();
    if switches.delivery_notice == DeliveryNotice::Never {
        return;
    }
    let patch = Value::Object(switches.delivery_patch.clone());
    let Some((_, first_tries)) =
        post_delivery(shared, message_id, switches.delivery_copies, &patch, switches.delivery_delay_ms)
    else {
        return;
    };
    if switches.delivery_notice == DeliveryNotice::Before {
        // An error means that the server is going down.
        futures_util::future::join_all(first_tries).await;
    }
}

/// What is under way for a delivery: the records, and what tells that each first try is over.
type UnderWay = (Vec<WebhookDelivery>, Vec<tokio::sync::oneshot::Receiver<()>>);

/// Tells that the message was delivered, `copies` times under one id. `None`: no such message.
pub(crate) fn post_delivery(
    shared: &Shared,
    message_id: &str,
    copies: u32,
    patch: &Value,
    delay_ms: u64,
) -> Option<UnderWay> {
    let mut state = shared.antara();
    let message = state.messages.get_mut(message_id)?;
    message.is_told = true;
    let data = json!({
        "messageId": message_id,
        "slug": message.slug,
        "deliveredAt": shared.clock.unix(),
    });
    let switches = state.switches.clone();
    drop(state);
    let id = switches.webhook_has_id.then(|| random::short("evt_"));
    let letter = letter(&switches, DELIVERED, message_id, id, &data, patch);
    let patience = Patience { delay_ms, ..patience(&switches) };
    let mut under_way = UnderWay::default();
    for _ in 0..copies {
        let (records, first_tries) = shared.webhooks.post(&letter, patience);
        under_way.0.extend(records);
        under_way.1.extend(first_tries);
    }
    Some(under_way)
}

/// An event of that kind as it is posted: `{ "id"?, "event", "data" }` with the patch on it.
pub(crate) fn letter(
    switches: &AntaraSwitches,
    kind: &str,
    subject: &str,
    id: Option<String>,
    data: &Value,
    patch: &Value,
) -> Letter {
    let mut body = json!({ "event": kind, "data": data });
    if let Some(id) = &id {
        body["id"] = id.as_str().into();
    }
    merge_patch(&mut body, patch);
    Letter {
        provider: Provider::Antara,
        kind: kind.to_owned(),
        subject: subject.to_owned(),
        event_id: id,
        body: body.to_string().into(),
        headers: Vec::new(),
        signature_header: switches.webhook_header.clone(),
        encoding: switches.webhook_encoding,
        false_signature: None,
    }
}

pub(crate) fn patience(switches: &AntaraSwitches) -> Patience {
    Patience { delay_ms: 0, attempts: switches.webhook_attempts, retry_ms: switches.webhook_retry_ms }
}
