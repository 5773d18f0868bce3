//! `/v1/admin/tenants/{tenant}/signing-keys`: what signs a tenant's tokens.

use actix_web::{HttpResponse, get, http::StatusCode, post};
use herald_app::session::keys::KeyInfo;

use crate::{
    extract::TenantOperatorCall,
    openapi::problems::OperatorProblems,
    problem::Problem,
    routes::answer::{json, render},
    views::SigningKeyList,
};

/// List a tenant's signing keys.
///
/// The one that signs, the one that signs next, and those whose tokens are not over yet.
#[utoipa::path(
    tag = "admin",
    operation_id = "listSigningKeys",
    security(("adminKey" = [])),
    params(("tenant" = String, Path, description = "The tenant's id.", example = "acme")),
    responses(
        (status = 200, description = "The keys.", body = SigningKeyList),
        OperatorProblems,
    )
)]
#[get("/v1/admin/tenants/{tenant}/signing-keys")]
pub(super) async fn list_signing_keys(call: TenantOperatorCall) -> Result<HttpResponse, Problem> {
    shown(call.herald.signing_keys().list(&call.tenant).await?)
}

/// Rotate a tenant's signing keys.
///
/// The next key signs from now on; what the current one signed stays good until its time is over. Nobody has to do anything:
/// the next key is in the published set already.
#[utoipa::path(
    tag = "admin",
    operation_id = "rotateSigningKeys",
    security(("adminKey" = [])),
    params(("tenant" = String, Path, description = "The tenant's id.", example = "acme")),
    responses(
        (status = 200, description = "The keys as they are now.", body = SigningKeyList),
        OperatorProblems,
    )
)]
#[post("/v1/admin/tenants/{tenant}/signing-keys/rotate")]
pub(super) async fn rotate_signing_keys(call: TenantOperatorCall) -> Result<HttpResponse, Problem> {
    let keys = call.herald.signing_keys().rotate(&call.tenant).await?;
    log("rotated", &call, &keys);
    shown(keys)
}

/// Revoke a tenant's signing keys.
///
/// Replaces all of them at once, for keys that somebody else may have: every access token is refused from now on, and
/// sessions go on with their refresh tokens. Whoever keeps the published set has to get it again.
#[utoipa::path(
    tag = "admin",
    operation_id = "revokeSigningKeys",
    security(("adminKey" = [])),
    params(("tenant" = String, Path, description = "The tenant's id.", example = "acme")),
    responses(
        (status = 200, description = "The new keys.", body = SigningKeyList),
        OperatorProblems,
    )
)]
#[post("/v1/admin/tenants/{tenant}/signing-keys/revoke")]
pub(super) async fn revoke_signing_keys(call: TenantOperatorCall) -> Result<HttpResponse, Problem> {
    let keys = call.herald.signing_keys().revoke_all(&call.tenant).await?;
    log("revoked", &call, &keys);
    shown(keys)
}

fn shown(keys: Vec<KeyInfo>) -> Result<HttpResponse, Problem> {
    Ok(json(StatusCode::OK, render(&SigningKeyList::from(keys))?))
}

/// Who did it, for whoever looks later.
fn log(deed: &'static str, call: &TenantOperatorCall, keys: &[KeyInfo]) {
    let kid = keys.first().map(|key| key.kid.as_str());
    tracing::info!(operator = call.operator, tenant.id = %call.tenant.id, kid, "signing keys {deed}");
}
