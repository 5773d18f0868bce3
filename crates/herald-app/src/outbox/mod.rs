//! The outbox: events that happened, told to who asked for them.
//!
//! # Where things are
//! - [`Outbox::rows`] makes the rows that go into the store in one step with the change that caused the events: one for each
//!   event and destination, none where nobody wants to be told.
//! - `dispatcher` takes up what is due, `lanes` bounds how much of it runs at once, `comeback` says when those come back that
//!   found no place, `deliver` tells one event to one destination, `receiver` says where that is, `replay` has events told
//!   again, `enabled` those that were held back in the moment in which an endpoint was enabled.
//! - `outgoing` is what is stored. `logout_policy` says what follows a try to hand over a logout token, `webhook_policy` what
//!   follows a try to tell a webhook endpoint, and `health` what that means for the endpoint itself.
//! - `logout` makes the message of a back-channel logout, `message` the one of a webhook; [`EventShapes`] writes the events.
//!
//! # Things to note
//! - An event is told at least once, under the same id, and in no order: who takes a try's end to the store may die before.
//!   Receivers tell repeats by the id.
//! - Who is told, and the body of a webhook, are decided when the event happens. Where it goes, and what signs it, is decided
//!   at every try.
//! - What cannot be told now (the receiver is busy, rests, or is disabled) is put off in memory: its row does not change.
//!   What was not told when its row would be gone is given up.
//! - An event whose tenant this replica does not know is left alone: another one may.

mod comeback;
mod deliver;
mod dispatcher;
mod enabled;
mod health;
mod lanes;
mod logout;
mod logout_policy;
mod message;
mod outgoing;
mod receiver;
mod replay;
mod shapes;
mod webhook_policy;

pub(crate) use self::outgoing::{Attempt, Outgoing, Reply, Settlement, State};
pub use self::shapes::EventShapes;

use std::sync::{Arc, Mutex, PoisonError};

use herald_core::{
    event::{Event, EventType, Happening},
    id::{DeliveryId, EndpointId, EventId, TenantId},
    seal::CannotOpen,
    store::{OutboxRow, StoreError},
};
use jiff::{SignedDuration, Timestamp};
use tokio::sync::{Notify, Semaphore};

use self::{enabled::Enabled, health::Noted, lanes::Lanes, outgoing::Destination};
use crate::{herald::Context, hub::Kept, session::SigningKeys, webhook, work::InHand};

/// How long a delivery stays after its next try is due, for somebody who can make it; and how long one to a webhook endpoint
/// stays when nothing more is to be done, for the log and for a replay.
const KEEP: SignedDuration = SignedDuration::from_hours(3 * 24);
/// How long a logout token's delivery stays when nothing more is to be done.
const KEEP_LOGOUT: SignedDuration = SignedDuration::from_hours(1);
/// How much of this is written at once, so that it leaves room for everybody else in the store's queue.
const MOST_WRITES: usize = 64;
/// How often it is said that a delivery cannot be read.
const COMPLAIN_EVERY: SignedDuration = SignedDuration::from_mins(1);

/// Tells of events in the background. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Outbox {
    context: Arc<Context>,
    keys: SigningKeys,
    endpoints: Arc<webhook::Book>,
    lanes: Lanes,
    in_hand: InHand<DeliveryId>,
    writes: Arc<Semaphore>,
    noted: Noted,
    enabled: Enabled,
    due: Arc<Notify>,
    replays: Arc<Notify>,
    complained_at: Arc<Mutex<Option<Timestamp>>>,
}

impl Outbox {
    pub(crate) fn new(context: Arc<Context>, keys: SigningKeys, endpoints: Arc<webhook::Book>) -> Self {
        Self {
            context,
            keys,
            endpoints,
            lanes: Lanes::default(),
            in_hand: InHand::default(),
            writes: Arc::new(Semaphore::new(MOST_WRITES)),
            noted: Noted::default(),
            enabled: Enabled::default(),
            due: Arc::default(),
            replays: Arc::default(),
            complained_at: Arc::default(),
        }
    }

    /// The rows of what just happened, to be stored in one step with the change that they tell of. Then comes
    /// [`Outbox::wake`].
    pub(crate) async fn rows(
        &self,
        tenant: &TenantId,
        what: impl IntoIterator<Item = Happening> + Send,
    ) -> Result<Vec<OutboxRow>, StoreError> {
        let what: Vec<Happening> = what.into_iter().collect();
        if what.is_empty() {
            return Ok(Vec::new());
        }
        let endpoints = self.endpoints.list(tenant).await?;
        Ok(self.rows_for(tenant, &endpoints, what))
    }

    /// Stores that something happened which is no change of anything stored, and has it told.
    pub(crate) async fn tell(&self, tenant: &TenantId, what: Happening) -> Result<(), StoreError> {
        let kind = what.kind();
        let rows = self.rows(tenant, [what]).await?;
        if !rows.is_empty() {
            self.context.store.append_outbox(&rows).await?;
            self.wake();
        }
        count(kind);
        Ok(())
    }

    /// Looks for due deliveries now.
    pub(crate) fn wake(&self) {
        self.due.notify_one();
    }

    /// Looks for replays now.
    pub(crate) fn wake_replays(&self) {
        self.replays.notify_one();
    }

