//! Delivers one notification: the record that says `sending` is durable before the first byte leaves, and the outcome is
//! stored on condition that the record is still ours.

use std::{sync::Arc, time::Duration};

use herald_core::{
    error::{ErrorKind, ProviderError, Retry},
    notification::{AttemptFailure, AttemptStatus, Notification, NotificationStatus, OnUnknown},
    notifier::{Notifier, Receipt, Recipient, SendKey},
    provider::ProviderName,
    store::{NotificationRow, StoreError},
};
use jiff::{SignedDuration, Timestamp};
use tokio_util::sync::CancellationToken;

use super::{
    Notifications, NotifyError,
    policy::{self, Next},
    reach::Known,
};
use crate::{
    hub::Kept,
    tenant::{Connection, Tenant},
};

/// How long a `sending` record is believed beyond the time-out of the send itself.
const SEND_MARGIN: SignedDuration = SignedDuration::from_secs(5);
/// How long to wait before a store that is away is asked again.
const PAUSE: SignedDuration = SignedDuration::from_millis(200);

/// What became of a look for a stop that can carry a notification.
enum Stop {
    /// This one, through this connection, to this recipient.
    Go(usize, Arc<Connection>, Recipient),
    /// None any more.
    None,
    /// Perhaps, but not with this replica's configuration.
    Elsewhere,
}

impl Notifications {
    /// Does what is due for one leased notification. True: nothing more to do now, the lease may go. False: not with this
    /// configuration, the lease stays until it runs out.
    pub(super) async fn deliver(
        &self,
        row: &NotificationRow,
        stop: &CancellationToken,
    ) -> Result<bool, NotifyError> {
        let mut kept = self.book.open(row)?;
        loop {
            let now = self.context.clock.now();
            if kept.value.due_at().is_none_or(|due| due > now) {
                return Ok(true);
            }
            let is_late = kept.value.expires_at <= now;
            let tenants = self.context.tenants.load_full();
            let Some(tenant) = tenants.get(&kept.value.tenant) else {
                if !is_late {
                    return Ok(false);
                }
                self.give_up(&kept, now).await?;
                return Ok(true);
            };
            let known = self.known(tenant, &kept.value.to).await?;
            let moved = match kept.value.status {
                NotificationStatus::Sending => match self.sender_died(&kept, tenant) {
                    None if is_late => {
                        self.give_up(&kept, now).await?;
                        return Ok(true);
                    }
                    moved => moved,
                },
                _ if is_late => Notification::clone(&kept.value).expire(now).ok(),
                _ => match self.stop_for(&kept.value, tenant, &known) {
                    Stop::Go(hop, connection, recipient) => {
                        let Some(next) = self.attempt(&kept, hop, &connection, &recipient, stop).await?
                        else {
                            return Ok(true);
                        };
                        kept = next;
                        continue;
                    }
                    Stop::None => Notification::clone(&kept.value).fail(now).ok(),
                    Stop::Elsewhere => return Ok(false),
                },
            };
            let Some(moved) = moved else { return Ok(false) };
            match self.book.save(kept.version, moved).await? {
                Some(next) => kept = next,
                // Somebody else wrote: it is theirs now.
                None => return Ok(true),
            }
        }
    }

    /// Ends what is past its time and cannot be finished here, because its tenant or account is gone.
    async fn give_up(&self, kept: &Kept<Notification>, now: Timestamp) -> Result<(), NotifyError> {
        let notification = Notification::clone(&kept.value);
        let ended = match notification.status {
            NotificationStatus::Sending => {
                notification.finish(AttemptStatus::Unknown(AttemptFailure::sender_died()), now)
            }
            _ => notification.expire(now),
        };
        if let Ok(ended) = ended {
            self.book.save(kept.version, ended).await?;
        }
        Ok(())
    }

    /// The first stop, from the present one on, that can carry it. A stop that may have sent it already is not passed by,
    /// unless the tenant's rule is to go on.
    fn stop_for(&self, notification: &Notification, tenant: &Tenant, known: &Known) -> Stop {
        let is_held = notification.is_unknown_here() && notification.on_unknown != OnUnknown::Fallback;
        let stops = if is_held { 1 } else { usize::MAX };
        let mut otherwise = Stop::None;
        for (index, hop) in notification.route.iter().enumerate().skip(notification.hop).take(stops) {
            match tenant.connection_of(&hop.connection, &hop.account) {
                Some(connection) => {
                    if let Some(recipient) = self.recipient(tenant, connection, &notification.to, known) {
                        return Stop::Go(index, Arc::clone(connection), recipient);
                    }
                }
                None => otherwise = Stop::Elsewhere,
            }
        }
        otherwise
    }

