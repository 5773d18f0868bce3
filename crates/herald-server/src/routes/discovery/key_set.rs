//! `GET /t/{tenant}/.well-known/jwks.json` (RFC 7517).

use actix_web::{HttpRequest, HttpResponse, route, web::Data};
use herald_app::Herald;

use super::cacheable::respond;
use crate::{
    extract::path_tenant, openapi::problems::DiscoveryProblems, problem::Problem, views::KeySetView,
};

/// Get a tenant's public keys (RFC 7517).
///
/// Whoever has them checks the tenant's access tokens without asking Herald. They may be kept for as long as `Cache-Control`
/// says; a key is here before it signs anything.
#[utoipa::path(
    tag = "discovery",
    operation_id = "getKeySet",
    security(()),
    params(("tenant" = String, Path, description = "The tenant's id.", example = "acme")),
    responses(
        (status = 200, description = "The keys.", body = KeySetView, headers(
            ("ETag" = String, description = "The tag of what is shown."),
            ("Cache-Control" = String, description = "How long it may be kept.")
        )),
        DiscoveryProblems,
    )
)]
#[route("/t/{tenant}/.well-known/jwks.json", method = "GET", method = "HEAD")]
pub(super) async fn get_key_set(request: HttpRequest, herald: Data<Herald>) -> Result<HttpResponse, Problem> {
    let tenant = path_tenant(&request, &herald)?;
    respond(&request, &KeySetView::from(herald.signing_keys().jwks(&tenant).await?))
}
