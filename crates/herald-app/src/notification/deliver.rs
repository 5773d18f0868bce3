//! Delivers one notification: the record that says `sending` is durable before the first byte leaves, and the outcome is
//! stored on condition that the record is still ours.

use std::{sync::Arc, time::Duration};

use herald_core::{
    error::{ErrorKind, ProviderError, Retry},
    notification::{AttemptFailure, Notification, NotificationStatus},
    notifier::{Notifier, Receipt, Recipient, SendKey},
    store::NotificationRow,
};
use jiff::SignedDuration;

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
const SEND_MARGIN: Duration = Duration::from_secs(5);

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
    pub(super) async fn deliver(&self, row: &NotificationRow) -> Result<bool, NotifyError> {
        let mut kept = self.book.open(row)?;
        loop {
            let now = self.context.clock.now();
            if kept.value.due_at().is_none_or(|due| due > now) {
                return Ok(true);
            }
            let tenants = self.context.tenants.load_full();
            let Some(tenant) = tenants.get(&kept.value.tenant) else { return Ok(false) };
            let known = self.known(tenant, &kept.value.to).await?;
            let moved = match kept.value.status {
                NotificationStatus::Sending => self.sender_died(&kept, tenant),
                _ if kept.value.expires_at <= now => Notification::clone(&kept.value).expire(now).ok(),
                _ => match self.stop_for(&kept.value, tenant, &known) {
                    Stop::Go(hop, connection, recipient) => {
                        let Some(next) = self.attempt(&kept, hop, &connection, &recipient).await? else {
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

    /// The first stop, from the present one on, that can carry it.
    fn stop_for(&self, notification: &Notification, tenant: &Tenant, known: &Known) -> Stop {
        let mut otherwise = Stop::None;
        for (index, hop) in notification.route.iter().enumerate().skip(notification.hop) {
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
    ) -> Result<Option<Kept<Notification>>, NotifyError> {
        let Some(notifier) = &connection.notifier else { return Ok(None) };
        let now = self.context.clock.now();
        let patience = notifier.send_timeout() + SEND_MARGIN;
        let deadline = now + SignedDuration::try_from(patience).unwrap_or(SignedDuration::from_mins(1));
        let Ok(sending) = Notification::clone(&kept.value).start_attempt(hop, now, deadline) else {
            return Ok(None);
        };
        // Durable before the first byte: who finds this record knows that something may have been sent.
        let Some(sending) = self.book.save(kept.version, sending).await? else { return Ok(None) };

        let result = send_in_time(notifier.as_ref(), recipient, &sending.value, patience).await;
        let now = self.context.clock.now();
        let next = policy::after(&sending.value, result.as_ref().cloned(), notifier.honours_key(), now);
        record(&sending.value, connection, result.as_ref().err(), &next);
        let Some(done) = advanced(&sending.value, next, now) else { return Ok(None) };
        self.book.save(sending.version, done).await
    }

    /// The `sending` record is past its deadline: its writer is dead, and nobody knows how far it came.
    fn sender_died(&self, kept: &Kept<Notification>, tenant: &Tenant) -> Option<Notification> {
        let notification = &kept.value;
        let hop = notification.route.get(notification.hop)?;
        let connection = tenant.connection_of(&hop.connection, &hop.account)?;
        let honours_key = connection.notifier.as_ref().is_some_and(|notifier| notifier.honours_key());
        let now = self.context.clock.now();
        let next = policy::after_unknown(notification, AttemptFailure::sender_died(), honours_key, now);
        record(notification, connection, None, &next);
        advanced(notification, next, now)
    }
}

fn advanced(notification: &Notification, next: Next, now: jiff::Timestamp) -> Option<Notification> {
    let notification = notification.clone();
    match next {
        Next::Settle(outcome) => notification.finish(outcome, now).ok(),
        Next::Again { outcome, hop, at } => notification.requeue(outcome, now, hop, at).ok(),
    }
}

/// Sends, and gives up a little after the adapter should have.
async fn send_in_time(
    notifier: &dyn Notifier,
    recipient: &Recipient,
    notification: &Notification,
    patience: Duration,
) -> Result<Receipt, ProviderError> {
    let key = SendKey(notification.send_key());
    let sending = notifier.send(recipient, &notification.message, &key);
    tokio::time::timeout(patience, sending).await.unwrap_or_else(|_| {
        let provider = notification.attempts.last().map(|attempt| attempt.provider.clone());
        let provider = provider.unwrap_or(herald_core::provider::ProviderName::new("unknown"));
        let detail = "no answer within the time-out";
        Err(ProviderError::new(&provider, "send", ErrorKind::Timeout, Retry::OutcomeUnknown, detail))
    })
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
