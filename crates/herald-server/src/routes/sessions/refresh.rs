//! `POST /v1/sessions/refresh`.

use actix_web::{HttpResponse, http::StatusCode, post};

use crate::{
    extract::{Call, JsonBody, NoParameters, scope::SessionsWrite},
    openapi::problems::RefreshProblems,
    problem::Problem,
    routes::answer::{json, render},
    views::{RefreshSessionRequest, SessionTokensView},
};

/// Refresh a session.
///
/// Uses the refresh token up and gives the session's next tokens. If the answer was lost, the same refresh token gives the
/// same successor again for the tenant's `refresh_grace_seconds`, as long as that was not used. One that is used again later
/// was stolen, or its thief was first: the session ends.
#[utoipa::path(
    tag = "sessions",
    operation_id = "refreshSession",
    request_body = RefreshSessionRequest,
    responses(
        (status = 200, description = "The next tokens.", body = SessionTokensView),
        RefreshProblems,
    )
)]
#[post("/v1/sessions/refresh")]
pub(super) async fn refresh_session(
    call: Call<SessionsWrite, NoParameters, JsonBody<RefreshSessionRequest>>,
) -> Result<HttpResponse, Problem> {
    let sessions = call.herald.sessions();
    let (id, tokens) = sessions.refresh(&call.tenant, &call.body.0.refresh_token).await?;
    Ok(json(StatusCode::OK, render(&SessionTokensView::new(id, &tokens))?))
}
