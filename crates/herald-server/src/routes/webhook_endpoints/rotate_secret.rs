//! `POST /v1/webhook-endpoints/{id}/rotate-secret`.

use actix_web::{HttpResponse, http::StatusCode, post};

use super::path::PathEndpoint;
use crate::{
    extract::{Call, scope::WebhooksWrite},
    openapi::problems::EndpointProblems,
    problem::Problem,
    routes::answer::{json, render},
    views::RotatedWebhookSecret,
};

/// Rotate a webhook endpoint's secret.
///
/// The former secret signs beside the new one for 24 hours; the one before it signs no more.
#[utoipa::path(
    tag = "webhooks",
    operation_id = "rotateWebhookSecret",
    params(("id" = String, Path, description = "The endpoint's id.")),
    responses(
        (status = 200, description = "The new secret.", body = RotatedWebhookSecret),
        EndpointProblems,
    )
)]
#[post("/v1/webhook-endpoints/{id}/rotate-secret")]
pub(super) async fn rotate_webhook_secret(
    call: Call<WebhooksWrite, PathEndpoint>,
) -> Result<HttpResponse, Problem> {
    let id = call.parameters.id()?;
    let endpoint = call.herald.webhooks().rotate_secret(&call.tenant, id).await?;
    Ok(json(StatusCode::OK, render(&RotatedWebhookSecret::from(endpoint.secrets.present()))?))
}
