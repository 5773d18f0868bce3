//! Work that must not stop half way because its caller hung up.

use std::future::Future;

use tokio::runtime::Handle;
use tokio_util::task::TaskTracker;

/// Runs work on the application's own runtime and keeps count of it, so that a shutdown can wait for what runs.
#[derive(Clone, Debug)]
pub struct Tasks {
    runtime: Handle,
    tracker: TaskTracker,
}

/// The task panicked; what it was doing is told by the log.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("a task of the application broke down")]
pub struct TaskLost;

impl Tasks {
    /// Tasks on the runtime that this is called on.
    pub fn here() -> Self {
        Self { runtime: Handle::current(), tracker: TaskTracker::new() }
    }

    /// Runs `work` to its end, whether or not the caller waits for it.
    pub async fn finish<T: Send + 'static>(
        &self,
        work: impl Future<Output = T> + Send + 'static,
    ) -> Result<T, TaskLost> {
        self.tracker.spawn_on(work, &self.runtime).await.map_err(|_| TaskLost)
    }

    /// Runs `work` with nobody waiting.
    pub fn spawn(&self, work: impl Future<Output = ()> + Send + 'static) {
        self.tracker.spawn_on(work, &self.runtime);
    }

    /// Is it waited for what still runs? Then nothing is to be tried for much longer.
    pub fn is_draining(&self) -> bool {
        self.tracker.is_closed()
    }

    /// Waits until everything that was started has ended.
    pub async fn drained(&self) {
        self.tracker.close();
        self.tracker.wait().await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn work_goes_on_when_its_caller_is_gone() {
        let tasks = Tasks::here();
        let (go, gone) = tokio::sync::oneshot::channel::<()>();
        let (done, is_done) = tokio::sync::oneshot::channel::<()>();
        let work = tasks.finish(async move {
            let _ = gone.await;
            let _ = done.send(());
        });
        drop(tokio::time::timeout(std::time::Duration::ZERO, work).await);
        go.send(()).unwrap();
        is_done.await.unwrap();
        assert!(!tasks.is_draining());
        tasks.drained().await;
        assert!(tasks.is_draining());
    }
}
