//! `POST /v1/webhook-endpoints/{id}/replay`.

use actix_web::{HttpResponse, http::StatusCode, post};

use super::path::PathEndpoint;
use crate::{
    extract::{Call, JsonBody, scope::WebhooksWrite},
    openapi::problems::ChangeEndpointProblems,
    problem::Problem,
    routes::answer::{json, render},
    views::{ReplayWebhookDeliveriesRequest, WebhookEndpointView},
};

/// Send a webhook endpoint's deliveries again.
///
/// All that are kept since a time, delivered ones too, under the same `webhook-id`. It goes on in the background until the
/// endpoint has no `replaying_since` any more.
#[utoipa::path(
    tag = "webhooks",
    operation_id = "replayWebhookDeliveries",
    params(("id" = String, Path, description = "The endpoint's id.")),
    request_body = ReplayWebhookDeliveriesRequest,
    responses(
        (status = 202, description = "The endpoint.", body = WebhookEndpointView),
        ChangeEndpointProblems,
    )
)]
#[post("/v1/webhook-endpoints/{id}/replay")]
pub(super) async fn replay_webhook_deliveries(
    call: Call<WebhooksWrite, PathEndpoint, JsonBody<ReplayWebhookDeliveriesRequest>>,
) -> Result<HttpResponse, Problem> {
    let id = call.parameters.id()?;
    let endpoint = call.herald.webhooks().replay(&call.tenant, id, call.body.0.since).await?;
    Ok(json(StatusCode::ACCEPTED, render(&WebhookEndpointView::of(&endpoint))?))
}
