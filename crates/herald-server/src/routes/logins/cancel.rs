//! `DELETE /v1/logins/{id}`.

use actix_web::{HttpRequest, HttpResponse, delete};
use herald_app::Tenant;
use herald_core::id::LoginId;

use crate::{
    extract::{Call, Parameters, path_id, scope::LoginsWrite},
    openapi::problems::CancelProblems,
    problem::Problem,
};

struct Which(Option<LoginId>);

impl Parameters for Which {
    fn read(request: &HttpRequest, _: &Tenant) -> Result<Self, Problem> {
        Ok(Self(path_id(request, LoginId::parse)))
    }
}

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
pub(super) async fn cancel_login(call: Call<LoginsWrite, Which>) -> Result<HttpResponse, Problem> {
    let id = call.parameters.0.ok_or_else(Problem::no_such_login)?;
    call.herald.logins().cancel(&call.tenant, id).await?;
    Ok(HttpResponse::NoContent().finish())
}
