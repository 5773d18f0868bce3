//! How many sends go through a connection at once, and how many wait for it.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use herald_core::id::{ConnectionId, TenantId};
use jiff::SignedDuration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// What the first ones wait who find a queue full; who comes when as many again were turned away waits as long again.
const PAUSE: SignedDuration = SignedDuration::from_millis(500);
/// The longest that anybody is turned away for.
const LONGEST_PAUSE: SignedDuration = SignedDuration::from_secs(30);

/// Bounds the sends of each connection, and who waits for them, so that a slow provider holds up its own only. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub(super) struct Lanes(Arc<Mutex<HashMap<(TenantId, ConnectionId), Lane>>>);

#[derive(Clone, Debug)]
struct Lane {
    places: Arc<Semaphore>,
    width: usize,
    queue: Arc<Mutex<Queue>>,
}

#[derive(Debug, Default)]
struct Queue {
    waiting: usize,
    /// How many were turned away since it was last less than half full.
    turned_away: usize,
}

/// The queue is full: come back after this long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Full(pub(super) SignedDuration);

impl Lanes {
    /// Waits for a place among the `width` of this connection, with at most `most` others. A lane whose width is configured
    /// anew begins anew.
    pub(super) async fn enter(
        &self,
        tenant: &TenantId,
        connection: &ConnectionId,
        width: usize,
        most: usize,
    ) -> Result<OwnedSemaphorePermit, Full> {
        let lane = self.lane(tenant, connection, width);
        if let Ok(place) = Arc::clone(&lane.places).try_acquire_owned() {
            return Ok(place);
        }
        let _waiting = Waiting::begin(&lane.queue, most)?;
        // Never closed, so there is always a place in the end.
        lane.places.acquire_owned().await.map_err(|_| Full(LONGEST_PAUSE))
    }

    fn lane(&self, tenant: &TenantId, connection: &ConnectionId, width: usize) -> Lane {
        let mut lanes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let fresh = || Lane { places: Arc::new(Semaphore::new(width.max(1))), width, queue: Arc::default() };
        let lane = lanes.entry((tenant.clone(), connection.clone())).or_insert_with(fresh);
        if lane.width != width {
            *lane = fresh();
        }
        lane.clone()
    }
}

/// One who waits in a queue of at most so many.
struct Waiting<'a> {
    queue: &'a Mutex<Queue>,
    most: usize,
}

impl<'a> Waiting<'a> {
    fn begin(queue: &'a Mutex<Queue>, most: usize) -> Result<Self, Full> {
        let mut locked = queue.lock().unwrap_or_else(PoisonError::into_inner);
        if locked.waiting >= most {
            // Who is turned away late has many before him: so the head of a long queue does not keep coming back before its
            // tail was looked at even once.
            let rounds = i32::try_from(locked.turned_away / most.max(1)).unwrap_or(i32::MAX);
            locked.turned_away = locked.turned_away.saturating_add(1);
            return Err(Full(PAUSE.saturating_mul(rounds.saturating_add(1)).min(LONGEST_PAUSE)));
        }
        locked.waiting += 1;
        drop(locked);
        Ok(Self { queue, most })
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        let mut queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
        queue.waiting -= 1;
        if queue.waiting < self.most / 2 {
            queue.turned_away = 0;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn names() -> (TenantId, ConnectionId, ConnectionId) {
        let connection = |name| ConnectionId::parse(name).unwrap();
        (TenantId::parse("acme").unwrap(), connection("slow"), connection("quick"))
    }

    #[tokio::test]
    async fn a_full_lane_holds_up_its_own_connection_only() {
        let (lanes, (tenant, slow, quick)) = (Lanes::default(), names());
        let first = lanes.enter(&tenant, &slow, 1, 9).await;
        let second = lanes.enter(&tenant, &slow, 1, 9);
        tokio::pin!(second);
        assert!(tokio::time::timeout(Duration::ZERO, &mut second).await.is_err());
        assert!(lanes.enter(&tenant, &quick, 1, 9).await.is_ok());
        drop(first);
        assert!(second.await.is_ok());
    }

    #[tokio::test]
    async fn who_finds_a_queue_full_is_turned_away_for_longer_the_later_he_comes() {
        let (lanes, (tenant, slow, _)) = (Lanes::default(), names());
        let first = lanes.enter(&tenant, &slow, 1, 2).await;
        let mut waiting: Vec<_> = (0..2).map(|_| Box::pin(lanes.enter(&tenant, &slow, 1, 2))).collect();
        for waiting in &mut waiting {
            assert!(tokio::time::timeout(Duration::ZERO, waiting).await.is_err());
        }
        let mut pauses = vec![];
        for _ in 0..5 {
            pauses.push(lanes.enter(&tenant, &slow, 1, 2).await.unwrap_err().0.as_millis());
        }
        assert_eq!(pauses, [500, 500, 1_000, 1_000, 1_500]);
        // When the queue has emptied, nobody is before who comes then.
        waiting.clear();
        drop(first);
        assert!(lanes.enter(&tenant, &slow, 1, 2).await.is_ok());
    }
}
