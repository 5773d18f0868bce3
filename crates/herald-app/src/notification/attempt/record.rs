//! The record that says `sending`: who finds it knows that something may have been sent.

use herald_core::{failpoint, notification::Notification, store::StoreError};
use jiff::Timestamp;

use super::{Attempt, LONGEST_PAUSE, Tried};
use crate::{
    hub::Kept,
    notification::{Notifications, NotifyError, gate::Permit},
    store_retry::StoreRetry,
    work::Left,
};

/// What became of a record that says `sending`.
pub(super) enum Recorded {
    /// It is stored. Without a permit, nothing is to be sent under it.
    Taken(Kept<Notification>, Option<Box<Permit>>),
    /// It is not, and never will be. Nothing was sent.
    Never(Tried),
}

impl Notifications {
    /// Makes the record durable, before the first byte leaves.
    pub(super) async fn record(
        &self,
        attempt: Attempt<'_>,
        sending: Notification,
        permit: Permit,
    ) -> Result<Recorded, NotifyError> {
        failpoint::pass("K4");
        match self.book.save(attempt.kept.version, sending.clone()).await {
            Ok(Some(sending)) => Ok(Recorded::Taken(sending, Some(Box::new(permit)))),
            Ok(None) => Ok(Recorded::Never(Tried::Left(Left::Free))),
            Err(NotifyError::Store(StoreError::Unavailable(error))) => {
                tracing::warn!(%error, "the store did not take the record of a send; nothing is sent");
                drop(permit);
                self.fence(attempt, &sending).await
            }
            Err(error) => Err(error),
        }
    }

    /// Makes sure what became of a record of which the store did not say whether it took it: a store that was away may take it
    /// late, and then nobody would know that nothing was sent. Where it has not taken it, the notification is stored as it was,
    /// which the late one does not outlive.
    async fn fence(&self, attempt: Attempt<'_>, sending: &Notification) -> Result<Recorded, NotifyError> {
        let Attempt { kept, stop, .. } = attempt;
        // Once more when everything stops, and then no more.
        let until = || if stop.is_cancelled() { Timestamp::MIN } else { Timestamp::MAX };
        let mut retry = StoreRetry::new(self.context.clock.as_ref(), LONGEST_PAUSE).hurried_by(stop);
        loop {
            retry.pause().await;
            // Nothing: the late one has come between.
            if let Some(fenced) = retry.ask(until, || self.fenced(kept, sending)).await? {
                return Ok(fenced);
            }
        }
    }

    async fn fenced(
        &self,
        kept: &Kept<Notification>,
        sending: &Notification,
    ) -> Result<Option<Recorded>, NotifyError> {
        let Some(found) = self.book.load(&sending.tenant, sending.id).await? else {
            return Ok(Some(Recorded::Never(Tried::Left(Left::Free))));
        };
        if *found.value == *sending {
            return Ok(Some(Recorded::Taken(found, None)));
        }
        if found.version != kept.version {
            // Written by somebody, or by us when the store did not say so: it is past the late one either way.
            return Ok(Some(Recorded::Never(Tried::Now(found))));
        }
        let fence = self.book.save(kept.version, Notification::clone(&kept.value)).await?;
        Ok(fence.map(|kept| Recorded::Never(Tried::Now(kept))))
    }
}
