//! `POST /v1/logins/{id}/claim`.

use actix_web::{HttpRequest, HttpResponse, http::StatusCode, post};
use herald_app::Tenant;
use herald_core::id::LoginId;

use crate::{
    extract::{Call, JsonBody, Parameters, path_id, scope::LoginsWrite},
    openapi::problems::ClaimProblems,
    problem::Problem,
    routes::answer::{json, render},
    views::{ClaimRequest, ClaimView},
};

struct Which(Option<LoginId>);

impl Parameters for Which {
    fn read(request: &HttpRequest, _: &Tenant) -> Result<Self, Problem> {
        Ok(Self(path_id(request, LoginId::parse)))
    }
}

/// Claim a login.
///
/// Takes the identity of a confirmed login, once. The secret proves who started the login; the code, needed when the login
/// has a `return_url`, which browser came back. The same claim within 60 seconds gives the same answer.
#[utoipa::path(
    tag = "logins",
    operation_id = "claimLogin",
    params(("id" = String, Path, description = "The login's id.")),
    request_body = ClaimRequest,
    responses(
        (status = 200, description = "Who signed in.", body = ClaimView),
        ClaimProblems,
    )
)]
#[post("/v1/logins/{id}/claim")]
pub(super) async fn claim_login(
    call: Call<LoginsWrite, Which, JsonBody<ClaimRequest>>,
) -> Result<HttpResponse, Problem> {
    let id = call.parameters.0.ok_or_else(Problem::no_such_login)?;
    let ClaimRequest { claim_secret, code } = call.body.0;
    let claimed = call.herald.logins().claim(&call.tenant, id, &claim_secret, code.as_deref()).await?;
    Ok(json(StatusCode::OK, render(&ClaimView::from(&claimed))?))
}
