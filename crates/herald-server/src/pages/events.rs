//! `GET /login/{id}/events`: the status of a login, live, for the browser that it is bound to. Nothing but the status.

use std::{convert::Infallible, sync::Arc};

use actix_web::{
    HttpRequest, HttpResponse,
    http::{StatusCode, header::CONTENT_TYPE},
    route,
    web::{self, Bytes},
};
use futures_util::{Stream, stream};
use herald_app::{Herald, Watch};
use herald_core::{clock::Clock, login::LoginStatus};
use jiff::SignedDuration;

use super::{answer, binding, hosted, notice::Notice, visit::Visit};
use crate::stopping::Stopping;

/// How often a comment shows proxies that the line is alive.
const COMMENT_EVERY: SignedDuration = SignedDuration::from_secs(15);

#[route("/login/{id}/events", method = "GET", method = "HEAD")]
pub(super) async fn events(
    herald: web::Data<Herald>,
    stopping: web::Data<Stopping>,
    request: HttpRequest,
) -> HttpResponse {
    let visit = Visit::of(&request);
    let login = match hosted::find(&herald, &request).await {
        Ok(found) => found.filter(|login| binding::is_bound(&herald, &visit, login)),
        Err(error) => return answer::trouble(visit.texts(), &error),
    };
    let unknown = || answer::html(StatusCode::NOT_FOUND, &Notice::no_such_login(visit.texts()));
    let Some(login) = login else { return unknown() };
    let mut response = answer::build(StatusCode::OK);
    // Nginx would otherwise keep the events until it has a bufferful.
    response.insert_header((CONTENT_TYPE, "text/event-stream")).insert_header(("X-Accel-Buffering", "no"));
    if visit.is_head {
        return response.finish();
    }
    match herald.logins().watch_by_browser(&login).await {
        Ok(Some(watch)) => {
            response.streaming(stream_of(watch, Arc::clone(herald.clock()), stopping.get_ref().clone()))
        }
        Ok(None) => unknown(),
        Err(error) => answer::trouble(visit.texts(), &error),
    }
}

/// A line that is being kept open.
struct Line {
    watch: Watch,
    clock: Arc<dyn Clock>,
    stopping: Stopping,
    said: Option<LoginStatus>,
}

fn stream_of(
    watch: Watch,
    clock: Arc<dyn Clock>,
    stopping: Stopping,
) -> impl Stream<Item = Result<Bytes, Infallible>> {
    let line = Line { watch, clock, stopping, said: None };
    stream::unfold(line, |mut line| async move { line.next().await.map(|bytes| (Ok(bytes), line)) })
}

impl Line {
    /// What to send next; nothing when the login or the process ends.
    async fn next(&mut self) -> Option<Bytes> {
        let comment_at = self.clock.now() + COMMENT_EVERY;
        loop {
            let status = self.watch.current().status();
            if self.said != Some(status) {
                self.said = Some(status);
                return Some(Bytes::from(format!("event: status\ndata: {{\"status\":\"{status}\"}}\n\n")));
            }
            if status.is_final() {
                return None;
            }
            tokio::select! {
                _ = self.watch.changed() => {}
                () = self.clock.sleep_until(comment_at) => return Some(Bytes::from_static(b":\n\n")),
                () = self.stopping.wait() => return None,
            }
        }
    }
}
