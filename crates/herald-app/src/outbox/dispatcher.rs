//! Takes deliveries that are due, from every tenant its part, and has them made.

use std::{panic::AssertUnwindSafe, time::Duration};

use futures_util::FutureExt as _;
use herald_core::{
    id::DeliveryId,
    store::{Backlog, OutboxRow, StoreError},
};
use jiff::{SignedDuration, Timestamp};
use tokio_util::sync::CancellationToken;

use super::{
    Outbox,
    deliver::{Leased, Left},
    later,
};
use crate::{
    chance,
    fair::{Turns, Want},
    in_hand::Held,
};

/// How long a delivery is held; then another replica makes it again, under the same id.
const LEASE: Duration = Duration::from_secs(60);
/// How long after being leased a delivery may wait for its turn: the rest of the lease is longer than a try takes.
const PATIENCE: SignedDuration = SignedDuration::from_secs(40);
/// How many deliveries of one tenant to take at a time.
const MOST_AT_A_TIME: usize = 512;
/// How many of one tenant's deliveries may be in hand at once: more than wait for all its receivers when each of their queues
/// is full, so that what goes to another one is always looked at.
const MOST_OF_TENANT: usize = 2_048;
/// How many deliveries may be in hand at once; more are left in the store.
const MOST_IN_HAND: usize = 20_000;
/// When to look again although nothing is known to come.
const IDLE: SignedDuration = SignedDuration::from_secs(30);
/// How long to wait when the store fails, or has less to give than it said.
const AFTER_FAILURE: SignedDuration = SignedDuration::from_secs(2);
/// How long a delivery is left alone that broke down, or whose end could not be stored; by chance up to twice as long.
const AFTER_BREAKDOWN: Duration = Duration::from_secs(30);

/// What there is to take.
#[derive(Debug, Default)]
struct Demand {
    /// What every tenant could be given now.
    wants: Vec<Want>,
    /// The tenants that may have no more in hand.
    full: Vec<Want>,
    /// When the next one comes that is not due yet.
    next_at: Option<Timestamp>,
}

impl Outbox {
    /// Tells, and does replays, until told to stop. What has begun is finished by the tasks that it runs in.
    pub(crate) async fn run(&self, stop: CancellationToken) {
        tokio::join!(self.run_deliveries(&stop), self.run_replays(&stop));
    }

    async fn run_deliveries(&self, stop: &CancellationToken) {
        let mut turns = Turns::default();
        while !stop.is_cancelled() {
            let next = match self.take_due(&mut turns, stop).await {
                Ok(next) => next,
                Err(error) => {
                    tracing::error!(%error, "events cannot be told");
                    later(self.context.clock.now(), AFTER_FAILURE)
                }
            };
            self.in_hand.rests(next);
            tokio::select! {
                () = stop.cancelled() => {}
                () = self.due.notified() => {}
                () = self.context.clock.sleep_until(next) => {}
            }
        }
    }

    /// Takes what is due until nothing more can be taken, and says when to look again.
    async fn take_due(&self, turns: &mut Turns, stop: &CancellationToken) -> Result<Timestamp, StoreError> {
        loop {
            self.in_hand.looks_around();
            let had = self.in_hand.len();
            let backlog = self.context.store.outbox_backlog().await?;
            let now = self.context.clock.now();
            let Demand { wants, full, next_at } = self.demand(backlog, now);
            let asked = wants.len();
            let shares = turns.share(wants, MOST_IN_HAND.saturating_sub(had), MOST_IN_HAND);
            let is_short = shares.len() < asked;
            let mut has_taken = false;
            for (tenant, places) in &shares {
                if stop.is_cancelled() {
                    return Ok(now);
                }
                let (store, replica) = (&self.context.store, &self.context.replica);
                let last_start = later(self.context.clock.now(), PATIENCE);
                let rows = store.lease_deliveries(tenant, replica, LEASE, *places).await?;
                has_taken |= !rows.is_empty();
                for row in rows {
                    self.hand_out(Leased { row, last_start }, stop);
                }
            }
            if has_taken {
                continue;
            }
            // Who is full is told of when it has room: its next one is due, and no time would be waited for.
            let has_room = full.iter().any(|want| self.in_hand.wants_more(&want.tenant, want.has));
            if has_room || (is_short && self.in_hand.want_more(had)) {
                continue;
            }
            let idle = later(now, if shares.is_empty() { IDLE } else { AFTER_FAILURE });
            return Ok(next_at.map_or(idle, |next| next.min(idle)));
        }
    }

    fn demand(&self, backlog: Vec<Backlog>, now: Timestamp) -> Demand {
        let tenants = self.context.tenants.load_full();
        let mut demand = Demand::default();
        for Backlog { tenant, next_at, .. } in backlog {
            if next_at > now {
                demand.next_at = Some(demand.next_at.map_or(next_at, |next| next.min(next_at)));
                continue;
            }
            let weight = tenants.get(&tenant).map_or(1, |tenant| tenant.delivery.weight);
            let has = self.in_hand.len_of(&tenant);
            let places = MOST_OF_TENANT.saturating_sub(has).min(MOST_AT_A_TIME);
            let want = Want { tenant, weight, has, places };
            if places == 0 { demand.full.push(want) } else { demand.wants.push(want) }
        }
        demand
    }

    fn hand_out(&self, leased: Leased, stop: &CancellationToken) {
        let OutboxRow { tenant, id, .. } = &leased.row;
        let Some(held) = self.in_hand.take(tenant, *id) else { return };
        let (this, stop) = (self.clone(), stop.clone());
        self.context.tasks.spawn(async move { this.attend(leased, held, &stop).await });
    }

    /// Attends to one, whatever comes of it, and gives its lease back.
    async fn attend(&self, leased: Leased, mut held: Held<DeliveryId>, stop: &CancellationToken) {
        let (tenant, id) = (&leased.row.tenant, leased.row.id);
        // One that breaks down again and again takes nothing with it but itself.
        let left = match AssertUnwindSafe(self.deliver(&leased, stop)).catch_unwind().await {
            Ok(Ok(left)) => left,
            Ok(Err(error)) => {
                tracing::warn!(tenant.id = %tenant, delivery.id = %id, %error, "telling an event was interrupted; it will be taken up again");
                self.after_breakdown()
            }
            Err(_panic) => {
                metrics::counter!("herald_outbox_panics_total").increment(1);
                tracing::error!(tenant.id = %tenant, delivery.id = %id, "telling an event broke down; it will be taken up again");
                self.after_breakdown()
            }
        };
        let not_before = match left {
            Left::Until(until) => Some(until),
            Left::Free => None,
        };
        loop {
            held.gives_back();
            let (store, replica) = (&self.context.store, &self.context.replica);
            let next = store.release_delivery(replica, tenant, id, not_before).await.unwrap_or_else(|error| {
                // The lease ends by itself.
                tracing::warn!(tenant.id = %tenant, delivery.id = %id, %error, "a lease could not be given back");
                None
            });
            match held.ends(next) {
                Ok(is_news) => {
                    if is_news {
                        self.wake();
                    }
                    return;
                }
                // The dispatcher took it once more, and could not hand it out.
                Err(again) => held = again,
            }
        }
    }

    fn after_breakdown(&self) -> Left {
        let wait = AFTER_BREAKDOWN.mul_f64(1.0 + chance::part(self.context.entropy.as_ref()));
        Left::Until(later(self.context.clock.now(), super::policy::signed(wait)))
    }
}
