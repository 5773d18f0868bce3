//! `POST /v1/sessions/verify`.

use actix_web::{HttpResponse, http::StatusCode, post};

use crate::{
    extract::{Call, JsonBody, NoParameters, scope::SessionsVerify},
    openapi::problems::VerifyProblems,
    problem::Problem,
    routes::answer::{json, render},
    views::{VerificationView, VerifyRequest},
};

/// Verify a credential.
///
/// Says who shows a token or a cookie, whoever issued it: a Herald access token, or a credential of one of the tenant's
/// providers. What is bad, expired, ended, malformed or another tenant's is `{"active": false}`, and nothing says which.
/// What a provider said is believed for up to 30 seconds. A session of Herald that was ended is refused from the next verification
/// on; where Herald runs as several replicas, within two seconds by the others.
#[utoipa::path(
    tag = "sessions",
    operation_id = "verifyCredential",
    request_body = VerifyRequest,
    responses(
        (status = 200, description = "What the credential is worth.", body = VerificationView),
        VerifyProblems,
    )
)]
#[post("/v1/sessions/verify")]
pub(super) async fn verify_credential(
    call: Call<SessionsVerify, NoParameters, JsonBody<VerifyRequest>>,
) -> Result<HttpResponse, Problem> {
    let VerifyRequest { credential, connection } = &call.body.0;
    let sessions = call.herald.sessions();
    let found = sessions.verify(&call.tenant, credential.as_credential(), connection.as_deref()).await?;
    Ok(json(StatusCode::OK, render(&VerificationView::from(&found))?))
}
