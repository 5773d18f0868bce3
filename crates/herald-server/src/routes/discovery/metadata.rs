//! `GET /.well-known/oauth-authorization-server/t/{tenant}` (RFC 8414).

use actix_web::{HttpRequest, HttpResponse, route, web::Data};
use herald_app::Herald;

use super::cacheable::respond;
use crate::{
    extract::path_tenant, http_settings::HttpSettings, openapi::problems::DiscoveryProblems,
    problem::Problem, views::AuthorizationServerMetadataView,
};

/// Get a tenant's endpoints (RFC 8414).
///
/// What a resource server needs to know to check the tenant's tokens: issuer, keys, introspection, revocation.
#[utoipa::path(
    tag = "discovery",
    operation_id = "getAuthorizationServerMetadata",
    security(()),
    params(("tenant" = String, Path, description = "The tenant's id.", example = "acme")),
    responses(
        (status = 200, description = "The endpoints.", body = AuthorizationServerMetadataView, headers(
            ("ETag" = String, description = "The tag of what is shown."),
            ("Cache-Control" = String, description = "How long it may be kept.")
        )),
        DiscoveryProblems,
    )
)]
#[route("/.well-known/oauth-authorization-server/t/{tenant}", method = "GET", method = "HEAD")]
pub(super) async fn get_authorization_server_metadata(
    request: HttpRequest,
    herald: Data<Herald>,
    settings: Data<HttpSettings>,
) -> Result<HttpResponse, Problem> {
    let tenant = path_tenant(&request, &herald)?;
    let issuer = herald.signing_keys().issuer(&tenant);
    respond(
        &request,
        &AuthorizationServerMetadataView::new(issuer, &settings.public_url, tenant.sessions.algorithm),
    )
}
