//! Takes notifications that are due, from every tenant its part, and has them attended to.

use std::{collections::HashSet, panic::AssertUnwindSafe, time::Duration};

use futures_util::FutureExt as _;
use herald_core::{
    failpoint,
    id::{NotificationId, TenantId},
    store::{Backlog, NotificationRow, StoreError},
};
use jiff::{SignedDuration, Timestamp};
use tokio_util::sync::CancellationToken;

use super::{Notifications, NotifyError, deliver::Left};
use crate::{
    chance,
    fair::{Turns, Want},
    in_hand::Held,
    tenant::DeliveryRules,
};

/// How long a delivery may last before another replica looks after the notification. What was sent is guarded by the
/// record's own deadline; this only keeps two replicas from doing the same look-up work.
const LEASE: Duration = Duration::from_secs(60);
/// How many notifications of one tenant to take at a time.
const MOST_AT_A_TIME: usize = 512;
/// How many notifications may be in hand at once; more are left in the store.
const MOST_IN_HAND: usize = 20_000;
/// When to look again although nothing is known to come.
const IDLE: SignedDuration = SignedDuration::from_secs(30);
/// How long to wait when the store fails, or has less to give than it said.
const AFTER_FAILURE: SignedDuration = SignedDuration::from_secs(2);
/// How long a notification is left alone at first whose delivery broke down. It is left alone for as long as it is late, so for
/// about twice as long each time, up to the longest; and by chance up to half as long again.
const AFTER_BREAKDOWN: SignedDuration = SignedDuration::from_secs(30);
const LONG_AFTER_BREAKDOWN: SignedDuration = SignedDuration::from_mins(15);

/// What the dispatcher remembers from one look to the next.
#[derive(Debug, Default)]
struct Rounds {
    turns: Turns,
    /// The tenants that had something waiting.
    shown: HashSet<TenantId>,
}

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

impl Notifications {
    /// Delivers until told to stop. What has begun is finished by the tasks that it runs in.
    pub(crate) async fn run(&self, stop: CancellationToken) {
        let mut rounds = Rounds::default();
        while !stop.is_cancelled() {
            let next = match self.take_due(&mut rounds, &stop).await {
                Ok(next) => next,
                Err(error) => {
                    tracing::error!(%error, "notifications cannot be delivered");
                    self.context.clock.now() + AFTER_FAILURE
                }
            };
            self.in_hand.rests(next);
            tokio::select! {
                () = stop.cancelled() => {}
                () = self.book.something_due() => {}
                () = self.context.clock.sleep_until(next) => {}
            }
        }
    }

