//! The outbox: events that happened, told to who asked for them.
//!
//! # Where things are
//! - [`Outbox::row`] makes the row that goes into the store in one step with the change that caused the event.
//! - `dispatcher` takes up what is due, `lanes` bounds how much of it runs at once, `deliver` tells one event.
//! - `outgoing` is what is stored: the event, and how far each of its destinations is. `policy` says what follows a try.
//! - `logout` makes the message of a back-channel logout.
//!
//! # Things to note
//! - An event is told at least once, under the same id, and in no order: who takes a try's end to the store may die before.
//!   Receivers tell repeats by the id.
//! - Who has to be told is decided when an event is first taken up, by the tenant's configuration then. Where the message
//!   goes, and what signs it, is decided at every try.
//! - An event whose tenant this replica does not know is left alone: another one may, and in the end it expires.

mod deliver;
mod dispatcher;
mod lanes;
mod logout;
mod outgoing;
mod policy;

use std::sync::Arc;

use herald_core::{event::Event, seal::CannotOpen, store::EventRow};
use jiff::{SignedDuration, Timestamp};
use tokio::sync::{Notify, Semaphore};

use self::{lanes::Lanes, outgoing::Outgoing};
use crate::{herald::Context, session::SigningKeys};

/// How long an event waits for somebody who can tell it.
const KEEP: SignedDuration = SignedDuration::from_hours(3 * 24);
/// How long an event stays when everybody has been told.
const KEEP_SETTLED: SignedDuration = SignedDuration::from_hours(1);
/// How many events may be in hand at once; more are left in the store.
const MOST_IN_HAND: usize = 20_000;

/// Tells of events in the background. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Outbox {
    context: Arc<Context>,
    keys: SigningKeys,
    lanes: Lanes,
    hands: Arc<Semaphore>,
    due: Arc<Notify>,
}

impl Outbox {
    pub(crate) fn new(context: Arc<Context>, keys: SigningKeys) -> Self {
        let hands = Arc::new(Semaphore::new(MOST_IN_HAND));
        Self { context, keys, lanes: Lanes::default(), hands, due: Arc::default() }
    }

    /// The row of a new event, to be stored in one step with the change that it tells of. Then comes [`Outbox::wake`].
    pub(crate) fn row(&self, event: &Event, now: Timestamp) -> EventRow {
        let outgoing = Outgoing::new(event.clone());
        EventRow { due_at: Some(now), ..self.sealed(&outgoing, 1, later(now, KEEP)) }
    }

    /// Looks for due events now.
    pub(crate) fn wake(&self) {
        self.due.notify_one();
    }

    /// The row of an event as it is at this version.
    fn sealed(&self, outgoing: &Outgoing, version: u64, purge_at: Timestamp) -> EventRow {
        let Event { id, tenant, .. } = &outgoing.event;
        EventRow {
            tenant: tenant.clone(),
            id: *id,
            version,
            due_at: outgoing.due_at(),
            purge_at,
            body: self.context.vault.seal(tenant, "event", &id.to_string(), outgoing),
        }
    }

    fn open(&self, row: &EventRow) -> Result<Outgoing, CannotOpen> {
        self.context.vault.open(&row.tenant, "event", &row.id.to_string(), &row.body)
    }
}

fn later(from: Timestamp, by: SignedDuration) -> Timestamp {
    from.checked_add(by).unwrap_or(Timestamp::MAX)
}
