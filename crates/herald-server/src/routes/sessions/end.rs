//! `DELETE /v1/sessions/{id}`.

use actix_web::{HttpResponse, delete};

use super::path::PathSession;
use crate::{
    extract::{Call, scope::SessionsWrite},
    openapi::problems::EndSessionProblems,
    problem::Problem,
};

/// End a session.
///
/// Its credentials are refused from the next verification on; where Herald runs as several replicas, within two seconds by the
/// others. One that is over stays as it is.
#[utoipa::path(
    tag = "sessions",
    operation_id = "endSession",
    params(("id" = String, Path, description = "The session's id.")),
    responses(
        (status = 204, description = "The session has ended."),
        EndSessionProblems,
    )
)]
#[delete("/v1/sessions/{id}")]
pub(super) async fn end_session(call: Call<SessionsWrite, PathSession>) -> Result<HttpResponse, Problem> {
    let id = call.parameters.id()?;
    if call.herald.sessions().end(&call.tenant, id).await? {
        Ok(HttpResponse::NoContent().finish())
    } else {
        Err(Problem::no_such_session())
    }
}
