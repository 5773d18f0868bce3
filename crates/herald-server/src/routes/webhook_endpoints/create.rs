//! `POST /v1/webhook-endpoints`.

use actix_web::{
    HttpResponse,
    http::{StatusCode, header::LOCATION},
    post,
};

use crate::{
    extract::{Call, JsonBody, NoParameters, scope::WebhooksWrite},
    openapi::problems::CreateEndpointProblems,
    problem::Problem,
    routes::answer::{json, render},
    views::{CreateWebhookEndpointRequest, CreatedWebhookEndpoint},
};

/// Make a webhook endpoint.
///
/// Events are sent to it as Standard Webhooks has it, signed with the secret that this answer carries and no other. A tenant
/// has at most 20.
#[utoipa::path(
    tag = "webhooks",
    operation_id = "createWebhookEndpoint",
    request_body = CreateWebhookEndpointRequest,
    responses(
        (status = 201, description = "The endpoint, with its secret.", body = CreatedWebhookEndpoint, headers(
            ("Location" = String, description = "The endpoint's address.")
        )),
        CreateEndpointProblems,
    )
)]
#[post("/v1/webhook-endpoints")]
pub(super) async fn create_webhook_endpoint(
    call: Call<WebhooksWrite, NoParameters, JsonBody<CreateWebhookEndpointRequest>>,
) -> Result<HttpResponse, Problem> {
    let endpoint = call.herald.webhooks().create(&call.tenant, call.body.0.into()).await?;
    let mut response = json(StatusCode::CREATED, render(&CreatedWebhookEndpoint::of(&endpoint))?);
    if let Ok(location) = format!("/v1/webhook-endpoints/{}", endpoint.id).try_into() {
        response.headers_mut().insert(LOCATION, location);
    }
    Ok(response)
}
