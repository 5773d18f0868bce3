//! Tells one event to one destination.

use herald_core::{
    courier::{NoAnswer, Receipt},
    failpoint,
    store::OutboxRow,
};
use jiff::Timestamp;
use tokio_util::sync::CancellationToken;

use super::{
    Outbox,
    outgoing::{Destination, Outgoing, Reply, Settlement, State},
    receiver::Receiver,
};
use crate::{session::SessionError, tenant::Tenant};

/// A leased delivery.
#[derive(Debug)]
pub(super) struct Leased {
    /// As it was when it was leased.
    pub(super) row: OutboxRow,
    /// No try begins from then on, so that none outlasts the lease.
    pub(super) last_start: Timestamp,
}

/// What becomes of the lease on a delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum After {
    /// It is given back.
    Release,
    /// It runs out by itself; until then the delivery is out of the way of those that are due after it.
    Leave,
}

/// What became of a delivery that was due.
enum Told {
    /// It was tried.
    Tried(Result<Receipt, NoAnswer>),
    /// It was not tried, and is another than it was.
    Changed,
    /// It is as it was.
    Not(After),
}

impl Outbox {
    /// Tells a leased delivery's event, if it is time for that.
    pub(super) async fn deliver(
        &self,
        leased: &Leased,
        stop: &CancellationToken,
    ) -> Result<After, SessionError> {
        let mut outgoing = self.open(&leased.row)?;
        let tenants = self.context.tenants.load_full();
        // Another replica, or a corrected configuration, may know the tenant.
        let Some(tenant) = tenants.get(&leased.row.tenant) else { return Ok(After::Leave) };
        let result = match self.attempt(tenant, &mut outgoing, leased, stop).await? {
            Told::Tried(result) => Some(result),
            Told::Changed => None,
            Told::Not(after) => return Ok(after),
        };
        let row = self.sealed(&outgoing, leased.row.version + 1);
        // When somebody else wrote meanwhile, it is theirs now.
        if self.context.store.replace_delivery(&row).await? {
            report(&outgoing, result.as_ref());
        }
        Ok(After::Release)
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
        let Some(url) = receiver.url() else { return Ok(unreceived(outgoing, &receiver, clock.now())) };
        let Some(ticket) = self.lanes.queue(&tenant.id, outgoing.endpoint(), url, clock.now()) else {
            return Ok(Told::Not(After::Leave));
        };
        let _place = tokio::select! {
            biased;
            // What has not begun when everything stops is left to the next start.
            () = stop.cancelled() => return Ok(Told::Not(After::Release)),
            () = clock.sleep_until(leased.last_start) => return Ok(Told::Not(After::Leave)),
            place = ticket.turn() => place,
        };
        let started_at = clock.now();
        if let Some(until) = ticket.rests_until(started_at) {
            outgoing.put_off(until, started_at);
            return Ok(Told::Changed);
        }
        // It may have waited for long: what counts is how things are now.
        let receiver = self.receiver(tenant, outgoing).await?;
        let Some(parcel) = self.parcel(tenant, &receiver, outgoing, started_at).await? else {
            return Ok(unreceived(outgoing, &receiver, started_at));
        };
        let result = self.context.courier.deliver(&parcel).await;
        failpoint::pass("K10");
        let now = clock.now();
        if let Some(until) = outgoing.rest(&result, now) {
            ticket.rest(until);
        }
        if let Receiver::Webhook(endpoint) = &receiver {
            self.note_health(endpoint, Reply::of(&result), now).await?;
        }
        outgoing.tried(&result, (started_at, now), self.context.entropy.as_ref());
        Ok(Told::Tried(result))
    }
}

/// What becomes of a delivery that goes nowhere.
fn unreceived(outgoing: &mut Outgoing, receiver: &Receiver, now: Timestamp) -> Told {
    if matches!(receiver, Receiver::Disabled) {
        outgoing.state = State::Held;
    } else {
        outgoing.settle(Settlement::Withdrawn, now);
    }
    Told::Changed
}

/// Tells operators how far a delivery is: once, here.
fn report(outgoing: &Outgoing, result: Option<&Result<Receipt, NoAnswer>>) {
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
        metrics::counter!("herald_outbox_deliveries_total", "outcome" => outcome).increment(1);
    }
    let last = result.map(tracing::field::debug);
    if outcome == Settlement::Delivered.as_str() {
        tracing::debug!(tenant.id = %tenant, event.id = %event, delivery.id = %id, kind, destination, tried, "an event was told");
    } else if is_settled {
        tracing::warn!(tenant.id = %tenant, event.id = %event, delivery.id = %id, kind, destination, outcome, tried, last, "an event was not told");
    } else {
        tracing::info!(tenant.id = %tenant, event.id = %event, delivery.id = %id, kind, destination, outcome, tried, last, "an event is told later");
    }
}
