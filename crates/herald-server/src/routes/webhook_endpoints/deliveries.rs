//! `GET /v1/webhook-endpoints/{id}/deliveries`.

use actix_web::{HttpRequest, HttpResponse, get, http::StatusCode};
use herald_app::Tenant;

use super::path::PathEndpoint;
use crate::{
    extract::{Call, Paging, Parameters, Query, scope::WebhooksWrite},
    openapi::problems::EndpointListProblems,
    problem::Problem,
    routes::answer::{json, render},
    views::{WebhookDeliveryList, WebhookDeliveryView},
};

/// Whose deliveries, and which page of them.
struct Which {
    endpoint: PathEndpoint,
    page: Paging,
}

impl Parameters for Which {
    fn read(request: &HttpRequest, tenant: &Tenant) -> Result<Self, Problem> {
        let query = Query::read(request, &["limit", "cursor"])?;
        Ok(Self { endpoint: PathEndpoint::of(request), page: Paging::read(request, &query, tenant)? })
    }
}

/// List a webhook endpoint's deliveries.
///
/// Newest first. They are kept while they are tried, and for 3 days after.
#[utoipa::path(
    tag = "webhooks",
    operation_id = "listWebhookDeliveries",
    params(
        ("id" = String, Path, description = "The endpoint's id."),
        ("limit" = Option<u32>, Query, description = "How many at most; 50 when absent.", minimum = 1, maximum = 200),
        ("cursor" = Option<String>, Query, description = "The `next_cursor` of the page before."),
    ),
    responses(
        (status = 200, description = "A page of deliveries.", body = WebhookDeliveryList),
        EndpointListProblems,
    )
)]
#[get("/v1/webhook-endpoints/{id}/deliveries")]
pub(super) async fn list_webhook_deliveries(
    call: Call<WebhooksWrite, Which>,
) -> Result<HttpResponse, Problem> {
    let Which { endpoint, page } = call.parameters;
    let webhooks = call.herald.webhooks();
    let (found, next) = webhooks.deliveries(&call.tenant, endpoint.id()?, page.after, page.limit).await?;
    let items = found.iter().map(WebhookDeliveryView::of).collect();
    Ok(json(StatusCode::OK, render(&WebhookDeliveryList { items, next_cursor: page.next(next) })?))
}
