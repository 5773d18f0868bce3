//! Tells one event to one destination.

use std::sync::Arc;

use herald_core::{
    courier::{NoAnswer, Receipt},
    failpoint,
    store::{OutboxRow, StoreError},
    webhook::Endpoint,
};
use jiff::{SignedDuration, Timestamp};
use tokio_util::sync::CancellationToken;

use super::{
    Outbox,
    lanes::{LaneKey, Place, Ticket},
    later,
    outgoing::{Destination, Outgoing, Reply, Settlement, State},
    receiver::Receiver,
};
use crate::{session::SessionError, tenant::Tenant, work::Left};

/// How long one is left alone whose tenant is not configured here, or whose endpoint is disabled or cannot be read. Nothing
/// tells when that changes, so it is looked at again and again.
const UNTOLD: SignedDuration = SignedDuration::from_secs(30);
/// How long one is left alone that cannot be read.
const UNREADABLE: SignedDuration = SignedDuration::from_mins(5);
/// How long a try takes at most.
const LONGEST_TRY: SignedDuration = SignedDuration::from_secs(15);
/// So long before it would be gone, one that was not told is given up.
const LAST_CALL: SignedDuration = SignedDuration::from_mins(10);

/// A leased delivery.
#[derive(Debug)]
pub(crate) struct Leased {
    /// As it was when it was leased.
    pub(super) row: OutboxRow,
    /// So long it waits for its turn.
    pub(super) last_start: Timestamp,
}

/// What became of a delivery that was due.
enum Told {
    /// It was tried.
    Tried(Box<Trial>),
    /// It was not tried, and is another than it was.
    Changed,
    /// It is as it was, and is not tried before then.
    PutOff(Timestamp),
    /// Everything stops.
    Stopped,
}

/// One try.
struct Trial {
    result: Result<Receipt, NoAnswer>,
    /// The endpoint as it was tried.
    endpoint: Option<Arc<Endpoint>>,
    ticket: Ticket,
    ended_at: Timestamp,
    /// Kept until the result is stored: a crash has no more told again than may be told at once.
    _place: Option<Place>,
}

impl Outbox {
    /// Tells a leased delivery's event, if it is time for that.
    pub(super) async fn deliver(
        &self,
        leased: &Leased,
        stop: &CancellationToken,
    ) -> Result<Left, SessionError> {
        let (row, now) = (&leased.row, self.context.clock.now());
        let Some(mut outgoing) = self.readable(row) else { return Ok(Left::Until(later(now, UNREADABLE))) };
        let last_call = row.purge_at.checked_sub(LAST_CALL).unwrap_or(Timestamp::MIN);
        if now >= last_call {
            outgoing.settle(Settlement::GaveUp, now);
            return Ok(self.save(row, &outgoing, None).await?);
        }
        let tenants = self.context.tenants.load_full();
        // Another replica, or a corrected configuration, may know the tenant.
        let Some(tenant) = tenants.get(&row.tenant) else {
            return Ok(Left::Until(later(now, UNTOLD).min(last_call)));
        };
        match self.attempt(tenant, &mut outgoing, leased, stop).await? {
            Told::Tried(trial) => {
                let left = self.save(row, &outgoing, Some(&trial)).await?;
                if let Some(endpoint) = &trial.endpoint {
                    let noted = self.note_health(endpoint, Reply::of(&trial.result), trial.ended_at).await;
                    // The try is recorded. What it says of the endpoint, the next one will say too.
                    if let Err(error) = noted {
                        tracing::warn!(tenant.id = %row.tenant, endpoint.id = %endpoint.id, %error, "how an endpoint is could not be noted");
                    }
                }
                Ok(left)
            }
            Told::Changed => Ok(self.save(row, &outgoing, None).await?),
            Told::PutOff(until) if outgoing.give_up_at.is_some_and(|give_up_at| until > give_up_at) => {
                outgoing.settle(Settlement::GaveUp, now);
                Ok(self.save(row, &outgoing, None).await?)
            }
            Told::PutOff(until) => Ok(Left::Until(until.min(last_call))),
            Told::Stopped => Ok(Left::Free),
        }
    }

