//! `GET /login/{id}/events`: the status of a login, live, for the browser that it is bound to. Nothing but the status.

use std::convert::Infallible;

use actix_web::{
    HttpRequest, HttpResponse,
    http::StatusCode,
    route,
    web::{self, Bytes},
};
use herald_app::Herald;
use herald_core::login::{Login, LoginStatus};

use super::{answer, binding, hosted, notice::Notice, visit::Visit};
use crate::{event_stream, stopping::Stopping};

#[route("/login/{id}/events", method = "GET", method = "HEAD")]
pub(super) async fn events(
    herald: web::Data<Herald>,
    stopping: web::Data<Stopping>,
    request: HttpRequest,
) -> HttpResponse {
    let visit = Visit::of(&request);
    if stopping.is_stopping() {
        return answer::stopping(visit.texts());
    }
    let login = match hosted::find(&herald, &request).await {
        Ok(found) => found.filter(|login| binding::is_bound(&herald, &visit, login)),
        Err(error) => return answer::trouble(visit.texts(), &error),
    };
    let unknown = || answer::html(StatusCode::NOT_FOUND, &Notice::no_such_login(visit.texts()));
    let Some(login) = login else { return unknown() };
    let mut response = answer::build(StatusCode::OK);
    event_stream::set_head(&mut response);
    if visit.is_head {
        return response.finish();
    }
    match herald.logins().watch_by_browser(&login).await {
        Ok(Some(watch)) => {
            let mut said = None;
            let tell = move |login: &Login| Ok::<_, Infallible>(tell(login, &mut said));
            let (herald, stopping) = (herald.get_ref().clone(), stopping.get_ref().clone());
            response.streaming(event_stream::of_login(herald, watch, stopping, tell))
        }
        Ok(None) => unknown(),
        Err(error) => answer::trouble(visit.texts(), &error),
    }
}

/// The event of this status; nothing when it was said last.
fn tell(login: &Login, said: &mut Option<LoginStatus>) -> Option<Bytes> {
    let status = login.status();
    let is_new = said.replace(status) != Some(status);
    is_new.then(|| event_stream::event("status", None, format!("{{\"status\":\"{status}\"}}").as_bytes()))
}
