//! `DELETE /v1/logins/{id}`.

use actix_web::{HttpResponse, delete};

use super::path::PathLogin;
use crate::{
    extract::{Call, scope::LoginsWrite},
    openapi::problems::CancelProblems,
    problem::Problem,
};

/// Cancel a login.
///
/// A login that has ended already stays as it is; a claimed one cannot be cancelled.
#[utoipa::path(
    tag = "logins",
    operation_id = "cancelLogin",
    params(("id" = String, Path, description = "The login's id.")),
    responses(
        (status = 204, description = "The login has ended."),
        CancelProblems,
    )
)]
#[delete("/v1/logins/{id}")]
pub(super) async fn cancel_login(call: Call<LoginsWrite, PathLogin>) -> Result<HttpResponse, Problem> {
    let id = call.parameters.id()?;
    call.herald.logins().cancel(&call.tenant, id).await?;
    Ok(HttpResponse::NoContent().finish())
}
