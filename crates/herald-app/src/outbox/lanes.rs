//! How much is told at once, so that a slow receiver holds up itself only.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use herald_core::{
    clock::Entropy,
    id::{EndpointId, TenantId},
};
use jiff::{SignedDuration, Timestamp};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use url::Url;

use super::{comeback::Comeback, later};
use crate::chance;

/// How many messages go to one receiver at once.
const WIDTH: usize = 4;
/// How many events wait for one receiver in memory. The others are put off, so that what is due after them is reached.
pub(super) const LENGTH: usize = 64;
/// How many messages are under way at once. They are small and mostly wait, so this is far more than what a few receivers that
/// do not answer can hold: [`WIDTH`] each.
const MOST_AT_ONCE: usize = 512;
/// How many receivers are known before those are forgotten that nothing waits for.
const MANY_LANES: usize = 1024;

/// How long the first ones are put off who find a queue full.
const PAUSE: SignedDuration = SignedDuration::from_millis(200);
/// After so many tries in a row without an answer a receiver is left alone for a while: each of them costs ten seconds.
const MOST_SILENCES: u32 = 3;
/// For how long, the first time; then twice as long, until it answers. Each a fifth more or less.
const FIRST_REST: SignedDuration = SignedDuration::from_secs(10);
/// The longest such rest.
const LONGEST_REST: SignedDuration = SignedDuration::from_mins(5);
/// How often it is said of a receiver that it is told later.
const SAY_EVERY: SignedDuration = SignedDuration::from_mins(1);

/// A tenant's receiver: its webhook endpoint, unless it is the one of logout tokens, and the origin of its address, if it has
/// one now. Two endpoints at one origin do not hold each other up.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct LaneKey {
    tenant: TenantId,
    endpoint: Option<EndpointId>,
    origin: Option<String>,
}

impl LaneKey {
    pub(super) fn new(tenant: &TenantId, endpoint: Option<EndpointId>, url: Option<&Url>) -> Self {
        let origin = url.map(|url| url.origin().ascii_serialization());
        Self { tenant: tenant.clone(), endpoint, origin }
    }
}

/// Bounds what is under way. Cheap to clone.
#[derive(Clone, Debug)]
pub(super) struct Lanes {
    all: Arc<Semaphore>,
    lanes: Arc<Mutex<HashMap<LaneKey, Lane>>>,
}

#[derive(Debug)]
struct Lane {
    queue: Arc<Semaphore>,
    places: Arc<Semaphore>,
    /// Until when the receiver is left alone.
    rests_until: Timestamp,
    /// How many tries in a row had no answer; of those that ran at the same time, one.
    silences: u32,
    /// When those that were put off come back.
    comeback: Comeback,
    /// When it was last said that the receiver is told later.
    said_at: Option<Timestamp>,
}

/// A place in the queue of a receiver.
#[derive(Debug)]
pub(super) struct Ticket {
    lanes: Lanes,
    key: LaneKey,
    places: Arc<Semaphore>,
    _queue: OwnedSemaphorePermit,
}

/// The right to send one message now.
#[derive(Debug)]
pub(super) struct Place {
    _lane: OwnedSemaphorePermit,
    _all: OwnedSemaphorePermit,
}

impl Default for Lanes {
    fn default() -> Self {
        Self { all: Arc::new(Semaphore::new(MOST_AT_ONCE)), lanes: Arc::default() }
    }
}

impl Default for Lane {
    fn default() -> Self {
        Self {
            queue: Arc::new(Semaphore::new(LENGTH)),
            places: Arc::new(Semaphore::new(WIDTH)),
            rests_until: Timestamp::MIN,
            silences: 0,
            comeback: Comeback::default(),
            said_at: None,
        }
    }
}

impl Lane {
    fn is_idle(&self, now: Timestamp) -> bool {
        self.rests_until <= now
            && self.comeback.is_over(now)
            && self.queue.available_permits() == LENGTH
            && self.said_at.is_none_or(|at| now.duration_since(at) >= SAY_EVERY)
    }
}

