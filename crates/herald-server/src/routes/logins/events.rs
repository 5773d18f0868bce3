//! `GET /v1/logins/{id}/events`: a login's changes as server-sent events.

use actix_web::{
    HttpRequest, HttpResponse, get,
    http::header::{ContentType, HeaderValue},
    web::{Bytes, Data},
};
use futures_util::{Stream, stream};
use herald_app::{Herald, Tenant, Watch};
use herald_core::{id::LoginId, login::Login};
use jiff::SignedDuration;

use super::shown::Shown;
use crate::{
    extract::{Call, Parameters, path_id, scope::LoginsRead},
    openapi::problems::StreamLoginProblems,
    problem::{ErrorCode, Problem},
    stopping::Stopping,
};

/// How often a silent stream shows that it lives, in seconds.
const COMMENT_SECONDS: i64 = 15;

struct Which(Option<LoginId>);

impl Parameters for Which {
    fn read(request: &HttpRequest, _: &Tenant) -> Result<Self, Problem> {
        Ok(Self(path_id(request, LoginId::parse)))
    }
}

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
    call: Call<LoginsRead, Which>,
    stopping: Data<Stopping>,
) -> Result<HttpResponse, Problem> {
    if stopping.is_stopping() {
        return Err(Problem::new(ErrorCode::ShuttingDown, "The server is about to stop."));
    }
    let id = call.parameters.0.ok_or_else(Problem::no_such_login)?;
    let watch = call.herald.logins().watch(&call.tenant, id).await?.ok_or_else(Problem::no_such_login)?;
    let mut response = HttpResponse::Ok();
    response.content_type(ContentType(mime()));
    // nginx would keep the events back.
    response.insert_header(("x-accel-buffering", HeaderValue::from_static("no")));
    Ok(response.streaming(events(call.herald, watch, stopping)))
}

fn mime() -> actix_web::mime::Mime {
    actix_web::mime::TEXT_EVENT_STREAM
}

/// Where a stream is.
enum State {
    /// The next event is the login as it is.
    Show,
    /// Something has to happen first.
    Wait,
    /// All is said.
    End,
}

fn events(
    herald: Herald,
    watch: Watch,
    stopping: Data<Stopping>,
) -> impl Stream<Item = Result<Bytes, Problem>> + use<> {
    stream::unfold((State::Show, herald, watch, stopping), |(state, herald, mut watch, stopping)| async move {
        let login = match state {
            State::Show => watch.current(),
            State::Wait => {
                let clock = herald.clock();
                let silence = clock.sleep_until(clock.now() + SignedDuration::from_secs(COMMENT_SECONDS));
                tokio::select! {
                    biased;
                    () = stopping.wait() => return None,
                    login = watch.changed() => login,
                    () = silence => {
                        return Some((Ok(Bytes::from_static(b":\n\n")), (State::Wait, herald, watch, stopping)));
                    }
                }
            }
            State::End => return None,
        };
        let next = if login.status().is_final() { State::End } else { State::Wait };
        Some((event(&login), (next, herald, watch, stopping)))
    })
}

/// One event. A login's JSON has no line ends, so it is one `data` line.
fn event(login: &Login) -> Result<Bytes, Problem> {
    let Shown { etag, body } = Shown::of(login)?;
    let mut event = format!("event: login\nid: {}\ndata: ", etag.as_str()).into_bytes();
    event.extend_from_slice(&body);
    event.extend_from_slice(b"\n\n");
    Ok(event.into())
}
