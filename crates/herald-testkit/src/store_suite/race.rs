//! Many callers at once.

use std::sync::Arc;

use tokio::{sync::Barrier, task::JoinSet};

/// How many callers race.
pub(super) const RACERS: usize = 50;

/// Runs `call(0)` to `call(RACERS - 1)` at once and collects what they return.
pub(super) async fn race<T, F>(call: impl Fn(usize) -> F) -> Vec<T>
where
    T: Send + 'static,
    F: Future<Output = T> + Send + 'static,
{
    let line = Arc::new(Barrier::new(RACERS));
    let mut racers = JoinSet::new();
    for number in 0..RACERS {
        let (line, run) = (Arc::clone(&line), call(number));
        racers.spawn(async move {
            line.wait().await;
            run.await
        });
    }
    racers.join_all().await
}
