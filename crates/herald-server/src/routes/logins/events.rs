//! `GET /v1/logins/{id}/events`: a login's changes as server-sent events.

use actix_web::{
    HttpResponse, get,
    web::{Bytes, Data},
};
use herald_core::login::Login;

use super::{path::PathLogin, shown::Shown};
use crate::{
    event_stream,
    extract::{Call, Etag, scope::LoginsRead},
    openapi::problems::StreamLoginProblems,
    problem::{ErrorCode, Problem},
    stopping::Stopping,
};

/// Follow a login.
///
/// Server-sent events: `event: login` with the login as data and its tag as `id`, first as it is and then at every change;
/// a comment every 15 seconds; the stream ends when the login is claimed or has ended.
#[utoipa::path(
    tag = "logins",
    operation_id = "streamLoginEvents",
    params(("id" = String, Path, description = "The login's id.")),
    responses(
        (status = 200, description = "The login's changes.", body = String, content_type = "text/event-stream"),
        StreamLoginProblems,
    )
)]
#[get("/v1/logins/{id}/events")]
pub(super) async fn stream_login_events(
    call: Call<LoginsRead, PathLogin>,
    stopping: Data<Stopping>,
) -> Result<HttpResponse, Problem> {
    if stopping.is_stopping() {
        return Err(Problem::new(ErrorCode::ShuttingDown, "The server is about to stop."));
    }
    let id = call.parameters.id()?;
    let watch = call.herald.logins().watch(&call.tenant, id).await?.ok_or_else(Problem::no_such_login)?;
    let mut response = HttpResponse::Ok();
    event_stream::set_head(&mut response);
    let mut shown = None;
    let tell = move |login: &Login| tell(login, &mut shown);
    let stopping = stopping.get_ref().clone();
    Ok(response.streaming(event_stream::of_login(call.herald, watch, stopping, tell)))
}

/// The event of the login as callers see it now; nothing when it was `shown` last.
fn tell(login: &Login, shown: &mut Option<Etag>) -> Result<Option<Bytes>, Problem> {
    let now = Shown::of(login)?;
    if shown.as_ref() == Some(&now.etag) {
        return Ok(None);
    }
    // A login's JSON has no line ends, so it is one line.
    let event = event_stream::event("login", Some(now.etag.as_str()), &now.body);
    *shown = Some(now.etag);
    Ok(Some(event))
}