    /// One try. Nothing when somebody else has written meanwhile.
    async fn attempt(
        &self,
        kept: &Kept<Notification>,
        hop: usize,
        connection: &Connection,
        recipient: &Recipient,
        stop: &CancellationToken,
    ) -> Result<Option<Kept<Notification>>, NotifyError> {
        let Some(notifier) = &connection.notifier else { return Ok(None) };
        // Waited for before the record says `sending`: what waits here has surely not been sent.
        let _place = tokio::select! {
            place = self.lanes.enter(&kept.value.tenant, &connection.id, notifier.concurrency()) => place,
            // What has not begun when everything stops is left to the next start.
            () = stop.cancelled() => return Ok(None),
        };
        let now = self.context.clock.now();
        if kept.value.expires_at <= now {
            return Ok(Some(kept.clone()));
        }
        let patience =
            SignedDuration::try_from(notifier.send_timeout()).unwrap_or(SignedDuration::from_mins(1));
        let deadline = now + patience + SEND_MARGIN;
        let Ok(sending) = Notification::clone(&kept.value).start_attempt(hop, now, deadline) else {
            return Ok(None);
        };
        // Durable before the first byte: who finds this record knows that something may have been sent.
        let Some(sending) = self.book.save(kept.version, sending).await? else { return Ok(None) };

        let left = deadline.duration_since(self.context.clock.now()) - SignedDuration::from_secs(1);
        let result = send_in_time(notifier.as_ref(), recipient, &sending.value, left).await;
        let now = self.context.clock.now();
        let next = match &result {
            // Storing the record took so long that the outcome might have come too late to be stored. Nothing was begun.
            Err(error) if left < patience => {
                Next::Again { outcome: AttemptStatus::Failed(error.into()), hop, at: now }
            }
            result => policy::after(&sending.value, result.as_ref().cloned(), notifier.honours_key(), now),
        };
        record(&sending.value, connection, result.as_ref().err(), &next);
        let Some(done) = advanced(&sending.value, next, now) else { return Ok(None) };
        self.save_surely(sending.version, done, deadline).await
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

    /// The `sending` record is past its deadline: its writer is dead, and nobody knows how far it came.
    fn sender_died(&self, kept: &Kept<Notification>, tenant: &Tenant) -> Option<Notification> {
        let notification = &kept.value;
        let hop = notification.route.get(notification.hop)?;
        let connection = tenant.connection_of(&hop.connection, &hop.account)?;
        let honours_key = connection.notifier.as_ref().is_some_and(|notifier| notifier.honours_key());
        let now = self.context.clock.now();
        let next = policy::after_death(notification, honours_key, now);
        record(notification, connection, None, &next);
        advanced(notification, next, now)
    }
}

fn advanced(notification: &Notification, next: Next, now: Timestamp) -> Option<Notification> {
    let notification = notification.clone();
    match next {
        Next::Settle(outcome) => notification.finish(outcome, now).ok(),
        Next::Again { outcome, hop, at } => notification.requeue(outcome, now, hop, at).ok(),
    }
}

/// Sends within `time`, so that no send outlives the record that says so; without time nothing is sent.
async fn send_in_time(
    notifier: &dyn Notifier,
    recipient: &Recipient,
    notification: &Notification,
    time: SignedDuration,
) -> Result<Receipt, ProviderError> {
    let late = |retry| {
        let attempt = notification.attempts.last();
        let provider = attempt.map_or(ProviderName::new("unknown"), |attempt| attempt.provider.clone());
        Err(ProviderError::new(
            &provider,
            "send",
            ErrorKind::Timeout,
            retry,
            "no answer within the record's time",
        ))
    };
    let time = Duration::try_from(time).unwrap_or_default();
    if time < notifier.send_timeout() {
        return late(Retry::After(Duration::from_secs(1)));
    }
    let key = SendKey(notification.send_key());
    let sending = notifier.send(recipient, &notification.message, &key);
    tokio::time::timeout(time, sending).await.unwrap_or_else(|_| late(Retry::OutcomeUnknown))
}

/// Tells operators how a try ended: once, here.
fn record(notification: &Notification, connection: &Connection, error: Option<&ProviderError>, next: &Next) {
    let outcome = match next {
        Next::Settle(outcome) | Next::Again { outcome, .. } => outcome.as_str(),
    };
    let provider = connection.account().provider.as_str();
    metrics::counter!("herald_notification_attempts_total", "provider" => provider.to_owned(), "outcome" => outcome)
        .increment(1);
    if outcome != "sent" {
        tracing::warn!(tenant.id = %notification.tenant, notification.id = %notification.id, connection.id = %connection.id, provider, outcome, error = error.map(tracing::field::display), "a message was not surely sent");
    }
}
