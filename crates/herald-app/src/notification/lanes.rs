//! How many sends go through a connection at once, and which notifications are in hand.

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex, PoisonError},
};

use herald_core::id::{ConnectionId, NotificationId, TenantId};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Bounds the sends of each connection, so that a slow provider holds up its own only.
#[derive(Clone, Debug, Default)]
pub(super) struct Lanes(Arc<Mutex<HashMap<(TenantId, ConnectionId), Lane>>>);

#[derive(Clone, Debug)]
struct Lane {
    places: Arc<Semaphore>,
    width: usize,
}

impl Lanes {
    /// Waits for a place among the `width` of this connection. A lane whose width is configured anew begins anew.
    pub(super) async fn enter(
        &self,
        tenant: &TenantId,
        connection: &ConnectionId,
        width: usize,
    ) -> Option<OwnedSemaphorePermit> {
        let places = {
            let mut lanes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            let fresh = || Lane { places: Arc::new(Semaphore::new(width.max(1))), width };
            let lane = lanes.entry((tenant.clone(), connection.clone())).or_insert_with(fresh);
            if lane.width != width {
                *lane = fresh();
            }
            Arc::clone(&lane.places)
        };
        // Never closed, so there is always a place in the end.
        places.acquire_owned().await.ok()
    }
}

/// The notifications that are being delivered by this process: one that waits longer than its lease is not taken up twice.
#[derive(Clone, Debug, Default)]
pub(super) struct InHand(Arc<Mutex<HashSet<(TenantId, NotificationId)>>>);

/// Held while one is delivered.
#[derive(Debug)]
pub(super) struct Held {
    all: InHand,
    key: (TenantId, NotificationId),
}

impl InHand {
    /// Takes it in hand; nothing if it is already.
    pub(super) fn take(&self, tenant: &TenantId, id: NotificationId) -> Option<Held> {
        let key = (tenant.clone(), id);
        let is_new = self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(key.clone());
        is_new.then(|| Held { all: self.clone(), key })
    }

    /// How many are in hand.
    pub(super) fn len(&self) -> usize {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).len()
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.all.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.key);
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[tokio::test]
    async fn a_full_lane_holds_up_its_own_connection_only() {
        let (lanes, tenant) = (Lanes::default(), TenantId::parse("acme").unwrap());
        let (slow, quick) = (ConnectionId::parse("slow").unwrap(), ConnectionId::parse("quick").unwrap());
        let first = lanes.enter(&tenant, &slow, 1).await;
        let second = lanes.enter(&tenant, &slow, 1);
        tokio::pin!(second);
        assert!(tokio::time::timeout(Duration::ZERO, &mut second).await.is_err());
        assert!(lanes.enter(&tenant, &quick, 1).await.is_some());
        drop(first);
        assert!(second.await.is_some());
    }

    #[test]
    fn one_notification_is_in_hand_once() {
        let (all, tenant) = (InHand::default(), TenantId::parse("acme").unwrap());
        let id = NotificationId::from_u128(1);
        let held = all.take(&tenant, id);
        assert!(held.is_some() && all.take(&tenant, id).is_none());
        drop(held);
        assert!(all.take(&tenant, id).is_some());
    }
}
