//! The rings of all tenants in memory, so that a signature is made and checked without the store.

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use arc_swap::{ArcSwap, ArcSwapOption};
use herald_core::{clock::Clock, id::TenantId, seal::Sealed, store::SecretRow};
use jiff::{SignedDuration, Timestamp};
use tokio::sync::Mutex;

use super::ring::KeyRing;
use crate::session::SessionError;

/// From this age on one caller reads a ring again, and the others go on with it.
const FRESH: SignedDuration = SignedDuration::from_secs(2);
/// Beyond this age a ring is not used: what another replica revoked is refused here within this.
const USABLE: SignedDuration = SignedDuration::from_secs(4);

/// The rings of all tenants.
#[derive(Debug, Default)]
pub(super) struct Shelf(ArcSwap<HashMap<TenantId, Arc<Slot>>>);

impl Shelf {
    /// The tenant's place, empty at first.
    pub(super) fn slot(&self, tenant: &TenantId) -> Arc<Slot> {
        if let Some(slot) = self.known(tenant) {
            return slot;
        }
        let fresh = Arc::<Slot>::default();
        self.0.rcu(|slots| {
            let mut slots = HashMap::clone(slots);
            slots.entry(tenant.clone()).or_insert_with(|| Arc::clone(&fresh));
            slots
        });
        // Somebody else's may have been first.
        self.known(tenant).unwrap_or(fresh)
    }

    /// The tenant's place, if it has one.
    pub(super) fn known(&self, tenant: &TenantId) -> Option<Arc<Slot>> {
        self.0.load().get(tenant).cloned()
    }
}

/// What the store had for a tenant.
#[derive(Debug)]
pub(super) struct Loaded {
    /// The tenant's ring; nothing while it has none.
    pub(super) ring: Option<Arc<KeyRing>>,
    /// The row that it came from; nothing while there is none.
    pub(super) row: Option<Origin>,
    /// When the reading began.
    pub(super) read_at: Timestamp,
}

impl Loaded {
    /// The version of the row, 0 while there is none.
    pub(super) fn version(&self) -> u64 {
        self.row.as_ref().map_or(0, |row| row.version)
    }
}

/// What tells a row from every other. A version alone does not: where the store was emptied, or lost what was written last, the
/// next row has a number that was there before.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Origin {
    /// The row's version.
    pub(super) version: u64,
    /// What it held, which no two writers seal alike.
    pub(super) body: Sealed,
}

impl From<SecretRow> for Origin {
    fn from(row: SecretRow) -> Self {
        Self { version: row.version, body: row.body }
    }
}

/// How good what is in memory is.
pub(super) enum Standing {
    /// Good without another look.
    Fresh(Arc<Loaded>),
    /// Good while somebody looks.
    Usable(Arc<Loaded>),
    /// Not good, or not there.
    Old,
}

/// One tenant's place on the shelf.
#[derive(Debug, Default)]
pub(super) struct Slot {
    loaded: ArcSwapOption<Loaded>,
    /// The right to read the tenant's row and to change it. Held for the whole of a change, so what is kept never goes back.
    pub(super) turn: Arc<Mutex<Turn>>,
    reads_ended: AtomicU64,
}

/// What is known to whoever's turn it is.
#[derive(Debug, Default)]
pub(super) struct Turn {
    /// How the last reading failed, if it did.
    pub(super) failure: Option<SessionError>,
    /// When a reading was last made for a key that was not known.
    pub(super) looked_at: Option<Timestamp>,
}

impl Slot {
    /// What is in memory, and how good it is now.
    pub(super) fn standing(&self, clock: &dyn Clock) -> Standing {
        // The time is taken last: what was kept meanwhile would seem to come from the future.
        let Some(loaded) = self.loaded.load_full() else { return Standing::Old };
        let age = clock.now().duration_since(loaded.read_at);
        if age.is_negative() || age > USABLE {
            Standing::Old
        } else if age > FRESH {
            Standing::Usable(loaded)
        } else {
            Standing::Fresh(loaded)
        }
    }

    /// Is this the ring in memory, and young enough to be used?
    pub(super) fn has(&self, ring: &Arc<KeyRing>, now: Timestamp) -> bool {
        self.loaded.load().as_ref().is_some_and(|loaded| {
            let age = now.duration_since(loaded.read_at);
            !age.is_negative()
                && age <= USABLE
                && loaded.ring.as_ref().is_some_and(|known| Arc::ptr_eq(known, ring))
        })
    }

    /// What is in memory, however old.
    pub(super) fn last(&self) -> Option<Arc<Loaded>> {
        self.loaded.load_full()
    }

    /// Keeps what the store has. Only for whoever's turn it is.
    pub(super) fn keep(&self, loaded: Loaded) -> Arc<Loaded> {
        let loaded = Arc::new(loaded);
        self.loaded.store(Some(Arc::clone(&loaded)));
        loaded
    }

    /// How many readings have ended, well or not.
    pub(super) fn reads_ended(&self) -> u64 {
        self.reads_ended.load(Ordering::Acquire)
    }

    /// Notes that a reading has ended.
    pub(super) fn read_has_ended(&self) {
        self.reads_ended.fetch_add(1, Ordering::AcqRel);
    }
}
