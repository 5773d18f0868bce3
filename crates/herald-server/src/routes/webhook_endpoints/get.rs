//! `GET /v1/webhook-endpoints/{id}`.

use actix_web::{HttpResponse, get, http::StatusCode};

use super::path::PathEndpoint;
use crate::{
    extract::{Call, scope::WebhooksWrite},
    openapi::problems::EndpointProblems,
    problem::Problem,
    routes::answer::{json, render},
    views::WebhookEndpointView,
};

/// Look at a webhook endpoint.
///
/// Without its secret.
#[utoipa::path(
    tag = "webhooks",
    operation_id = "getWebhookEndpoint",
    params(("id" = String, Path, description = "The endpoint's id.")),
    responses(
        (status = 200, description = "The endpoint.", body = WebhookEndpointView),
        EndpointProblems,
    )
)]
#[get("/v1/webhook-endpoints/{id}")]
pub(super) async fn get_webhook_endpoint(
    call: Call<WebhooksWrite, PathEndpoint>,
) -> Result<HttpResponse, Problem> {
    let id = call.parameters.id()?;
    let endpoint =
        call.herald.webhooks().get(&call.tenant, id).await?.ok_or_else(Problem::no_such_endpoint)?;
    Ok(json(StatusCode::OK, render(&WebhookEndpointView::of(&endpoint))?))
}
