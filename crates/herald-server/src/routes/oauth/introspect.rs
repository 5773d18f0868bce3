//! `POST /v1/oauth/introspect` (RFC 7662).

use actix_web::{HttpResponse, http::StatusCode, post};

use crate::{
    extract::{OAuthCall, scope::SessionsVerify},
    openapi::problems::OAuthProblems,
    problem::{OAuthError, Problem},
    routes::answer::{json, render},
    views::{IntrospectTokenRequest, IntrospectionView},
};

/// Introspect a token (RFC 7662).
///
/// Knows Herald's own tokens only; anything else is `{"active": false}`, because resource servers look only at `active`. A
/// refresh token is not used up by it.
#[utoipa::path(
    tag = "oauth",
    operation_id = "introspectToken",
    request_body(content = IntrospectTokenRequest, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 200, description = "What the token is worth.", body = IntrospectionView),
        OAuthProblems,
    )
)]
#[post("/v1/oauth/introspect")]
pub(super) async fn introspect_token(
    OAuthCall(call): OAuthCall<SessionsVerify, IntrospectTokenRequest>,
) -> Result<HttpResponse, OAuthError> {
    let found = call.herald.sessions().introspect(&call.tenant, &call.body.0.token).await;
    let found = found.map_err(Problem::from)?;
    let issuer = call.herald.signing_keys().issuer(&call.tenant);
    Ok(json(StatusCode::OK, render(&IntrospectionView::new(&found, issuer))?))
}