    /// Looks for the replay that somebody asked for of this endpoint, which is believed to take calls again.
    pub(crate) fn begin_replay(&self, tenant: &TenantId, endpoint: EndpointId) {
        self.lanes.wake(tenant, endpoint);
        self.wake_replays();
    }

    /// The rows that tell these endpoints, and the receiver of logout tokens.
    fn rows_for(
        &self,
        tenant: &TenantId,
        endpoints: &[Kept<herald_core::webhook::Endpoint>],
        what: impl IntoIterator<Item = Happening>,
    ) -> Vec<OutboxRow> {
        let tenants = self.context.tenants.load();
        let takes_logouts =
            tenants.get(tenant).is_some_and(|tenant| tenant.sessions.backchannel_logout.is_some());
        let mut rows = Vec::new();
        for what in what {
            let event = self.event(tenant, what);
            if let Happening::SessionEnded { session } = &event.what
                && takes_logouts
            {
                let destination = Destination::BackChannelLogout { session: session.clone() };
                rows.push(self.first_row(&event, destination, true));
            }
            let kind = event.what.kind();
            let mut wanting = endpoints.iter().filter(|kept| kept.value.wants(kind)).peekable();
            if wanting.peek().is_none() {
                continue;
            }
            let body = self.body(&event);
            for kept in wanting {
                let destination = Destination::Webhook { endpoint: kept.value.id, body: body.clone() };
                rows.push(self.first_row(&event, destination, kept.value.is_enabled));
            }
        }
        rows
    }

    /// The row of a trial of this endpoint, which is told whether it wants that or not.
    pub(crate) fn trial(&self, endpoint: &herald_core::webhook::Endpoint) -> OutboxRow {
        let webhook_endpoint = herald_core::event::EndpointNews::of(endpoint);
        let event = self.event(&endpoint.tenant, Happening::EndpointTest { webhook_endpoint });
        let destination = Destination::Webhook { endpoint: endpoint.id, body: self.body(&event) };
        self.first_row(&event, destination, true)
    }

    fn event(&self, tenant: &TenantId, what: Happening) -> Event {
        let now = self.context.clock.now();
        let id = EventId::generate(now, self.context.entropy.as_ref());
        Event { id, tenant: tenant.clone(), at: now, what }
    }

    fn first_row(&self, event: &Event, destination: Destination, is_told: bool) -> OutboxRow {
        let id = DeliveryId::generate(event.at, self.context.entropy.as_ref());
        let outgoing = Outgoing {
            id,
            tenant: event.tenant.clone(),
            event: event.id,
            kind: event.what.kind().as_str().to_owned(),
            created_at: replay::written_at(id),
            tried: 0,
            attempts: Vec::new(),
            failures: 0,
            refusals: 0,
            give_up_at: destination.give_up_at(event.at),
            destination,
            replayed: None,
            state: if is_told { State::Open { next_at: event.at } } else { State::Held },
        };
        self.sealed(&outgoing, 1)
    }

    /// The row of a delivery as it is at this version.
    fn sealed(&self, outgoing: &Outgoing, version: u64) -> OutboxRow {
        let Outgoing { id, tenant, .. } = outgoing;
        let now = self.context.clock.now();
        let due_at = outgoing.due_at();
        let purge_at = match (due_at, &outgoing.destination) {
            (Some(due_at), _) => later(due_at.max(now), KEEP),
            (None, Destination::Webhook { .. }) => later(now, KEEP),
            (None, Destination::BackChannelLogout { .. }) => later(now, KEEP_LOGOUT),
        };
        OutboxRow {
            tenant: tenant.clone(),
            id: *id,
            endpoint: outgoing.endpoint(),
            version,
            created_at: outgoing.created_at,
            due_at,
            purge_at,
            body: self.context.vault.seal(tenant, "delivery", &id.to_string(), outgoing),
        }
    }

    /// Stores a changed delivery, when it is its turn.
    async fn write(&self, row: &OutboxRow) -> Result<bool, StoreError> {
        // Never closed.
        let _turn = self.writes.acquire().await;
        self.context.store.replace_delivery(row).await
    }

    /// A delivery as it is stored; nothing of one that cannot be read, which is said now and then.
    pub(crate) fn readable(&self, row: &OutboxRow) -> Option<Outgoing> {
        let error = match self.open(row) {
            Ok(outgoing) => return Some(outgoing),
            Err(error) => error,
        };
        let now = self.context.clock.now();
        let mut complained_at = self.complained_at.lock().unwrap_or_else(PoisonError::into_inner);
        if complained_at.is_none_or(|at| now.duration_since(at).abs() >= COMPLAIN_EVERY) {
            *complained_at = Some(now);
            tracing::error!(tenant.id = %row.tenant, delivery.id = %row.id, %error, "a delivery cannot be read, and perhaps others");
        }
        None
    }

    /// A delivery as it is stored.
    pub(crate) fn open(&self, row: &OutboxRow) -> Result<Outgoing, CannotOpen> {
        self.context.vault.open(&row.tenant, "delivery", &row.id.to_string(), &row.body)
    }
}

/// Counts an event, once it is stored.
pub(crate) fn count(kind: EventType) {
    metrics::counter!("herald_events_total", "type" => kind.as_str()).increment(1);
}

fn later(from: Timestamp, by: SignedDuration) -> Timestamp {
    from.checked_add(by).unwrap_or(Timestamp::MAX)
}
