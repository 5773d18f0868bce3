//! What was heard and nobody has taken yet. Bounded: when it is full, everything in it becomes [`Change::Anything`].

use std::{
    collections::VecDeque,
    sync::{Mutex, MutexGuard, PoisonError},
};

use herald_core::store::Change;
use tokio::sync::Notify;

/// How many changes wait at most.
const MOST_WAITING: usize = 4096;

/// A queue for one listener.
#[derive(Debug, Default)]
pub(super) struct Queue {
    waiting: Mutex<VecDeque<Change>>,
    grown: Notify,
}

impl Queue {
    /// Adds a change.
    pub(super) fn push(&self, change: Change) {
        {
            let mut waiting = self.waiting();
            if change == Change::Anything || waiting.len() == MOST_WAITING {
                // It says more than everything that is waiting.
                waiting.clear();
                waiting.push_back(Change::Anything);
            } else {
                waiting.push_back(change);
            }
        }
        self.grown.notify_one();
    }

    /// Takes the oldest; waits for one.
    pub(super) async fn next(&self) -> Change {
        loop {
            let grown = self.grown.notified();
            let oldest = self.waiting().pop_front();
            match oldest {
                Some(change) => return change,
                None => grown.await,
            }
        }
    }

    fn waiting(&self) -> MutexGuard<'_, VecDeque<Change>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use herald_core::id::{LoginId, TenantId};

    use super::*;

    fn login(id: usize) -> Change {
        Change::Login { tenant: TenantId::parse("acme").unwrap(), id: LoginId::from_u128(id as u128) }
    }

    #[tokio::test]
    async fn changes_are_taken_in_order() {
        let queue = Queue::default();
        queue.push(login(1));
        queue.push(login(2));
        assert_eq!((queue.next().await, queue.next().await), (login(1), login(2)));
    }

    #[tokio::test]
    async fn a_full_queue_becomes_anything() {
        let queue = Queue::default();
        for i in 0..=MOST_WAITING {
            queue.push(login(i));
        }
        queue.push(login(0));
        assert_eq!((queue.next().await, queue.next().await), (Change::Anything, login(0)));
    }

    #[tokio::test]
    async fn who_waits_is_woken() {
        let queue = Queue::default();
        let push = async {
            tokio::task::yield_now().await;
            queue.push(login(1));
        };
        assert_eq!(futures_util::future::join(queue.next(), push).await.0, login(1));
    }
}
