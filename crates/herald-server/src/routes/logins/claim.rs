//! `POST /v1/logins/{id}/claim`.

use actix_web::{HttpResponse, http::StatusCode, post};

use super::path::PathLogin;
use crate::{
    extract::{Call, JsonBody, scope::LoginsWrite},
    openapi::problems::ClaimProblems,
    problem::Problem,
    routes::answer::{json, render},
    views::{ClaimRequest, ClaimView},
};

/// Claim a login.
///
/// Takes the identity of a confirmed login, once, and begins a session. The secret proves who started the login; the code,
/// needed when the login has a `return_url`, which browser came back. The same claim within 60 seconds gives the same answer.
#[utoipa::path(
    tag = "logins",
    operation_id = "claimLogin",
    params(("id" = String, Path, description = "The login's id.")),
    request_body(content = ClaimRequest, example = json!({
        "claim_secret": "hcs_kZ3v1f0bq8mQyT7sX2dLr5uWc9aJhE4nP6iOgVtY0Rk",
        "code": "hcc_Yb7tQ0wR3mN9xL2cV5kD8sF1hJ4gZ6pA0eU-iO_uT3E",
    })),
    responses(
        (status = 200, description = "Who signed in, and what opens the session.", body = ClaimView, example = json!({
            "login_id": "log_01h455vb4pex5vsknk084sn02q", "subject": "sub_01h455vb4pex5vsknk084sn02q",
            "identity": {
                "provider": "antirius", "connection": "main", "provider_user_id": "683f1a2b3c4d5e6f70819a2c",
                "name": "Ivan Petrov", "given_name": "Ivan", "family_name": "Petrov", "preferred_username": "ivan",
                "phone_number": "+79001234567", "phone_number_verified": true, "amr": ["oob"],
                "authenticated_at": "2026-01-02T03:04:20.000Z",
                "attributes": { "messenger": "telegram", "messenger_user_id": "123456789" },
            },
            "session": {
                "id": "ses_01h455vb4pex5vsknk084sn02q", "access_token": "eyJhbGciOiJFUzI1NiIs…", "token_type": "Bearer",
                "expires_in_seconds": 600,
                "refresh_token": "hrt_AYkKXayWd0u8zrMCCZqAVwAAAAGUQHZCv_46k8vn-wX5YD_iuPhW-DtM5KUC_Q1nwyGJSw",
            },
        })),
        ClaimProblems,
    )
)]
#[post("/v1/logins/{id}/claim")]
pub(super) async fn claim_login(
    call: Call<LoginsWrite, PathLogin, JsonBody<ClaimRequest>>,
) -> Result<HttpResponse, Problem> {
    let id = call.parameters.id()?;
    let ClaimRequest { claim_secret, code } = call.body.0;
    let claimed = call.herald.logins().claim(&call.tenant, id, &claim_secret, code.as_deref()).await?;
    Ok(json(StatusCode::OK, render(&ClaimView::from(&claimed))?))
}
