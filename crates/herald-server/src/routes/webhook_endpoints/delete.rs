//! `DELETE /v1/webhook-endpoints/{id}`.

use actix_web::{HttpResponse, delete};

use super::path::PathEndpoint;
use crate::{
    extract::{Call, scope::WebhooksWrite},
    openapi::problems::EndpointProblems,
    problem::Problem,
};

/// Delete a webhook endpoint.
///
/// What is on its way to it is not sent any more.
#[utoipa::path(
    tag = "webhooks",
    operation_id = "deleteWebhookEndpoint",
    params(("id" = String, Path, description = "The endpoint's id.")),
    responses(
        (status = 204, description = "The endpoint is gone."),
        EndpointProblems,
    )
)]
#[delete("/v1/webhook-endpoints/{id}")]
pub(super) async fn delete_webhook_endpoint(
    call: Call<WebhooksWrite, PathEndpoint>,
) -> Result<HttpResponse, Problem> {
    let id = call.parameters.id()?;
    if call.herald.webhooks().delete(&call.tenant, id).await? {
        Ok(HttpResponse::NoContent().finish())
    } else {
        Err(Problem::no_such_endpoint())
    }
}
