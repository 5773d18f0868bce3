//! Who may begin, and how many are done: what callers of all kinds count by.

use std::{
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use tokio::sync::{Semaphore, watch};

/// So many turns, of which none may be taken before [`Turns::allow`].
pub(crate) struct Turns {
    allowed: Semaphore,
    taken: AtomicUsize,
    count: usize,
    done: watch::Sender<usize>,
    faults: Mutex<Vec<String>>,
}

impl Turns {
    pub(crate) fn new(count: usize) -> Self {
        Self {
            allowed: Semaphore::new(0),
            taken: AtomicUsize::new(0),
            count,
            done: watch::Sender::new(0),
            faults: Mutex::default(),
        }
    }

    /// Lets so many more begin.
    pub(crate) fn allow(&self, more: usize) {
        self.allowed.add_permits(more);
    }

    /// The number of the next turn, as soon as it may be taken; nothing when all are.
    pub(crate) async fn next(&self) -> Option<usize> {
        self.allowed.acquire().await.ok()?.forget();
        let number = self.taken.fetch_add(1, Ordering::SeqCst);
        (number < self.count).then_some(number)
    }

    /// One is done.
    pub(crate) fn is_done(&self) {
        self.done.send_modify(|done| *done += 1);
    }

    /// How many are done so far.
    pub(crate) fn done(&self) -> usize {
        *self.done.borrow()
    }

    /// Waits until so many are done; false when that takes longer than `patience`.
    pub(crate) async fn are_done(&self, count: usize, patience: Duration) -> bool {
        let mut done = self.done.subscribe();
        let wait = done.wait_for(|done| *done >= count);
        tokio::time::timeout(patience, wait).await.is_ok_and(|waited| waited.is_ok())
    }

    /// Notes what no caller should see.
    pub(crate) fn fault(&self, fault: String) {
        self.faults.lock().unwrap_or_else(PoisonError::into_inner).push(fault);
    }

    /// What was noted.
    pub(crate) fn faults(&self) -> Vec<String> {
        self.faults.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
