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
    deliver::{Left, advanced, record},
    lanes::Full,
    policy::{self, Way},
    stops::{Chosen, hop_timeout},
};
use crate::{hub::Kept, tenant::Tenant};

/// How long a `sending` record is believed beyond the time-out of the send itself.
const SEND_MARGIN: SignedDuration = SignedDuration::from_secs(5);
/// How long to wait before a store that is away is asked again.
const PAUSE: SignedDuration = SignedDuration::from_millis(200);

/// What became of a try.
#[derive(Debug)]
pub(super) enum Tried {
    /// It is as this says now.
    Now(Kept<Notification>),
    /// It is left as it is.
    Left(Left),
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
        let Some(notifier) = &connection.notifier else { return Ok(Tried::Left(Left::Changed)) };
        let width = notifier.concurrency();
        // Waited for before the record says `sending`: what waits here has surely not been sent.
        let _place = tokio::select! {
            place = self.lanes.enter(&tenant.id, &connection.id, width, most_waiting(tenant)) => match place {
                Ok(place) => place,
                Err(Full(pause)) => return Ok(Tried::Left(Left::Until(self.context.clock.now() + pause))),
            },
            // What has not begun when everything stops is left to the next start.
            () = stop.cancelled() => return Ok(Tried::Left(Left::Changed)),
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
            return Ok(Tried::Left(Left::Changed));
        };
        failpoint::pass("K4");
        // Durable before the first byte: who finds this record knows that something may have been sent.
        let Some(sending) = self.book.save(kept.version, sending).await? else {
            return Ok(Tried::Left(Left::Changed));
        };
        failpoint::pass("K5");

        let left = deadline.duration_since(self.context.clock.now()) - SignedDuration::from_secs(1);
        let is_in_time = left >= patience;
        let result = if is_in_time {
            send_in_time(notifier.as_ref(), recipient, &sending.value, left, connection.account()).await
        } else {
            // Storing the record took so long that the outcome might come too late to be stored. Nothing is begun.
            let retry = Retry::After(Duration::from_secs(1));
            Err(fault(&connection.account().provider, ErrorKind::Timeout, retry, "the record took too long"))
        };
        failpoint::pass("K8");
        let news = if is_in_time { permit.ended(result.as_ref().err()) } else { None };
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
            return Ok(Tried::Left(Left::Changed));
        };
        let saved = self.save_surely(sending.version, done, deadline).await;
        if let Some(news) = news {
            self.gates.tell(&tenant.id, news).await;
        }
        Ok(saved?.map_or(Tried::Left(Left::Changed), Tried::Now))
    }

    /// Saves an outcome, which must not be lost: a store that is away for a moment is asked again until the record that says
    /// `sending` is over.
    async fn save_surely(
        &self,
        seen: u64,
        done: Notification,
        until: Timestamp,
    ) -> Result<Option<Kept<Notification>>, NotifyError> {
        loop {
            let now = self.context.clock.now();
            match self.book.save(seen, done.clone()).await {
                Err(NotifyError::Store(StoreError::Unavailable(error))) if now + PAUSE < until => {
                    tracing::warn!(%error, "the store did not take an outcome; it is asked again");
                    self.context.clock.sleep_until(now + PAUSE).await;
                }
                saved => return saved,
            }
        }
    }
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
            metrics::counter!("herald_notification_panics_total").increment(1);
            Err(unclear(ErrorKind::Protocol, "the adapter broke down"))
        }
        Err(_) => Err(unclear(ErrorKind::Timeout, "no answer within the record's time")),
    }
}

fn fault(provider: &ProviderName, kind: ErrorKind, retry: Retry, detail: &'static str) -> ProviderError {
    ProviderError::new(provider, "send", kind, retry, detail)
}
