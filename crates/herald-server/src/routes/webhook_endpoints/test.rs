//! `POST /v1/webhook-endpoints/{id}/test`.

use actix_web::{HttpResponse, http::StatusCode, post};

use super::path::PathEndpoint;
use crate::{
    extract::{Call, scope::WebhooksWrite},
    openapi::problems::EndpointProblems,
    problem::Problem,
    routes::answer::{json, render},
    views::WebhookDeliveryView,
};

/// Try a webhook endpoint out.
///
/// Sends it `webhook_endpoint.test`, whatever events it wants and also when it is disabled. What became of it is among its
/// deliveries.
#[utoipa::path(
    tag = "webhooks",
    operation_id = "testWebhookEndpoint",
    params(("id" = String, Path, description = "The endpoint's id.")),
    responses(
        (status = 202, description = "The delivery, on its way.", body = WebhookDeliveryView),
        EndpointProblems,
    )
)]
#[post("/v1/webhook-endpoints/{id}/test")]
pub(super) async fn test_webhook_endpoint(
    call: Call<WebhooksWrite, PathEndpoint>,
) -> Result<HttpResponse, Problem> {
    let id = call.parameters.id()?;
    let delivery = call.herald.webhooks().test(&call.tenant, id).await?;
    Ok(json(StatusCode::ACCEPTED, render(&WebhookDeliveryView::of(&delivery))?))
}
