//! How everything that waits learns that the process is about to end.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
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
