//! A login as a stream of server-sent events: what the one for callers and the one for browsers have in common.

use std::sync::Arc;

use actix_web::{HttpResponseBuilder, http::header::CONTENT_TYPE, web::Bytes};
use futures_util::{Stream, stream};
use herald_app::{Herald, Watch};
use herald_core::login::Login;
use jiff::SignedDuration;

use crate::stopping::Stopping;

/// How often a comment shows that a silent stream lives. Proxies cut off what is silent for longer than they like.
const COMMENT_EVERY: SignedDuration = SignedDuration::from_secs(15);
const COMMENT: Bytes = Bytes::from_static(b":\n\n");

/// Makes this the head of a stream.
pub(crate) fn set_head(response: &mut HttpResponseBuilder) {
    // Nginx would otherwise keep the events until it has a bufferful.
    response.insert_header((CONTENT_TYPE, "text/event-stream")).insert_header(("X-Accel-Buffering", "no"));
}

/// One event. The data is one line.
pub(crate) fn event(kind: &str, id: Option<&str>, data: &[u8]) -> Bytes {
    let id = id.map_or_else(String::new, |id| format!("id: {id}\n"));
    [format!("event: {kind}\n{id}data: ").as_bytes(), data, b"\n\n"].concat().into()
}

/// A stream under way.
struct Line<F> {
    herald: Herald,
    watch: Watch,
    stopping: Stopping,
    tell: F,
    /// All is said.
    is_over: bool,
}

/// Tells of the login as it is and of every change, until it has ended or the process stops. `tell` makes the event; nothing when
/// whoever listens sees no change.
pub(crate) fn of_login<E>(
    herald: Herald,
    watch: Watch,
    stopping: Stopping,
    tell: impl FnMut(&Login) -> Result<Option<Bytes>, E>,
) -> impl Stream<Item = Result<Bytes, E>> {
    let line = Line { herald, watch, stopping, tell, is_over: false };
    stream::try_unfold(line, |mut line| async move {
        let said = line.next().await?;
        Ok(said.map(|said| (said, line)))
    })
}

impl<E, F: FnMut(&Login) -> Result<Option<Bytes>, E>> Line<F> {
    /// What to send next; nothing when the login or the process ends.
    async fn next(&mut self) -> Result<Option<Bytes>, E> {
        if self.is_over {
            return Ok(None);
        }
        let clock = Arc::clone(self.herald.clock());
        let mut silence = clock.sleep_until(clock.now() + COMMENT_EVERY);
        loop {
            let login = self.watch.current();
            if let Some(event) = (self.tell)(&login)? {
                self.is_over = login.status().is_final();
                return Ok(Some(event));
            }
            tokio::select! {
                biased;
                () = self.stopping.wait() => return Ok(None),
                _ = self.watch.changed() => {}
                () = &mut silence => return Ok(Some(COMMENT)),
            }
        }
    }
}
