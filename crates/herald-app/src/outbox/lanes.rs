//! How much is told at once, so that a slow receiver holds up its own tenant only.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use herald_core::id::{EndpointId, TenantId};
use jiff::Timestamp;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use url::Url;

/// How many messages go to one receiver at once.
const WIDTH: usize = 4;
/// How many events wait for one receiver in memory: more than it takes while a lease lasts, if it is quick. The others are
/// left in the store, so that what is due after them is reached.
const LENGTH: usize = 1024;
/// How many messages are under way at once. They are small and mostly wait, so this is far more than what a few receivers that
/// do not answer can hold: [`WIDTH`] each.
const MOST_AT_ONCE: usize = 512;

/// How many receivers are known before those are forgotten that nothing waits for.
const MANY_LANES: usize = 1024;

/// A tenant's receiver: its webhook endpoint, unless it is the one of logout tokens, and the origin of its address. Two
/// endpoints at one origin do not hold each other up.
type Key = (TenantId, Option<EndpointId>, String);

/// Bounds what is under way.
#[derive(Clone, Debug)]
pub(super) struct Lanes {
    all: Arc<Semaphore>,
    lanes: Arc<Mutex<HashMap<Key, Lane>>>,
}

#[derive(Debug)]
struct Lane {
    queue: Arc<Semaphore>,
    places: Arc<Semaphore>,
    /// Until when the receiver asked to be left alone.
    rests_until: Timestamp,
}

/// A place in the queue of a receiver.
#[derive(Debug)]
pub(super) struct Ticket {
    lanes: Lanes,
    key: Key,
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
        }
    }
}

impl Lanes {
    /// Queues up for the receiver at this address; nothing when its queue is full.
    pub(super) fn queue(
        &self,
        tenant: &TenantId,
        endpoint: Option<EndpointId>,
        url: &Url,
        now: Timestamp,
    ) -> Option<Ticket> {
        let key = (tenant.clone(), endpoint, url.origin().ascii_serialization());
        let mut lanes = self.lanes.lock().unwrap_or_else(PoisonError::into_inner);
        if lanes.len() >= MANY_LANES && lanes.len() == lanes.capacity() {
            // Tenants make and remove endpoints as they like: those that nothing waits for are forgotten.
            lanes.retain(|_, lane| lane.rests_until > now || lane.queue.available_permits() < LENGTH);
        }
        let lane = lanes.entry(key.clone()).or_default();
        let queue = Arc::clone(&lane.queue).try_acquire_owned().ok()?;
        Some(Ticket { lanes: self.clone(), key, places: Arc::clone(&lane.places), _queue: queue })
    }

