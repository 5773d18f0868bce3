//! How everything that waits learns that the process is about to end, and in what order it ends.

use std::{
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use tokio_util::sync::CancellationToken;

/// Cancelled when the process was told to stop. Shared with every handler as `web::Data<Stopping>`.
///
/// A handler that waits (a long poll, server-sent events) selects on [`Stopping::wait`] beside what it waits for and
/// answers with what it has: what is open after 30 s is cut off.
#[derive(Clone, Debug, Default)]
pub struct Stopping {
    token: CancellationToken,
    /// The same without the token's lock, for whoever asks at every request.
    is_stopping: Arc<AtomicBool>,
}

impl Stopping {
    /// A process that was not told to stop yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Was the process told to stop?
    pub fn is_stopping(&self) -> bool {
        self.is_stopping.load(Ordering::Acquire)
    }

    /// Waits until the process is told to stop.
    pub async fn wait(&self) {
        self.token.cancelled().await;
    }

    /// Tells everything that waits; cannot be taken back.
    pub fn stop(&self) {
        // First, so that whoever is woken sees it.
        self.is_stopping.store(true, Ordering::Release);
        self.token.cancel();
    }
}

/// Waits until requests and background are done. The background is told to end when the requests are over, because it finishes
/// what they began, or when it is `late` and some still run: those finish by themselves.
pub(crate) async fn wind_down<T>(
    requests: impl Future<Output = ()>,
    late: impl Future<Output = ()>,
    end_background: &CancellationToken,
    background: impl Future<Output = T>,
) {
    let mut requests = pin!(requests);
    let are_over = tokio::select! {
        biased;
        () = &mut requests => true,
        () = late => false,
    };
    end_background.cancel();
    if !are_over {
        requests.await;
    }
    background.await;
}

#[cfg(test)]
mod tests {
    use std::future::{pending, ready};

    use futures_util::FutureExt as _;
    use tokio::sync::oneshot;

    use super::*;

    #[tokio::test]
    async fn a_request_that_takes_long_is_waited_for_and_does_not_keep_the_background_from_ending() {
        let end_background = CancellationToken::new();
        let (answer, answered) = oneshot::channel::<()>();
        let requests = async { drop(answered.await) };
        let mut ending = pin!(wind_down(requests, ready(()), &end_background, end_background.cancelled()));
        assert!(ending.as_mut().now_or_never().is_none(), "the request runs");
        assert!(end_background.is_cancelled());
        answer.send(()).unwrap();
        assert!(ending.now_or_never().is_some());
    }

    #[tokio::test]
    async fn the_background_ends_after_the_requests_and_is_waited_for() {
        let end_background = CancellationToken::new();
        let (answer, answered) = oneshot::channel::<()>();
        let (finish, finished) = oneshot::channel::<()>();
        let requests = async { drop(answered.await) };
        let mut ending = pin!(wind_down(requests, pending(), &end_background, finished));
        assert!(ending.as_mut().now_or_never().is_none());
        assert!(!end_background.is_cancelled(), "a request runs, and may begin something");
        answer.send(()).unwrap();
        assert!(ending.as_mut().now_or_never().is_none(), "the background has something to finish");
        assert!(end_background.is_cancelled());
        finish.send(()).unwrap();
        assert!(ending.now_or_never().is_some());
    }
}
