//! Tells one event to those of its destinations that are due.

use herald_core::{
    event::{Event, Happening, SessionEnded},
    store::EventRow,
};
use jiff::Timestamp;
use tokio_util::sync::CancellationToken;

use super::{
    KEEP_SETTLED, Outbox, later,
    outgoing::{Delivery, DeliveryState, Destination, Outgoing, Settlement},
    policy,
};
use crate::{
    session::SessionError,
    tenant::{LogoutReceiver, Tenant},
};

/// A leased event.
#[derive(Debug)]
pub(super) struct Leased {
    /// As it was when it was leased.
    pub(super) row: EventRow,
    /// No try begins from then on, so that none outlasts the lease.
    pub(super) last_start: Timestamp,
}

/// What becomes of the lease on an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum After {
    /// It is given back.
    Release,
    /// It runs out by itself; until then the event is out of the way of those that are due after it.
    Leave,
}

/// What became of a destination that was due.
enum Told {
    /// It is further than it was.
    Further,
    /// It is where it was.
    Not(After),
}

impl Outbox {
    /// Tells a leased event to everybody who is due.
    pub(super) async fn deliver(
        &self,
        leased: &Leased,
        stop: &CancellationToken,
    ) -> Result<After, SessionError> {
        let mut outgoing = self.open(&leased.row)?;
        let tenants = self.context.tenants.load_full();
        // Another replica, or a corrected configuration, may know the tenant.
        let Some(tenant) = tenants.get(&leased.row.tenant) else { return Ok(After::Leave) };
        let mut version = leased.row.version;
        outgoing.address(tenant, self.context.clock.now());
        if outgoing.due_at().is_none() {
            self.save(&outgoing, version + 1, leased).await?;
        }
        while let Some((event, delivery)) = outgoing.first_due(self.context.clock.now()) {
            if let Told::Not(after) = self.tell(tenant, event, delivery, leased, stop).await? {
                return Ok(after);
            }
            report(event, delivery);
            version += 1;
            if !self.save(&outgoing, version, leased).await? {
                // Somebody else wrote: it is theirs now.
                break;
            }
        }
        Ok(After::Release)
    }

    /// One try at one destination.
    async fn tell(
        &self,
        tenant: &Tenant,
        event: &Event,
        delivery: &mut Delivery,
        leased: &Leased,
        stop: &CancellationToken,
    ) -> Result<Told, SessionError> {
        let clock = &self.context.clock;
        let Some((receiver, session)) = addressed(delivery.destination, event, tenant) else {
            delivery.settle(Settlement::Withdrawn, clock.now());
            return Ok(Told::Further);
        };
        let Some(ticket) = self.lanes.queue(&tenant.id, &receiver.url) else {
            return Ok(Told::Not(After::Leave));
        };
        let _place = tokio::select! {
            biased;
            // What has not begun when everything stops is left to the next start.
            () = stop.cancelled() => return Ok(Told::Not(After::Release)),
            () = clock.sleep_until(leased.last_start) => return Ok(Told::Not(After::Leave)),
            place = ticket.turn() => place,
        };
        let now = clock.now();
        if let Some(until) = ticket.rests_until(now) {
            delivery.put_off(until, now);
            return Ok(Told::Further);
        }
        let parcel = self.logout(tenant, receiver, event.id, session).await?;
        let result = self.context.courier.deliver(&parcel).await;
        let now = clock.now();
        if let Some(until) = policy::rest(&result, now) {
            ticket.rest(until);
        }
        delivery.tried(result, now, self.context.entropy.as_ref());
        Ok(Told::Further)
    }

    /// Saves how far an event is, if it is still at the version before. False: it is not.
    async fn save(&self, outgoing: &Outgoing, version: u64, leased: &Leased) -> Result<bool, SessionError> {
        let purge_at = match (outgoing.due_at(), outgoing.give_up_at()) {
            (Some(_), Some(give_up_at)) => leased.row.purge_at.max(later(give_up_at, KEEP_SETTLED)),
            _ => later(self.context.clock.now(), KEEP_SETTLED),
        };
        Ok(self.context.store.replace_event(&self.sealed(outgoing, version, purge_at)).await?)
    }
}

/// Where the message goes as things are configured now, and what it is about. Nothing when nobody takes it any more.
fn addressed<'a>(
    destination: Destination,
    event: &'a Event,
    tenant: &'a Tenant,
) -> Option<(&'a LogoutReceiver, &'a SessionEnded)> {
    match (destination, &event.what) {
        (Destination::BackChannelLogout, Happening::SessionEnded { session }) => {
            Some((tenant.sessions.backchannel_logout.as_ref()?, session))
        }
        (Destination::BackChannelLogout, Happening::SessionReuseDetected { .. }) => None,
    }
}

/// Tells operators how far a destination is: once, here.
fn report(event: &Event, delivery: &Delivery) {
    let destination = delivery.destination.as_str();
    let Delivery { attempts, last, .. } = delivery;
    let DeliveryState::Settled { how, .. } = delivery.state else {
        tracing::info!(tenant.id = %event.tenant, event.id = %event.id, destination, attempts, ?last, "an event is told later");
        return;
    };
    let outcome = how.as_str();
    metrics::counter!("herald_outbox_deliveries_total", "outcome" => outcome).increment(1);
    if how == Settlement::Delivered {
        tracing::debug!(tenant.id = %event.tenant, event.id = %event.id, destination, attempts, "an event was told");
    } else {
        tracing::warn!(tenant.id = %event.tenant, event.id = %event.id, destination, outcome, attempts, ?last, "an event was not told");
    }
}