    fn with<T>(&self, key: &Key, look: impl FnOnce(&mut Lane) -> T) -> T {
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

    /// Until when the receiver asked to be left alone, if that is not over.
    pub(super) fn rests_until(&self, now: Timestamp) -> Option<Timestamp> {
        Some(self.lanes.with(&self.key, |lane| lane.rests_until)).filter(|until| *until > now)
    }

    /// The receiver asks to be left alone until then.
    pub(super) fn rest(&self, until: Timestamp) {
        self.lanes.with(&self.key, |lane| lane.rests_until = lane.rests_until.max(until));
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn queue(lanes: &Lanes, tenant: &TenantId, url: &Url) -> Option<Ticket> {
        lanes.queue(tenant, None, url, Timestamp::UNIX_EPOCH)
    }

    fn url(text: &str) -> Url {
        text.parse().unwrap()
    }

    fn tenant(id: &str) -> TenantId {
        TenantId::parse(id).unwrap()
    }

    async fn is_blocked(ticket: &Ticket) -> bool {
        tokio::time::timeout(Duration::ZERO, ticket.turn()).await.is_err()
    }

    #[tokio::test]
    async fn a_slow_receiver_holds_up_its_own_tenant_only() {
        let (lanes, slow) = (Lanes::default(), url("https://slow.example/a"));
        let mut held = vec![];
        for _ in 0..WIDTH {
            let ticket = queue(&lanes, &tenant("a"), &slow).unwrap();
            held.push((ticket.turn().await, ticket));
        }
        // Another path at the same receiver is the same receiver.
        assert!(is_blocked(&queue(&lanes, &tenant("a"), &url("https://slow.example/b")).unwrap()).await);
        assert!(!is_blocked(&queue(&lanes, &tenant("b"), &slow).unwrap()).await);
        assert!(!is_blocked(&queue(&lanes, &tenant("a"), &url("https://quick.example")).unwrap()).await);
        held.pop();
        assert!(!is_blocked(&queue(&lanes, &tenant("a"), &slow).unwrap()).await);
    }

    #[tokio::test]
    async fn all_receivers_together_have_a_bound() {
        let lanes = Lanes::default();
        let mut held = vec![];
        for n in 0..MOST_AT_ONCE {
            let ticket = queue(&lanes, &tenant(&format!("t{n}")), &url("https://a.example")).unwrap();
            held.push((ticket.turn().await, ticket));
        }
        assert!(is_blocked(&queue(&lanes, &tenant("last"), &url("https://a.example")).unwrap()).await);
    }

    #[test]
    fn a_full_queue_takes_no_more() {
        let (lanes, url) = (Lanes::default(), url("https://a.example"));
        let mut held: Vec<_> = (0..LENGTH).map(|_| queue(&lanes, &tenant("a"), &url).unwrap()).collect();
        assert!(queue(&lanes, &tenant("a"), &url).is_none());
        assert!(queue(&lanes, &tenant("b"), &url).is_some());
        held.pop();
        assert!(queue(&lanes, &tenant("a"), &url).is_some());
    }

    #[test]
    fn a_rest_is_over_when_its_time_comes_and_never_shortened() {
        let (lanes, url) = (Lanes::default(), url("https://a.example"));
        let ticket = queue(&lanes, &tenant("a"), &url).unwrap();
        let at = |second| Timestamp::constant(second, 0);
        assert_eq!(ticket.rests_until(at(0)), None);
        ticket.rest(at(10));
        ticket.rest(at(5));
        let other = queue(&lanes, &tenant("a"), &url).unwrap();
        assert_eq!(other.rests_until(at(9)), Some(at(10)));
        assert_eq!(other.rests_until(at(10)), None);
    }

    #[tokio::test]
    async fn endpoints_at_one_origin_do_not_hold_each_other_up() {
        let (lanes, url) = (Lanes::default(), url("https://a.example"));
        let queue = |endpoint| {
            let endpoint = Some(EndpointId::from_u128(endpoint));
            lanes.queue(&tenant("a"), endpoint, &url, Timestamp::UNIX_EPOCH).unwrap()
        };
        let mut held = vec![];
        for _ in 0..WIDTH {
            let ticket = queue(1);
            held.push((ticket.turn().await, ticket));
        }
        assert!(is_blocked(&queue(1)).await);
        assert!(!is_blocked(&queue(2)).await);
    }

    #[test]
    fn receivers_that_nothing_waits_for_are_forgotten() {
        let (lanes, url) = (Lanes::default(), url("https://a.example"));
        let now = Timestamp::UNIX_EPOCH;
        let held = lanes.queue(&tenant("held"), None, &url, now).unwrap();
        lanes.queue(&tenant("rests"), None, &url, now).unwrap().rest(Timestamp::MAX);
        for endpoint in 0..100_000 {
            lanes.queue(&tenant("a"), Some(EndpointId::from_u128(endpoint)), &url, now).unwrap();
        }
        let lanes = lanes.lanes.lock().unwrap();
        assert!(lanes.len() < 4 * MANY_LANES, "{}", lanes.len());
        assert!(lanes.contains_key(&held.key));
        assert!(lanes.keys().any(|(tenant, ..)| tenant.as_str() == "rests"));
    }
}
