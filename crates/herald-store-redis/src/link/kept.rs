//! Something that many use, that one of them makes when it is first needed, and anew when it was found broken.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use tokio::sync::OnceCell;

use super::fault::Fault;

/// After a failure everybody gets that failure for this long, so that a server that is away is not overrun when it comes
/// back, and costs nobody more than the one attempt that is under way.
const PAUSE: Duration = Duration::from_millis(100);

/// What is kept, or the last failure to make it.
#[derive(Debug)]
pub(super) struct Kept<T> {
    current: Mutex<Arc<Attempt<T>>>,
}

/// One attempt to make it, which everybody who comes meanwhile waits for.
type Attempt<T> = OnceCell<Outcome<T>>;

#[derive(Debug)]
struct Outcome<T> {
    result: Result<T, Fault>,
    made_at: Instant,
}

/// What was kept when it was asked for.
#[derive(Debug)]
pub(super) struct Lent<T> {
    pub(super) value: T,
    pub(super) age: Duration,
    attempt: Arc<Attempt<T>>,
}

impl<T: Clone> Kept<T> {
    /// What is kept; made by `make` if nothing is. Of many callers at a time one makes it; if that one gives up, another does.
    pub(super) async fn get<F>(&self, make: impl FnOnce() -> F) -> Result<Lent<T>, Fault>
    where
        F: Future<Output = Result<T, Fault>>,
    {
        let attempt = self.attempt();
        let make = async || Outcome { result: make().await, made_at: Instant::now() };
        let outcome = attempt.get_or_init(make).await;
        let (value, age) = (outcome.result.clone()?, outcome.made_at.elapsed());
        Ok(Lent { value, age, attempt })
    }

    /// What is kept, if something is.
    pub(super) fn peek(&self) -> Option<T> {
        self.current().get().and_then(|outcome| outcome.result.as_ref().ok().cloned())
    }

    /// Keeps this no longer. Does nothing if it was replaced already.
    pub(super) fn discard(&self, lent: &Lent<T>) {
        let mut current = self.current();
        if Arc::ptr_eq(&current, &lent.attempt) {
            *current = Arc::default();
        }
    }

    /// Keeps `other`, which was lent elsewhere, in place of this one. Does nothing if it was replaced already.
    pub(super) fn replace(&self, lent: &Lent<T>, other: &Lent<T>) {
        let mut current = self.current();
        if Arc::ptr_eq(&current, &lent.attempt) {
            *current = Arc::clone(&other.attempt);
        }
    }

    fn attempt(&self) -> Arc<Attempt<T>> {
        let mut current = self.current();
        let is_over = |outcome: &Outcome<T>| outcome.result.is_err() && outcome.made_at.elapsed() >= PAUSE;
        if current.get().is_some_and(is_over) {
            *current = Arc::default();
        }
        Arc::clone(&current)
    }

    fn current(&self) -> MutexGuard<'_, Arc<Attempt<T>>> {
        self.current.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T> Default for Kept<T> {
    fn default() -> Self {
        Self { current: Mutex::new(Arc::new(OnceCell::new())) }
    }
}

#[cfg(test)]
impl<T> Lent<T> {
    /// Lent by nobody, of no age.
    pub(super) fn of(value: T) -> Self {
        Self { value, age: Duration::ZERO, attempt: Arc::default() }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    #[tokio::test]
    async fn many_callers_make_one() {
        let (kept, count) = (Kept::default(), AtomicU32::new(0));
        let get = async || {
            let make = async || {
                tokio::task::yield_now().await;
                Ok(count.fetch_add(1, Ordering::Relaxed))
            };
            kept.get(make).await.unwrap().value
        };
        assert_eq!(futures_util::future::join3(get(), get(), get()).await, (0, 0, 0));
    }

    #[tokio::test]
    async fn what_was_discarded_is_made_anew_once() {
        let kept = Kept::default();
        let first = kept.get(async || Ok(1)).await.unwrap();
        kept.discard(&first);
        let second = kept.get(async || Ok(2)).await.unwrap();
        // Somebody who still had the first finds out later.
        kept.discard(&first);
        assert_eq!((second.value, kept.get(async || Ok(3)).await.unwrap().value), (2, 2));
    }

    #[tokio::test]
    async fn another_takes_the_place_of_one_that_is_still_kept() {
        let (kept, spare) = (Kept::default(), Kept::default());
        let first = kept.get(async || Ok(1)).await.unwrap();
        let other = spare.get(async || Ok(2)).await.unwrap();
        kept.replace(&first, &other);
        spare.discard(&other);
        assert_eq!(kept.get(async || Ok(3)).await.unwrap().value, 2);
        // Somebody else was faster.
        let late = spare.get(async || Ok(4)).await.unwrap();
        kept.replace(&first, &late);
        assert_eq!(kept.get(async || Ok(5)).await.unwrap().value, 2);
    }

    #[tokio::test]
    async fn a_failure_is_everybodys_for_a_while_and_then_tried_again() {
        let kept = Kept::default();
        assert_eq!(
            kept.get(async || Err(Fault::Late)).await.map(|lent: Lent<u32>| lent.value),
            Err(Fault::Late)
        );
        assert_eq!(kept.get(async || Ok(1)).await.map(|lent| lent.value), Err(Fault::Late));
        while kept.get(async || Ok(1)).await.is_err() {
            tokio::task::yield_now().await;
        }
    }

    #[tokio::test]
    async fn who_gives_up_leaves_the_work_to_the_next() {
        let kept = Kept::default();
        let hangs = kept.get(std::future::pending::<Result<u32, Fault>>);
        assert!(tokio::time::timeout(Duration::from_millis(1), hangs).await.is_err());
        assert_eq!(kept.get(async || Ok(1)).await.unwrap().value, 1);
    }
}
