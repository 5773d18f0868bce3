//! `POST /v1/sessions/refresh-cookies`.

use actix_web::{HttpResponse, http::StatusCode, post};

use crate::{
    extract::{Call, JsonBody, NoParameters, scope::SessionsWrite},
    openapi::problems::RefreshCookiesProblems,
    problem::Problem,
    routes::answer::{json, render},
    views::{RefreshCookiesRequest, RefreshedCookiesView},
};

/// Refresh the cookies of a provider's own session.
///
/// For providers that have sessions with browsers (Authara). However many ask at the same time, the provider is asked once,
/// and for 60 seconds whoever comes late gets the same answer. When the provider gives no clear answer, the problem says
/// `retryable: false`: the same cookie is refused from then on, because sending it again could end the session.
#[utoipa::path(
    tag = "sessions",
    operation_id = "refreshCookies",
    request_body = RefreshCookiesRequest,
    responses(
        (status = 200, description = "The next cookies.", body = RefreshedCookiesView),
        RefreshCookiesProblems,
    )
)]
#[post("/v1/sessions/refresh-cookies")]
pub(super) async fn refresh_cookies(
    call: Call<SessionsWrite, NoParameters, JsonBody<RefreshCookiesRequest>>,
) -> Result<HttpResponse, Problem> {
    let RefreshCookiesRequest { cookie, connection } = &call.body.0;
    let sessions = call.herald.sessions();
    let renewed = sessions.refresh_cookies(&call.tenant, cookie, connection.as_deref()).await?;
    Ok(json(StatusCode::OK, render(&RefreshedCookiesView::from(&renewed))?))
}
