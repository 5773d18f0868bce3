//! One try to send: the record that says `sending` is durable before the first byte leaves, and the outcome is stored on
//! condition that the record is still ours.

use std::{panic::AssertUnwindSafe, time::Duration};

use futures_util::FutureExt as _;
use herald_core::{
    error::{ErrorKind, ProviderError, Retry},
    failpoint,
    notification::Notification,
    notifier::{Notifier, Receipt, Recipient, SendKey},
    provider::{ProviderAccount, ProviderName},
    store::StoreError,
};
use jiff::{SignedDuration, Timestamp};
use tokio_util::sync::CancellationToken;

use super::{
    Notifications, NotifyError,
    deliver::{advanced, record},
    lanes::Full,
    policy::{self, Way},
    stops::{Chosen, hop_timeout},
};
use crate::{hub::Kept, tenant::Tenant, work::Left};

/// How long a `sending` record is believed beyond the time-out of the send itself.
const SEND_MARGIN: SignedDuration = SignedDuration::from_secs(5);
/// How long to wait before a store that is away is asked again, at first; twice as long each time, up to the longest.
const PAUSE: SignedDuration = SignedDuration::from_millis(200);
const LONGEST_PAUSE: SignedDuration = SignedDuration::from_secs(5);

/// What became of a try.
#[derive(Debug)]
pub(super) enum Tried {
    /// It is as this says now.
    Now(Kept<Notification>),
    /// It waited for a place at the stop until its time was over, there or altogether.
    Waited,
    /// It is left as it is.
    Left(Left),
}

/// What became of a record that says `sending` and of which the store did not say whether it took it. Nothing was sent.
enum Fenced {
    /// It is stored.
    Taken(Kept<Notification>),
    /// It will never be.
    Never(Tried),
}

impl Notifications {
    /// One try.
    pub(super) async fn attempt(
        &self,
        kept: &Kept<Notification>,
        tenant: &Tenant,
        chosen: &Chosen,
        stop: &CancellationToken,
    ) -> Result<Tried, NotifyError> {
        let Chosen { hop, connection, recipient, is_repeat, next } = chosen;
        let Some(notifier) = &connection.notifier else { return Ok(Tried::Left(Left::Free)) };
        let (width, now) = (notifier.concurrency(), self.context.clock.now());
        // Waited for before the record says `sending`: what waits here has surely not been sent.
        let _place = tokio::select! {
            place = self.lanes.enter(&tenant.id, &connection.id, width, most_waiting(tenant)) => match place {
                Ok(place) => place,
                Err(Full(pause)) => return Ok(Tried::Left(Left::Until(self.context.clock.now() + pause))),
            },
            () = self.context.clock.sleep_until(patient_until(&kept.value, tenant, chosen, now)) => {
                return Ok(Tried::Waited);
            }
            // What has not begun when everything stops is left to the next start.
            () = stop.cancelled() => return Ok(Tried::Left(Left::Free)),
        };
        // The gate may have closed meanwhile. It is asked last: what it lets through is sent.
        let Ok(permit) = self.gates.pass(&tenant.id, connection, kept.value.id, *is_repeat) else {
            // Another stop may be open.
            return Ok(Tried::Now(kept.clone()));
        };
        let now = self.context.clock.now();
        if kept.value.expires_at <= now {
            return Ok(Tried::Now(kept.clone()));
        }
        let patience =
            SignedDuration::try_from(notifier.send_timeout()).unwrap_or(SignedDuration::from_mins(1));
        let deadline = now + patience + SEND_MARGIN;
        let Ok(sending) = Notification::clone(&kept.value).start_attempt(*hop, now, deadline) else {
            return Ok(Tried::Left(Left::Free));
        };
        failpoint::pass("K4");
        // Durable before the first byte: who finds this record knows that something may have been sent.
        let (sending, permit) = match self.book.save(kept.version, sending.clone()).await {
            Ok(Some(sending)) => (sending, Some(permit)),
            Ok(None) => return Ok(Tried::Left(Left::Free)),
            Err(NotifyError::Store(StoreError::Unavailable(error))) => {
                tracing::warn!(%error, "the store did not take the record of a send; nothing is sent");
                drop(permit);
                match self.fence(kept, &sending, stop).await? {
                    Fenced::Taken(sending) => (sending, None),
                    Fenced::Never(tried) => return Ok(tried),
                }
            }
            Err(error) => return Err(error),
        };
        failpoint::pass("K5");

        let left = deadline.duration_since(self.context.clock.now()) - SignedDuration::from_secs(1);
        let permit = permit.filter(|_| left >= patience);
        let result = if permit.is_some() {
            send_in_time(notifier.as_ref(), recipient, &sending.value, left, connection.account()).await
        } else {
            // Storing the record took so long that the outcome might come too late to be stored. Nothing is begun.
            let retry = Retry::After(Duration::from_secs(1));
            Err(fault(&connection.account().provider, ErrorKind::Timeout, retry, "the record took too long"))
        };
        failpoint::pass("K8");
        let news = permit.and_then(|permit| permit.ended(result.as_ref().err()));
        let now = self.context.clock.now();
        let way = Way {
            honours_key: notifier.honours_key() && !policy::is_forgotten(&sending.value, now),
            next: *next,
            hop_timeout: hop_timeout(tenant),
            entropy: self.context.entropy.as_ref(),
        };
        let next = policy::after(&sending.value, result.as_ref().cloned(), way, now);
        record(&sending.value, connection, result.as_ref().err(), &next);
        let Some(done) = advanced(&sending.value, next, now) else {
            return Ok(Tried::Left(Left::Free));
        };
        let saved = self.save_surely(sending.version, done, deadline, stop).await;
        if let Some(news) = news {
            self.gates.tell(&tenant.id, news).await;
        }
        let Some(saved) = saved? else {
            metrics::counter!("herald_late_outcomes_total").increment(1);
            tracing::warn!(tenant.id = %tenant.id, notification.id = %kept.value.id, "the outcome of a send came too late: another replica has taken its sender for dead");
            return Ok(Tried::Left(Left::Free));
        };
        Ok(Tried::Now(saved))
    }

