//! One store as several replicas have it: each with a handle of its own, by which it hears of what the others change, and which
//! can be cut off.

mod login;
mod notification;
mod outbox;
mod session;
mod small;

use std::{
    collections::{BTreeSet, HashSet},
    fmt,
    sync::{
        Arc, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
};

use async_trait::async_trait;
use herald_core::{
    id::{DeliveryId, TenantId},
    store::{Change, ChangeStore, Store, StoreError},
};
use tokio::sync::{
    Mutex,
    mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel},
};

/// One replica's handle of a store.
pub struct SharedStore {
    below: Arc<dyn Store>,
    others: Vec<UnboundedSender<Change>>,
    heard: Mutex<UnboundedReceiver<Change>>,
    is_deaf: AtomicBool,
    is_away: AtomicBool,
    is_short_sighted: AtomicBool,
    calls: AtomicUsize,
    leases: std::sync::Mutex<Leases>,
    /// The tenants whose leases it was asked to prolong.
    prolonging: std::sync::Mutex<BTreeSet<TenantId>>,
}

/// The deliveries that were leased by way of a handle.
#[derive(Debug, Default)]
struct Leases {
    held: HashSet<(TenantId, DeliveryId)>,
    /// How many calls are about to take some.
    beginning: usize,
}

impl fmt::Debug for SharedStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SharedStore").field("below", &self.below).finish_non_exhaustive()
    }
}

impl SharedStore {
    /// So many handles of this store.
    pub fn handles(below: &Arc<dyn Store>, count: usize) -> Vec<Arc<Self>> {
        let (tell, hear): (Vec<_>, Vec<_>) = (0..count).map(|_| unbounded_channel()).unzip();
        let handle = |(index, heard): (usize, UnboundedReceiver<Change>)| {
            let others = tell.iter().enumerate().filter(|(other, _)| *other != index);
            Arc::new(Self {
                below: Arc::clone(below),
                others: others.map(|(_, tell)| tell.clone()).collect(),
                heard: Mutex::new(heard),
                is_deaf: AtomicBool::new(false),
                is_away: AtomicBool::new(false),
                is_short_sighted: AtomicBool::new(false),
                calls: AtomicUsize::new(0),
                leases: std::sync::Mutex::default(),
                prolonging: std::sync::Mutex::default(),
            })
        };
        hear.into_iter().enumerate().map(handle).collect()
    }

    /// Does this replica hear nothing of what the others change? What it misses is lost to it.
    pub fn set_deaf(&self, is_deaf: bool) {
        self.is_deaf.store(is_deaf, Ordering::SeqCst);
    }

    /// Can this replica not reach the store? Then all that it asks for fails without effect.
    pub fn set_away(&self, is_away: bool) {
        self.is_away.store(is_away, Ordering::SeqCst);
    }

    /// Does every call that lists sessions look at one only? Then most pages are empty though more follow.
    pub fn set_short_sighted(&self, is_short_sighted: bool) {
        self.is_short_sighted.store(is_short_sighted, Ordering::SeqCst);
    }

    /// How often this replica has asked the store for anything, or tried to.
    pub fn calls(&self) -> usize {
        self.calls.load(Ordering::SeqCst)
    }

    /// Tells all the others that they may have missed something.
    pub fn tell_anything(&self) {
        self.tell(&Change::Anything);
    }

    /// Is a delivery in the hands of somebody who leased it by way of this handle, and has not given it back?
    pub fn has_deliveries_in_hand(&self) -> bool {
        let leases = self.leases();
        leases.beginning > 0 || !leases.held.is_empty()
    }

    /// The deliveries that were leased by way of this handle and not given back.
    pub fn deliveries_in_hand(&self) -> Vec<(TenantId, DeliveryId)> {
        self.leases().held.iter().cloned().collect()
    }

    /// The tenants whose leases this replica has asked the store to prolong, or tried to.
    pub fn asked_to_prolong(&self) -> BTreeSet<TenantId> {
        self.prolonging().clone()
    }

    fn prolonging(&self) -> MutexGuard<'_, BTreeSet<TenantId>> {
        self.prolonging.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn leases(&self) -> MutexGuard<'_, Leases> {
        self.leases.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The store, if it can be reached.
    fn reach(&self) -> Result<&dyn Store, StoreError> {
        self.calls.fetch_add(1, Ordering::SeqCst);
        if self.is_away.load(Ordering::SeqCst) {
            return Err(StoreError::Unavailable("this replica is cut off".into()));
        }
        Ok(self.below.as_ref())
    }

    fn tell(&self, change: &Change) {
        for other in &self.others {
            // A replica that is gone hears nothing.
            let _ = other.send(change.clone());
        }
    }

    /// Tells of the change, if there was one.
    fn told<T>(&self, written: T, is_written: bool, change: &Change) -> T {
        if is_written {
            self.tell(change);
        }
        written
    }
}

#[async_trait]
impl ChangeStore for SharedStore {
    async fn next_change(&self) -> Change {
        let mut heard = self.heard.lock().await;
        while let Some(change) = heard.recv().await {
            if !self.is_deaf.load(Ordering::SeqCst) {
                return change;
            }
        }
        // There is no other replica any more.
        std::future::pending().await
    }
}
