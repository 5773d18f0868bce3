//! `GET /v1/webhook-endpoints`.

use actix_web::{HttpRequest, HttpResponse, get, http::StatusCode};
use herald_app::Tenant;
use herald_core::store::Cursor;

use crate::{
    extract::{Call, Paging, Parameters, Query, scope::WebhooksWrite},
    openapi::problems::ListProblems,
    problem::Problem,
    routes::answer::{json, render},
    views::{WebhookEndpointList, WebhookEndpointView},
};

/// Which page.
struct Which(Paging);

impl Parameters for Which {
    fn read(request: &HttpRequest, tenant: &Tenant) -> Result<Self, Problem> {
        let query = Query::read(request, &["limit", "cursor"])?;
        Paging::read(request, &query, tenant).map(Self)
    }
}

/// List webhook endpoints.
///
/// Newest first. A tenant has 20 at most.
#[utoipa::path(
    tag = "webhooks",
    operation_id = "listWebhookEndpoints",
    params(
        ("limit" = Option<u32>, Query, description = "How many at most; 50 when absent.", minimum = 1, maximum = 200),
        ("cursor" = Option<String>, Query, description = "The `next_cursor` of the page before."),
    ),
    responses(
        (status = 200, description = "A page of endpoints.", body = WebhookEndpointList),
        ListProblems,
    )
)]
#[get("/v1/webhook-endpoints")]
pub(super) async fn list_webhook_endpoints(
    call: Call<WebhooksWrite, Which>,
) -> Result<HttpResponse, Problem> {
    let Which(page) = call.parameters;
    let mut endpoints = call.herald.webhooks().list(&call.tenant).await?;
    // All there are come at once, in the order of their ids.
    endpoints.retain(|endpoint| page.after.is_none_or(|after| endpoint.id.as_u128() < after.id));
    let has_more = endpoints.len() > page.limit;
    endpoints.truncate(page.limit);
    let last = endpoints.last().filter(|_| has_more);
    let next = last.map(|last| Cursor { created_at: last.created_at, id: last.id.as_u128() });
    let items = endpoints.iter().map(|endpoint| WebhookEndpointView::of(endpoint)).collect();
    Ok(json(StatusCode::OK, render(&WebhookEndpointList { items, next_cursor: page.next(next) })?))
}
