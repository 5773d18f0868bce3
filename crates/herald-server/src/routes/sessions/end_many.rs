//! `POST /v1/sessions/end`.

use actix_web::{HttpResponse, http::StatusCode, post};

use crate::{
    extract::{Call, JsonBody, NoParameters, scope::SessionsWrite},
    openapi::problems::EndSessionsProblems,
    problem::Problem,
    routes::answer::{json, render},
    views::{EndSessionsRequest, EndedSessions},
};

/// End many sessions.
///
/// All of one person, of one connection, or of the tenant. Their credentials are refused from the next verification on;
/// where Herald runs as several replicas, within two seconds by the others.
#[utoipa::path(
    tag = "sessions",
    operation_id = "endSessions",
    request_body = EndSessionsRequest,
    responses(
        (status = 200, description = "They have ended.", body = EndedSessions),
        EndSessionsProblems,
    )
)]
#[post("/v1/sessions/end")]
pub(super) async fn end_sessions(
    call: Call<SessionsWrite, NoParameters, JsonBody<EndSessionsRequest>>,
) -> Result<HttpResponse, Problem> {
    let which = call.body.0.which()?;
    let ended_count = call.herald.sessions().end_all(&call.tenant, which).await?;
    Ok(json(StatusCode::OK, render(&EndedSessions { ended_count })?))
}
