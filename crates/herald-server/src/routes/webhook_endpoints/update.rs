//! `PATCH /v1/webhook-endpoints/{id}`.

use actix_web::{HttpResponse, http::StatusCode, patch};

use super::path::PathEndpoint;
use crate::{
    extract::{Call, JsonBody, scope::WebhooksWrite},
    openapi::problems::ChangeEndpointProblems,
    problem::Problem,
    routes::answer::{json, render},
    views::{UpdateWebhookEndpointRequest, WebhookEndpointView},
};

/// Change a webhook endpoint.
///
/// What is left out stays. What is on its way already goes to the new address.
#[utoipa::path(
    tag = "webhooks",
    operation_id = "updateWebhookEndpoint",
    params(("id" = String, Path, description = "The endpoint's id.")),
    request_body = UpdateWebhookEndpointRequest,
    responses(
        (status = 200, description = "The endpoint as it is now.", body = WebhookEndpointView),
        ChangeEndpointProblems,
    )
)]
#[patch("/v1/webhook-endpoints/{id}")]
pub(super) async fn update_webhook_endpoint(
    call: Call<WebhooksWrite, PathEndpoint, JsonBody<UpdateWebhookEndpointRequest>>,
) -> Result<HttpResponse, Problem> {
    let id = call.parameters.id()?;
    let endpoint = call.herald.webhooks().update(&call.tenant, id, call.body.0.into()).await?;
    Ok(json(StatusCode::OK, render(&WebhookEndpointView::of(&endpoint))?))
}
