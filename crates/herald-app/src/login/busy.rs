//! Which logins this replica is busy with right now.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex, PoisonError},
};

use herald_core::id::LoginId;
use tokio::sync::Notify;

/// The logins that this process does one kind of work for. A deadline says when whoever does the work counts as dead; who is in
/// here is not, whatever the clock says.
#[derive(Clone, Debug, Default)]
pub(super) struct Busy(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    logins: Mutex<HashSet<LoginId>>,
    left: Notify,
}

/// Held while the work is done.
#[derive(Debug)]
pub(super) struct Entered {
    busy: Busy,
    id: LoginId,
}

impl Busy {
    fn logins(&self) -> std::sync::MutexGuard<'_, HashSet<LoginId>> {
        self.0.logins.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes that the work is begun; nothing if it is being done already.
    pub(super) fn enter(&self, id: LoginId) -> Option<Entered> {
        self.logins().insert(id).then(|| Entered { busy: self.clone(), id })
    }

    /// Is the work being done?
    pub(super) fn contains(&self, id: LoginId) -> bool {
        self.logins().contains(&id)
    }

    /// Waits until the work is over.
    pub(super) async fn left(&self, id: LoginId) {
        loop {
            let left = self.0.left.notified();
            tokio::pin!(left);
            left.as_mut().enable();
            if !self.contains(id) {
                return;
            }
            left.await;
        }
    }
}

impl Drop for Entered {
    fn drop(&mut self) {
        self.busy.logins().remove(&self.id);
        self.busy.0.left.notify_waiters();
    }
}
