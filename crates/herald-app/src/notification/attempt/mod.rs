//! One try to send: the record that says `sending` is durable before the first byte leaves, and the outcome is stored on
//! condition that the record is still ours.
//!
//! Here is what is waited for before that: a place, and the gate. `record` makes the record durable, `send` makes the call and
//! stores what came of it.

mod record;
mod send;

use herald_core::{notification::Notification, notifier::Notifier};
use jiff::{SignedDuration, Timestamp};
use tokio::sync::OwnedSemaphorePermit;
use tokio_util::sync::CancellationToken;

use self::record::Recorded;
use super::{
    Notifications, NotifyError,
    gate::Permit,
    lanes::Full,
    stops::{Chosen, hop_timeout},
};
use crate::{hub::Kept, tenant::Tenant, work::Left};

/// How long a `sending` record is believed beyond the time-out of the send itself.
const SEND_MARGIN: SignedDuration = SignedDuration::from_secs(5);
/// The longest pause before a store that is away is asked again.
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

/// What a try is made of.
#[derive(Clone, Copy)]
struct Attempt<'a> {
    /// The notification as it was before.
    kept: &'a Kept<Notification>,
    tenant: &'a Tenant,
    chosen: &'a Chosen,
    /// What the chosen connection sends with.
    notifier: &'a dyn Notifier,
    /// Everything stops.
    stop: &'a CancellationToken,
}

impl Attempt<'_> {
    /// How long a send takes at most.
    fn patience(&self) -> SignedDuration {
        SignedDuration::try_from(self.notifier.send_timeout()).unwrap_or(SignedDuration::from_mins(1))
    }
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
        let Some(notifier) = chosen.connection.notifier.as_deref() else {
            return Ok(Tried::Left(Left::Free));
        };
        let attempt = Attempt { kept, tenant, chosen, notifier, stop };
        let (_place, permit) = match self.enter(attempt).await {
            Ok(entered) => entered,
            Err(tried) => return Ok(tried),
        };
        let now = self.context.clock.now();
        if kept.value.expires_at <= now {
            return Ok(Tried::Now(kept.clone()));
        }
        let deadline = now + attempt.patience() + SEND_MARGIN;
        let Ok(sending) = Notification::clone(&kept.value).start_attempt(chosen.hop, now, deadline) else {
            return Ok(Tried::Left(Left::Free));
        };
        match self.record(attempt, sending, permit).await? {
            Recorded::Taken(sending, permit) => {
                self.send_and_settle(attempt, &sending, permit.map(|permit| *permit), deadline).await
            }
            Recorded::Never(tried) => Ok(tried),
        }
    }

    /// Waits for a place at the stop, and for its gate.
    async fn enter(&self, attempt: Attempt<'_>) -> Result<(OwnedSemaphorePermit, Permit), Tried> {
        let Attempt { kept, tenant, chosen, notifier, stop } = attempt;
        let connection = &chosen.connection;
        let (clock, width) = (&self.context.clock, notifier.concurrency());
        // Waited for before the record says `sending`: what waits here has surely not been sent.
        let place = tokio::select! {
            place = self.lanes.enter(&tenant.id, &connection.id, width, most_waiting(tenant)) => {
                place.map_err(|Full(pause)| Tried::Left(Left::Until(clock.now() + pause)))?
            }
            () = clock.sleep_until(patient_until(&kept.value, tenant, chosen, clock.now())) => {
                return Err(Tried::Waited);
            }
            // What has not begun when everything stops is left to the next start.
            () = stop.cancelled() => return Err(Tried::Left(Left::Free)),
        };
        // The gate may have closed meanwhile. It is asked last: what it lets through is sent. Another stop may be open.
        let permit = self.gates.pass(&tenant.id, connection, kept.value.id, chosen.is_repeat);
        Ok((place, permit.map_err(|_closed_until| Tried::Now(kept.clone()))?))
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
