//! `GET /v1/sessions/{id}`.

use actix_web::{HttpResponse, get, http::StatusCode};

use super::path::PathSession;
use crate::{
    extract::{Call, scope::SessionsRead},
    openapi::problems::GetSessionProblems,
    problem::Problem,
    routes::answer::{json, render},
    views::SessionView,
};

/// Look at a session.
///
/// Looking does not count as use. A session that is over stays readable for 24 hours.
#[utoipa::path(
    tag = "sessions",
    operation_id = "getSession",
    params(("id" = String, Path, description = "The session's id.")),
    responses(
        (status = 200, description = "The session.", body = SessionView),
        GetSessionProblems,
    )
)]
#[get("/v1/sessions/{id}")]
pub(super) async fn get_session(call: Call<SessionsRead, PathSession>) -> Result<HttpResponse, Problem> {
    let id = call.parameters.id()?;
    let session = call.herald.sessions().get(&call.tenant, id).await?.ok_or_else(Problem::no_such_session)?;
    Ok(json(StatusCode::OK, render(&SessionView::of(&session, call.herald.clock().now()))?))
}
