//! `GET /v1/webhook-endpoints`.

use actix_web::{HttpRequest, HttpResponse, get, http::StatusCode};
use herald_app::Tenant;

use crate::{
    extract::{Call, Parameters, Query, scope::WebhooksWrite},
    openapi::problems::ListProblems,
    problem::Problem,
    routes::answer::{json, render},
    views::{WebhookEndpointList, WebhookEndpointView},
};

/// A query without members: the list is short, and whole.
struct Whole;

impl Parameters for Whole {
    fn read(request: &HttpRequest, _: &Tenant) -> Result<Self, Problem> {
        Query::read(request, &[]).map(|_| Self)
    }
}

/// List webhook endpoints.
///
/// All of them, newest first.
#[utoipa::path(
    tag = "webhooks",
    operation_id = "listWebhookEndpoints",
    responses(
        (status = 200, description = "The endpoints.", body = WebhookEndpointList),
        ListProblems,
    )
)]
#[get("/v1/webhook-endpoints")]
pub(super) async fn list_webhook_endpoints(
    call: Call<WebhooksWrite, Whole>,
) -> Result<HttpResponse, Problem> {
    let endpoints = call.herald.webhooks().list(&call.tenant).await?;
    let items = endpoints.iter().map(|endpoint| WebhookEndpointView::of(endpoint)).collect();
    Ok(json(StatusCode::OK, render(&WebhookEndpointList { items })?))
}
