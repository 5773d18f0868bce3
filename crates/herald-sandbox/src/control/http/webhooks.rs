//! `/control/{provider}/webhooks` and `/control/webhook-deliveries`.

use actix_web::{HttpResponse, delete, get, post, web};
use serde::Deserialize;
use serde_json::json;
use url::Url;

use super::super::WebhookEvent;
use super::{answer, control, ok, required};
use crate::operation::Provider;
use crate::shared::Shared;
use crate::webhook::WebhookDelivery;

pub(super) fn configure(services: &mut web::ServiceConfig) {
    services
        .service(list_deliveries)
        .service(repeat)
        .service(list_endpoints)
        .service(register)
        .service(remove_endpoints)
        .service(send);
}

#[derive(Deserialize)]
struct DeliveryQuery {
    provider: Option<Provider>,
    #[serde(rename = "type")]
    kind: Option<String>,
    subject: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Register {
    url: Url,
    #[serde(default)]
    secret: Option<String>,
    #[serde(default)]
    events: Vec<String>,
}

#[get("/control/webhook-deliveries")]
async fn list_deliveries(shared: web::Data<Shared>, query: web::Query<DeliveryQuery>) -> HttpResponse {
    let mut items = control(&shared).webhook_deliveries();
    items.retain(|delivery: &WebhookDelivery| {
        query.provider.is_none_or(|only| only == delivery.provider)
            && query.kind.as_ref().is_none_or(|only| *only == delivery.kind)
            && query.subject.as_ref().is_none_or(|only| *only == delivery.subject)
    });
    ok(&json!({ "items": items }))
}

#[post("/control/webhook-deliveries/{id}/repeat")]
async fn repeat(shared: web::Data<Shared>, id: web::Path<String>) -> HttpResponse {
    answer(control(&shared).repeat_webhook(&id))
}

#[get("/control/{provider}/webhooks")]
async fn list_endpoints(shared: web::Data<Shared>, provider: web::Path<Provider>) -> HttpResponse {
    ok(&json!({ "items": control(&shared).webhook_endpoints(*provider) }))
}

#[post("/control/{provider}/webhooks")]
async fn register(
    shared: web::Data<Shared>,
    provider: web::Path<Provider>,
    body: web::Bytes,
) -> HttpResponse {
    answer(required(&body).and_then(|Register { url, secret, events }| {
        control(&shared).register_webhook(*provider, &url, secret.as_deref(), &events)
    }))
}

#[delete("/control/{provider}/webhooks")]
async fn remove_endpoints(shared: web::Data<Shared>, provider: web::Path<Provider>) -> HttpResponse {
    control(&shared).remove_webhooks(*provider);
    HttpResponse::NoContent().finish()
}

#[post("/control/{provider}/webhooks/send")]
async fn send(shared: web::Data<Shared>, provider: web::Path<Provider>, body: web::Bytes) -> HttpResponse {
    answer(required(&body).and_then(|event: WebhookEvent| {
        let items = control(&shared).send_webhook(*provider, &event)?;
        Ok(json!({ "items": items }))
    }))
}