    /// Takes what is due until nothing more can be taken, and says when to look again.
    async fn take_due(&self, rounds: &mut Rounds, stop: &CancellationToken) -> Result<Timestamp, StoreError> {
        loop {
            self.in_hand.looks_around();
            let had = self.in_hand.len();
            let backlog = self.context.store.notification_backlog().await?;
            let now = self.context.clock.now();
            show(&backlog, &mut rounds.shown, now);
            let Demand { wants, full, next_at } = self.demand(backlog, now);
            if !wants.is_empty() {
                failpoint::pass("K3");
            }
            let asked = wants.len();
            let shares = rounds.turns.share(wants, MOST_IN_HAND.saturating_sub(had), MOST_IN_HAND);
            let is_short = shares.len() < asked;
            let mut has_taken = false;
            for (tenant, places) in &shares {
                if stop.is_cancelled() {
                    return Ok(now);
                }
                let replica = &self.context.replica;
                match self.context.store.lease_notifications(tenant, replica, LEASE, *places).await {
                    Ok(rows) => {
                        has_taken |= !rows.is_empty();
                        for row in rows {
                            self.hand_out(row, stop);
                        }
                    }
                    // What cannot be taken of one tenant keeps nobody else waiting.
                    Err(error) => {
                        tracing::error!(tenant.id = %tenant, %error, "notifications of a tenant cannot be taken");
                    }
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
            let idle = now + if shares.is_empty() { IDLE } else { AFTER_FAILURE };
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
            // What is left of a tenant that is not configured here is put off, or expires, like everybody's.
            let rules = tenants.get(&tenant).map_or_else(DeliveryRules::default, |tenant| tenant.delivery);
            let has = self.in_hand.len_of(&tenant);
            let places = rules.max_in_flight.max(1).saturating_sub(has).min(MOST_AT_A_TIME);
            let want = Want { tenant, weight: rules.weight, has, places };
            if places == 0 { demand.full.push(want) } else { demand.wants.push(want) }
        }
        demand
    }

    fn hand_out(&self, row: NotificationRow, stop: &CancellationToken) {
        let Some(held) = self.in_hand.take(&row.tenant, row.id) else { return };
        let (this, stop) = (self.clone(), stop.clone());
        self.context.tasks.spawn(async move { this.attend(row, held, &stop).await });
    }

    /// Attends to one, whatever comes of it, and gives its lease back.
    async fn attend(&self, row: NotificationRow, held: Held<NotificationId>, stop: &CancellationToken) {
        let (tenant, id) = (&row.tenant, row.id);
        // One that breaks down again and again takes nothing with it but itself.
        let left = match AssertUnwindSafe(self.deliver(&row, stop)).catch_unwind().await {
            Ok(Ok(left)) => left,
            Ok(Err(NotifyError::Store(StoreError::Unavailable(error)))) => {
                tracing::warn!(tenant.id = %tenant, notification.id = %id, %error, "a delivery was interrupted; it will be taken up again");
                let entropy = self.context.entropy.as_ref();
                Left::Until(self.context.clock.now() + AFTER_FAILURE + chance::up_to(AFTER_FAILURE, entropy))
            }
            Ok(Err(error)) => {
                tracing::error!(tenant.id = %tenant, notification.id = %id, %error, "a delivery failed; it will be taken up again");
                self.put_off(&row)
            }
            Err(_panic) => {
                metrics::counter!("herald_notification_panics_total").increment(1);
                tracing::error!(tenant.id = %tenant, notification.id = %id, "a delivery broke down; it will be taken up again");
                self.put_off(&row)
            }
        };
        self.give_back(&row, held, left).await;
    }

    /// For longer each time.
    fn put_off(&self, row: &NotificationRow) -> Left {
        let now = self.context.clock.now();
        let late = now.duration_since(row.due_at.unwrap_or(now));
        let wait = late.clamp(AFTER_BREAKDOWN, LONG_AFTER_BREAKDOWN);
        Left::Until(now + wait + chance::up_to(wait / 2, self.context.entropy.as_ref()))
    }

    /// Gives the lease of one back that was left like this, and tells the dispatcher if that is news to it.
    async fn give_back(&self, row: &NotificationRow, mut held: Held<NotificationId>, left: Left) {
        let (tenant, id) = (&row.tenant, row.id);
        let not_before = match left {
            Left::Until(until) => Some(until),
            Left::Free => None,
        };
        loop {
            held.gives_back();
            let replica = &self.context.replica;
            let released = self.context.store.release_notification(replica, tenant, id, not_before).await;
            let next = released.unwrap_or_else(|error| {
                // The lease ends by itself.
                tracing::warn!(tenant.id = %tenant, notification.id = %id, %error, "a lease could not be given back");
                None
            });
            match held.ends(next) {
                Ok(is_news) => {
                    if is_news {
                        self.book.wake();
                    }
                    return;
                }
                // The dispatcher took it once more, and could not hand it out.
                Err(again) => held = again,
            }
        }
    }
}

/// Shows operators what waits, and for how long.
fn show(backlog: &[Backlog], shown: &mut HashSet<TenantId>, now: Timestamp) {
    let set = |tenant: &TenantId, waiting: f64, seconds: f64| {
        let tenant = tenant.as_str().to_owned();
        metrics::gauge!("herald_notifications_waiting", "tenant" => tenant.clone()).set(waiting);
        metrics::gauge!("herald_notifications_oldest_due_seconds", "tenant" => tenant).set(seconds);
    };
    let mut gone = std::mem::take(shown);
    for Backlog { tenant, waiting, oldest_due_at, .. } in backlog {
        let late = now.duration_since(*oldest_due_at).as_secs_f64().max(0.0);
        set(tenant, u32::try_from(*waiting).map_or(f64::from(u32::MAX), f64::from), late);
        gone.remove(tenant);
        shown.insert(tenant.clone());
    }
    for tenant in gone {
        set(&tenant, 0.0, 0.0);
    }
}
