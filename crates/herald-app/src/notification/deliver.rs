//! Attends to one leased notification until nothing is left to do now.

use herald_core::{
    error::ProviderError,
    notification::{AttemptFailure, AttemptStatus, Notification, NotificationStatus},
    store::NotificationRow,
};
use jiff::{SignedDuration, Timestamp};
use tokio_util::sync::CancellationToken;

use super::{
    Notifications, NotifyError,
    attempt::Tried,
    policy::{self, Next, Way},
    reach::Known,
    stops::{Stop, hop_timeout},
};
use crate::{
    chance,
    hub::Kept,
    tenant::{Connection, Tenant},
    work::Left,
};

/// How soon a notification is looked at again that cannot be attended to with this replica's configuration.
const ELSEWHERE: SignedDuration = SignedDuration::from_secs(30);
/// How far the store's clock is ahead at most, unless one of them jumped.
const AHEAD: SignedDuration = SignedDuration::from_secs(5);
/// The bounds of what is added to a time that many wait for, so that they do not all come at once.
const LEAST_SPREAD: SignedDuration = SignedDuration::from_secs(1);
const MOST_SPREAD: SignedDuration = SignedDuration::from_secs(10);

impl Notifications {
    /// Does what is due for one leased notification.
    pub(super) async fn deliver(
        &self,
        row: &NotificationRow,
        stop: &CancellationToken,
    ) -> Result<Left, NotifyError> {
        let mut kept = self.book.open(row)?;
        self.until_due(&kept.value, stop).await;
        let mut has_waited = false;
        loop {
            if stop.is_cancelled() {
                return Ok(Left::Free);
            }
            let now = self.context.clock.now();
            if kept.value.due_at().is_none_or(|due| due > now) {
                return Ok(Left::Free);
            }
            if kept.value.expires_at <= now {
                // Whatever else is wrong with it.
                let Some(over) = over(&kept.value, now) else { return Ok(self.left_to_others(now)) };
                self.book.save(kept.version, over).await?;
                return Ok(Left::Free);
            }
            let tenants = self.context.tenants.load_full();
            let Some(tenant) = tenants.get(&kept.value.tenant) else { return Ok(self.left_to_others(now)) };
            let known = self.known(tenant, &kept.value.to).await?;
            let moved = match kept.value.status {
                NotificationStatus::Sending => self.sender_died(&kept, tenant, &known, now),
                _ => match self.stop_for(&kept.value, tenant, &known, has_waited, now) {
                    Stop::Go(chosen) => match self.attempt(&kept, tenant, &chosen, stop).await? {
                        Tried::Now(next) => {
                            kept = next;
                            continue;
                        }
                        Tried::Waited => {
                            has_waited = true;
                            continue;
                        }
                        Tried::Left(left) => return Ok(self.spread(left, now)),
                    },
                    Stop::Later(until) => {
                        let until = self.spread_until(until, now).min(kept.value.expires_at);
                        return Ok(Left::Until(until));
                    }
                    Stop::None => Notification::clone(&kept.value).fail(now).ok(),
                    Stop::Elsewhere => None,
                },
            };
            let Some(moved) = moved else { return Ok(self.left_to_others(now)) };
            match self.book.save(kept.version, moved).await? {
                Some(next) => kept = next,
                // Somebody else wrote: it is theirs now.
                None => return Ok(Left::Free),
            }
        }
    }

    /// Waits until a leased notification is due by the clock here too: it was by the store's, which leases go by. Given back, it
    /// would be leased again with the next one.
    async fn until_due(&self, notification: &Notification, stop: &CancellationToken) {
        let now = self.context.clock.now();
        let Some(due) = notification.due_at().filter(|due| (now..now + AHEAD).contains(due)) else { return };
        tokio::select! {
            () = stop.cancelled() => {}
            () = self.context.clock.sleep_until(due) => {}
        }
    }

    /// What cannot be attended to here, because its tenant or account is gone, is left to another replica or a corrected
    /// configuration, until its time is over.
    fn left_to_others(&self, now: Timestamp) -> Left {
        Left::Until(self.spread_until(now + ELSEWHERE, now))
    }

    /// The `sending` record is past its deadline: its writer is dead, and nobody knows how far it came. (One that lives and is
    /// slow prolongs its lease until its outcome is stored. One that slept, or could not prolong because the store was away,
    /// stores its outcome no more: its record is another by then.)
    fn sender_died(
        &self,
        kept: &Kept<Notification>,
        tenant: &Tenant,
        known: &Known,
        now: Timestamp,
    ) -> Option<Notification> {
        let notification = &kept.value;
        let hop = notification.route.get(notification.hop)?;
        let connection = tenant.connection_of(&hop.connection, &hop.account)?;
        let way = Way {
            honours_key: connection.notifier.as_ref().is_some_and(|notifier| notifier.honours_key())
                && !policy::is_forgotten(notification, now),
            next: self.next_stop(notification, tenant, known),
            hop_timeout: hop_timeout(tenant),
            entropy: self.context.entropy.as_ref(),
        };
        metrics::counter!("herald_take_overs_total", "work" => "notifications").increment(1);
        let next = policy::after_death(notification, way, now);
        record(notification, connection, None, &next);
        advanced(notification, next, now)
    }

    fn spread(&self, left: Left, now: Timestamp) -> Left {
        match left {
            Left::Until(until) => Left::Until(self.spread_until(until, now)),
            Left::Free => left,
        }
    }

    /// A time not before `until`, by chance.
    fn spread_until(&self, until: Timestamp, now: Timestamp) -> Timestamp {
        let most = (until.duration_since(now) / 2).clamp(LEAST_SPREAD, MOST_SPREAD);
        until + chance::up_to(most, self.context.entropy.as_ref())
    }
}

/// The notification as it is after its time: of a try whose sender died nobody knows how far it came.
fn over(notification: &Notification, now: Timestamp) -> Option<Notification> {
    let notification = notification.clone();
    match notification.status {
        NotificationStatus::Sending => {
            notification.finish(AttemptStatus::Unknown(AttemptFailure::sender_died()), now).ok()
        }
        _ => notification.expire(now).ok(),
    }
}

/// The notification as it is after this.
pub(super) fn advanced(notification: &Notification, next: Next, now: Timestamp) -> Option<Notification> {
    let notification = notification.clone();
    match next {
        Next::Settle(outcome) => notification.finish(outcome, now).ok(),
        Next::Again { outcome, hop, at } => notification.try_again(outcome, now, hop, at).ok(),
    }
}

/// Tells operators how a try ended: once, here.
pub(super) fn record(
    notification: &Notification,
    connection: &Connection,
    error: Option<&ProviderError>,
    next: &Next,
) {
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
