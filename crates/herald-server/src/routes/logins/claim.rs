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
/// Takes the identity of a confirmed login, once, and begins a session. The secret proves who started the login; the code, needed when the login
/// has a `return_url`, which browser came back. The same claim within 60 seconds gives the same answer.
#[utoipa::path(
    tag = "logins",
    operation_id = "claimLogin",
    params(("id" = String, Path, description = "The login's id.")),
    request_body = ClaimRequest,
    responses(
        (status = 200, description = "Who signed in, and what opens the session.", body = ClaimView),
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
