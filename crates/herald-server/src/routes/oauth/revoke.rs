//! `POST /v1/oauth/revoke` (RFC 7009).

use actix_web::{HttpResponse, post};

use crate::{
    extract::{OAuthCall, scope::SessionsWrite},
    openapi::problems::OAuthProblems,
    problem::{OAuthError, Problem},
    views::RevokeTokenRequest,
};

/// Revoke a token (RFC 7009).
///
/// Ends the session of a Herald token, access or refresh, and so revokes all its tokens. Of what is no token of the tenant
/// nothing is said: the answer is the same.
#[utoipa::path(
    tag = "oauth",
    operation_id = "revokeToken",
    request_body(content = RevokeTokenRequest, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 200, description = "The token is good for nothing (any more)."),
        OAuthProblems,
    )
)]
#[post("/v1/oauth/revoke")]
pub(super) async fn revoke_token(
    OAuthCall(call): OAuthCall<SessionsWrite, RevokeTokenRequest>,
) -> Result<HttpResponse, OAuthError> {
    call.herald.sessions().revoke(&call.tenant, &call.body.0.token).await.map_err(Problem::from)?;
    Ok(HttpResponse::Ok().finish())
}