    /// Makes sure what became of a record that says `sending`: a store that was away may take it late, and then nobody would
    /// know that nothing was sent. Where it has not taken it, the notification is stored as it was, which the late one does not
    /// outlive.
    async fn fence(
        &self,
        kept: &Kept<Notification>,
        sending: &Notification,
        stop: &CancellationToken,
    ) -> Result<Fenced, NotifyError> {
        let mut pause = PAUSE;
        loop {
            tokio::select! {
                () = self.context.clock.sleep_until(self.context.clock.now() + pause) => {}
                () = stop.cancelled() => {}
            }
            match self.fenced(kept, sending).await {
                Ok(Some(fenced)) => return Ok(fenced),
                // The late one has come between.
                Ok(None) => {}
                Err(NotifyError::Store(StoreError::Unavailable(_))) if !stop.is_cancelled() => {
                    pause = (pause * 2).min(LONGEST_PAUSE);
                }
                Err(error) => return Err(error),
            }
        }
    }

    async fn fenced(
        &self,
        kept: &Kept<Notification>,
        sending: &Notification,
    ) -> Result<Option<Fenced>, NotifyError> {
        let Some(found) = self.book.load(&sending.tenant, sending.id).await? else {
            return Ok(Some(Fenced::Never(Tried::Left(Left::Free))));
        };
        if *found.value == *sending {
            return Ok(Some(Fenced::Taken(found)));
        }
        if found.version != kept.version {
            // Written by somebody, or by us when the store did not say so: it is past the late one either way.
            return Ok(Some(Fenced::Never(Tried::Now(found))));
        }
        let fence = self.book.save(kept.version, Notification::clone(&kept.value)).await?;
        Ok(fence.map(|kept| Fenced::Never(Tried::Now(kept))))
    }

    /// Saves an outcome, which must not be lost: a store that is away is asked again for as long as the process runs, and when
    /// that stops, until the record that says `sending` is over. That nobody wrote meanwhile is guarded by its version.
    async fn save_surely(
        &self,
        seen: u64,
        done: Notification,
        until: Timestamp,
        stop: &CancellationToken,
    ) -> Result<Option<Kept<Notification>>, NotifyError> {
        let mut saved = self.book.save(seen, done.clone()).await;
        let mut pause = PAUSE;
        loop {
            let now = self.context.clock.now();
            match saved {
                Err(NotifyError::Store(StoreError::Unavailable(error)))
                    if !stop.is_cancelled() || now + pause < until =>
                {
                    tracing::warn!(%error, "the store did not take an outcome; it is asked again");
                    self.context.clock.sleep_until(now + pause).await;
                    pause = (pause * 2).min(LONGEST_PAUSE);
                    saved = self.book.save_again(seen, done.clone()).await;
                }
                saved => return saved,
            }
        }
    }
}

/// Until when it is worth waiting for a place at a stop: until its time is over, there or altogether.
fn patient_until(notification: &Notification, tenant: &Tenant, chosen: &Chosen, now: Timestamp) -> Timestamp {
    let hop_over = notification.hop_since() + hop_timeout(tenant);
    let has_next = chosen.hop == notification.hop && chosen.next.is_some();
    let until = if has_next && hop_over > now { hop_over } else { Timestamp::MAX };
    until.min(notification.expires_at)
}

/// How many may wait for one connection: no connection takes up the places of the tenant's others.
fn most_waiting(tenant: &Tenant) -> usize {
    let notifying = tenant.connections.values().filter(|connection| connection.notifier.is_some()).count();
    if notifying < 2 { usize::MAX } else { (tenant.delivery.max_in_flight / notifying).max(1) }
}

/// Sends within `time`, so that no send outlives the record that says so. Of a send that breaks down nobody knows the end.
async fn send_in_time(
    notifier: &dyn Notifier,
    recipient: &Recipient,
    notification: &Notification,
    time: SignedDuration,
    account: &ProviderAccount,
) -> Result<Receipt, ProviderError> {
    let unclear = |kind, detail| fault(&account.provider, kind, Retry::OutcomeUnknown, detail);
    let key = SendKey(notification.send_key());
    let sending = AssertUnwindSafe(notifier.send(recipient, &notification.message, &key)).catch_unwind();
    match tokio::time::timeout(Duration::try_from(time).unwrap_or_default(), sending).await {
        Ok(Ok(result)) => result,
        Ok(Err(_panic)) => {
            metrics::counter!("herald_panics_total", "work" => "notifications").increment(1);
            Err(unclear(ErrorKind::Protocol, "the adapter broke down"))
        }
        Err(_) => Err(unclear(ErrorKind::Timeout, "no answer within the record's time")),
    }
}

fn fault(provider: &ProviderName, kind: ErrorKind, retry: Retry, detail: &'static str) -> ProviderError {
    ProviderError::new(provider, "send", kind, retry, detail)
}
