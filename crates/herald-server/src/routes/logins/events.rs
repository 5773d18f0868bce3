//! `GET /v1/logins/{id}/events`: a login's changes as server-sent events.

use actix_web::{
    HttpResponse, get,
    http::header::{ContentType, HeaderValue},
    mime,
    web::{Bytes, Data},
};
use futures_util::{Stream, stream};
use herald_app::{Herald, Watch};
use herald_core::login::LoginStatus;
use jiff::SignedDuration;

use super::{path::PathLogin, shown::Shown};
use crate::{
    extract::{Call, Etag, scope::LoginsRead},
    openapi::problems::StreamLoginProblems,
    problem::{ErrorCode, Problem},
    stopping::Stopping,
};

/// How often a silent stream shows that it lives, in seconds.
const COMMENT_SECONDS: i64 = 15;

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
    response.content_type(ContentType(mime::TEXT_EVENT_STREAM));
    // nginx would keep the events back.
    response.insert_header(("x-accel-buffering", HeaderValue::from_static("no")));
    Ok(response.streaming(events(call.herald, watch, stopping)))
}

/// A stream under way.
struct Events {
    herald: Herald,
    watch: Watch,
    stopping: Data<Stopping>,
    /// What was shown last.
    shown: Option<Etag>,
    /// All is said.
    is_over: bool,
}

/// What the stream says next.
enum Next {
    Event(Shown, LoginStatus),
    Silence,
    End,
}

impl Events {
    async fn next(&mut self) -> Result<Next, Problem> {
        if self.is_over {
            return Ok(Next::End);
        }
        if self.shown.is_none() {
            let login = self.watch.current();
            return Ok(Next::Event(Shown::of(&login)?, login.status()));
        }
        let clock = self.herald.clock();
        let mut silence = clock.sleep_until(clock.now() + SignedDuration::from_secs(COMMENT_SECONDS));
        loop {
            tokio::select! {
                biased;
                () = self.stopping.wait() => return Ok(Next::End),
                login = self.watch.changed() => {
                    let shown = Shown::of(&login)?;
                    // A change that callers cannot see is none.
                    if self.shown.as_ref() != Some(&shown.etag) {
                        return Ok(Next::Event(shown, login.status()));
                    }
                }
                () = &mut silence => return Ok(Next::Silence),
            }
        }
    }
}

fn events(
    herald: Herald,
    watch: Watch,
    stopping: Data<Stopping>,
) -> impl Stream<Item = Result<Bytes, Problem>> {
    let events = Events { herald, watch, stopping, shown: None, is_over: false };
    stream::try_unfold(events, |mut events| async move {
        Ok(match events.next().await? {
            Next::Event(shown, status) => {
                let event = event(&shown);
                events.shown = Some(shown.etag);
                events.is_over = status.is_final();
                Some((event, events))
            }
            Next::Silence => Some((Bytes::from_static(b":\n\n"), events)),
            Next::End => None,
        })
    })
}

/// One event. A login's JSON has no line ends, so it is one `data` line.
fn event(shown: &Shown) -> Bytes {
    let mut event = format!("event: login\nid: {}\ndata: ", shown.etag.as_str()).into_bytes();
    event.extend_from_slice(&shown.body);
    event.extend_from_slice(b"\n\n");
    event.into()
}
