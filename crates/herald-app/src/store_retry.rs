//! A store that is away is asked again: for what must not be lost, and must not be left half known. Everybody else says that it
//! is away.

use std::error::Error;

use herald_core::{clock::Clock, store::StoreError};
use jiff::{SignedDuration, Timestamp};
use tokio_util::sync::CancellationToken;

use crate::{login::LoginError, notification::NotifyError, session::SessionError};

/// The first pause; each further one is twice as long, up to a bound.
const FIRST_PAUSE: SignedDuration = SignedDuration::from_millis(200);

/// Asks a store that is away again, after pauses that grow.
#[derive(Debug)]
pub(crate) struct StoreRetry<'a> {
    clock: &'a dyn Clock,
    pause: SignedDuration,
    longest: SignedDuration,
    hurry: Option<&'a CancellationToken>,
    complaint: Option<&'static str>,
}

impl<'a> StoreRetry<'a> {
    /// Pauses for `longest` at most.
    pub(crate) fn new(clock: &'a dyn Clock, longest: SignedDuration) -> Self {
        Self { clock, pause: FIRST_PAUSE.min(longest), longest, hurry: None, complaint: None }
    }

    /// Does not pause once this is cancelled.
    pub(crate) fn hurried_by(self, hurry: &'a CancellationToken) -> Self {
        Self { hurry: Some(hurry), ..self }
    }

    /// Logs this with the store's reason whenever it is going to ask again.
    pub(crate) fn saying(self, complaint: &'static str) -> Self {
        Self { complaint: Some(complaint), ..self }
    }

    /// Gives what the store says as soon as it is not away; that it is away only when the next pause would not be over before
    /// `until`, which is looked up every time.
    pub(crate) async fn ask<T, E: MayBeAway, F: Future<Output = Result<T, E>>>(
        &mut self,
        until: impl Fn() -> Timestamp,
        mut question: impl FnMut() -> F,
    ) -> Result<T, E> {
        loop {
            let answer = question().await;
            let Some(error) = answer.as_ref().err().and_then(MayBeAway::away) else { return answer };
            if self.clock.now() + self.pause >= until() {
                return answer;
            }
            if let Some(complaint) = self.complaint {
                tracing::warn!(%error, "{complaint}");
            }
            self.pause().await;
        }
    }

    /// Pauses, longer than the last time.
    pub(crate) async fn pause(&mut self) {
        let over = self.clock.sleep_until(self.clock.now() + self.pause);
        match self.hurry {
            Some(hurry) => tokio::select! {
                () = over => {}
                () = hurry.cancelled() => {}
            },
            None => over.await,
        }
        self.pause = (self.pause * 2).min(self.longest);
    }
}

/// An error that may be the store's being away.
pub(crate) trait MayBeAway {
    /// Why the store is away; nothing when it is not.
    fn away(&self) -> Option<&(dyn Error + Send + Sync + 'static)>;
}

macro_rules! may_be_away {
    ($($error:ty),*) => {$(
        impl MayBeAway for $error {
            fn away(&self) -> Option<&(dyn Error + Send + Sync + 'static)> {
                match self {
                    Self::Store(StoreError::Unavailable(reason)) => Some(reason.as_ref()),
                    _ => None,
                }
            }
        }
    )*};
}

may_be_away!(LoginError, NotifyError, SessionError);

#[cfg(test)]
#[path = "store_retry_tests.rs"]
mod tests;