    /// One try, if there is somebody to be told.
    async fn attempt(
        &self,
        tenant: &Tenant,
        outgoing: &mut Outgoing,
        leased: &Leased,
        stop: &CancellationToken,
    ) -> Result<Told, SessionError> {
        let clock = &self.context.clock;
        let receiver = self.receiver(tenant, outgoing).await?;
        let Some(url) = receiver.url() else { return Ok(self.unreceived(tenant, outgoing, &receiver)) };
        let key = LaneKey::new(&tenant.id, outgoing.endpoint(), Some(url));
        // Who tries out an endpoint wants to know how it is now.
        let ticket = match self.lanes.queue(key, outgoing.is_test(), clock.now()) {
            Ok(ticket) => ticket,
            Err(until) => return Ok(Told::PutOff(until)),
        };
        let place = tokio::select! {
            biased;
            // What has not begun when everything stops is left to the next start.
            () = stop.cancelled() => return Ok(Told::Stopped),
            () = clock.sleep_until(leased.last_start) => return Ok(Told::PutOff(ticket.put_off(clock.now()))),
            place = ticket.turn() => place,
        };
        let started_at = clock.now();
        if ticket.rests_until(started_at).is_some() && !outgoing.is_test() {
            return Ok(Told::PutOff(ticket.put_off(started_at)));
        }
        // No record says that it is being told, so what keeps another replica from telling it too is the lease alone. It may be
        // over: this process may have slept, or the store may have been away.
        if !self.in_hand.is_ours_until(&tenant.id, outgoing.id, later(started_at, LONGEST_TRY)) {
            return Ok(Told::PutOff(ticket.put_off(started_at)));
        }
        // It may have waited for long: what counts is how things are now.
        let receiver = self.receiver(tenant, outgoing).await?;
        let Some(parcel) = self.parcel(tenant, &receiver, outgoing, started_at).await? else {
            return Ok(self.unreceived(tenant, outgoing, &receiver));
        };
        let result = self.context.courier.deliver(&parcel).await;
        failpoint::pass("K10");
        let ended_at = clock.now();
        let entropy = self.context.entropy.as_ref();
        match &result {
            Ok(_) => ticket.answered(outgoing.rest(&result, ended_at)),
            Err(_) => ticket.was_silent(ended_at, entropy),
        }
        outgoing.tried(&result, (started_at, ended_at), entropy);
        let endpoint = match receiver {
            Receiver::Webhook(endpoint) => Some(endpoint),
            _ => None,
        };
        Ok(Told::Tried(Box::new(Trial { result, endpoint, ticket, ended_at, _place: place })))
    }

    /// What becomes of a delivery that goes nowhere now.
    fn unreceived(&self, tenant: &Tenant, outgoing: &mut Outgoing, receiver: &Receiver) -> Told {
        let now = self.context.clock.now();
        if matches!(receiver, Receiver::Nobody) {
            outgoing.settle(Settlement::Withdrawn, now);
            return Told::Changed;
        }
        // It waits until the endpoint is enabled. A line of their own, so that many do not come back together.
        let key = LaneKey::new(&tenant.id, outgoing.endpoint(), None);
        Told::PutOff(self.lanes.put_off(&key, later(now, UNTOLD)))
    }

    /// Stores what became of a delivery.
    async fn save(
        &self,
        row: &OutboxRow,
        outgoing: &Outgoing,
        trial: Option<&Trial>,
    ) -> Result<Left, StoreError> {
        let changed = self.sealed(outgoing, row.version + 1);
        // When somebody else wrote meanwhile, it is theirs now.
        if self.write(&changed).await? {
            report(outgoing, trial);
        }
        Ok(Left::Free)
    }
}

/// Tells operators how far a delivery is: once, here.
fn report(outgoing: &Outgoing, trial: Option<&Trial>) {
    let Outgoing { tenant, event, id, kind, destination, tried, .. } = outgoing;
    let is_webhook = matches!(destination, Destination::Webhook { .. });
    let destination = destination.as_str();
    let outcome = match outgoing.state {
        State::Open { .. } => "put_off",
        State::Held => "held",
        State::Settled { how, .. } => how.as_str(),
    };
    let is_settled = matches!(outgoing.state, State::Settled { .. });
    if is_webhook {
        metrics::counter!("herald_webhook_deliveries_total", "outcome" => outcome).increment(1);
    } else if is_settled {
        metrics::counter!("herald_logout_deliveries_total", "outcome" => outcome).increment(1);
    }
    let last = trial.map(|trial| tracing::field::debug(&trial.result));
    if matches!(outgoing.state, State::Settled { how: Settlement::Delivered | Settlement::Withdrawn, .. }) {
        tracing::debug!(tenant.id = %tenant, event.id = %event, delivery.id = %id, kind, destination, outcome, tried, "an event is done with");
    } else if is_settled {
        tracing::warn!(tenant.id = %tenant, event.id = %event, delivery.id = %id, kind, destination, outcome, tried, last, "an event was not told");
    } else if trial.is_none_or(|trial| trial.ticket.may_say(trial.ended_at)) {
        tracing::info!(tenant.id = %tenant, event.id = %event, delivery.id = %id, kind, destination, outcome, tried, last, "an event is told later, and perhaps others to the same receiver");
    }
}