impl Lanes {
    /// Queues up for this receiver; when its queue is full, or it is to be left alone and this is not urgent, says when to come
    /// back.
    pub(super) fn queue(&self, key: LaneKey, is_urgent: bool, now: Timestamp) -> Result<Ticket, Timestamp> {
        let mut lanes = self.lanes.lock().unwrap_or_else(PoisonError::into_inner);
        if lanes.len() >= MANY_LANES && lanes.len() == lanes.capacity() {
            // Tenants make and remove endpoints as they like: those that nothing waits for are forgotten.
            lanes.retain(|_, lane| !lane.is_idle(now));
        }
        let lane = lanes.entry(key.clone()).or_default();
        if lane.rests_until > now && !is_urgent {
            return Err(lane.comeback.next(lane.rests_until));
        }
        let Ok(queue) = Arc::clone(&lane.queue).try_acquire_owned() else {
            return Err(lane.comeback.next(later(now, PAUSE)));
        };
        Ok(Ticket { lanes: self.clone(), key, places: Arc::clone(&lane.places), _queue: queue })
    }

    /// Ends the rest of an endpoint: somebody says that it takes calls again. What was put off before comes back in its time.
    pub(super) fn wake(&self, tenant: &TenantId, endpoint: EndpointId) {
        let mut lanes = self.lanes.lock().unwrap_or_else(PoisonError::into_inner);
        let its = lanes.iter_mut().filter(|(key, _)| key.endpoint == Some(endpoint) && key.tenant == *tenant);
        for (_, lane) in its {
            (lane.rests_until, lane.comeback) = (Timestamp::MIN, Comeback::default());
        }
    }

    /// When something comes back that is put off until this time, after all that was put off before it.
    pub(super) fn put_off(&self, key: &LaneKey, until: Timestamp) -> Timestamp {
        self.with(key, |lane| lane.comeback.next(until))
    }

    fn with<T>(&self, key: &LaneKey, look: impl FnOnce(&mut Lane) -> T) -> T {
        let mut lanes = self.lanes.lock().unwrap_or_else(PoisonError::into_inner);
        look(lanes.entry(key.clone()).or_default())
    }
}

impl Ticket {
    /// Waits for its turn.
    pub(super) async fn turn(&self) -> Option<Place> {
        // Neither is ever closed, so there is always a place in the end. The lane's own first: who waits for a slow receiver
        // must not take a place from the others.
        let lane = Arc::clone(&self.places).acquire_owned().await.ok()?;
        let all = Arc::clone(&self.lanes.all).acquire_owned().await.ok()?;
        Some(Place { _lane: lane, _all: all })
    }

    /// Until when the receiver is left alone, if that is not over.
    pub(super) fn rests_until(&self, now: Timestamp) -> Option<Timestamp> {
        Some(self.lanes.with(&self.key, |lane| lane.rests_until)).filter(|until| *until > now)
    }

    /// The turn did not come, or was not used: when to come back.
    pub(super) fn put_off(&self, now: Timestamp) -> Timestamp {
        self.lanes.with(&self.key, |lane| lane.comeback.next(lane.rests_until.max(later(now, PAUSE))))
    }

    /// The receiver answered, and may have asked to be left alone until then.
    pub(super) fn answered(&self, rests_until: Option<Timestamp>) {
        self.lanes.with(&self.key, |lane| {
            lane.silences = 0;
            lane.rests_until = rests_until.map_or(lane.rests_until, |until| lane.rests_until.max(until));
        });
    }

    /// The receiver did not answer.
    pub(super) fn was_silent(&self, now: Timestamp, entropy: &dyn Entropy) {
        let jitter = 0.8 + 0.4 * chance::part(entropy);
        self.lanes.with(&self.key, |lane| {
            if lane.rests_until > now {
                // It ran at the same time as the one after which the rest began.
                return;
            }
            lane.silences = lane.silences.saturating_add(1);
            if let Some(doublings) = lane.silences.checked_sub(MOST_SILENCES) {
                let rest = FIRST_REST.saturating_mul(1 << doublings.min(10)).min(LONGEST_REST);
                lane.rests_until = later(now, SignedDuration::from_secs_f64(rest.as_secs_f64() * jitter));
            }
        });
    }

    /// Is it time again to say of this receiver that it is told later?
    pub(super) fn may_say(&self, now: Timestamp) -> bool {
        self.lanes.with(&self.key, |lane| {
            let may_say = lane.said_at.is_none_or(|at| now.duration_since(at).abs() >= SAY_EVERY);
            if may_say {
                lane.said_at = Some(now);
            }
            may_say
        })
    }
}

#[cfg(test)]
#[path = "lanes_tests.rs"]
mod tests;
