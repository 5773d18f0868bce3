//! The book of rings: read from the store when they are needed, changed there by compare-and-swap.

use std::sync::Arc;

use herald_core::{
    id::TenantId,
    jwt::Algorithm,
    store::{SecretRow, SecretStore, StoreError},
};
use jiff::{SignedDuration, Timestamp};
use tokio::sync::OwnedMutexGuard;

use super::{
    ring::KeyRing,
    shelf::{Loaded, Origin, Shelf, Slot, Standing, Turn},
};
use crate::{herald::Context, session::SessionError};

/// What the ring is called in the store.
pub(super) const NAME: &str = "signing-keys";
/// How long after a look for an unknown key the next one is made at the earliest: made-up ids must not become load.
const COOLDOWN: SignedDuration = SignedDuration::from_secs(1);

/// Loads and saves rings.
#[derive(Debug)]
pub(super) struct Book {
    context: Arc<Context>,
    store: Arc<dyn SecretStore>,
    shelf: Shelf,
}

impl Book {
    pub(super) fn new(context: Arc<Context>, store: Arc<dyn SecretStore>) -> Self {
        Self { context, store, shelf: Shelf::default() }
    }

    /// The tenant's ring, at most four seconds old; no ring while the tenant has none.
    ///
    /// One caller at a time reads the store, and who waited for it shares its failure. While the store fails, a ring serves until
    /// it is too old.
    pub(super) async fn load(&self, tenant: &TenantId) -> Result<Arc<Loaded>, SessionError> {
        let slot = self.shelf.slot(tenant);
        let clock = self.context.clock.as_ref();
        let seen = slot.reads_ended();
        let mut turn = match slot.standing(clock) {
            Standing::Fresh(loaded) => return Ok(loaded),
            Standing::Usable(loaded) => match slot.turn.try_lock() {
                Ok(turn) => turn,
                Err(_) => return Ok(loaded),
            },
            Standing::Old => slot.turn.lock().await,
        };
        if let Standing::Fresh(loaded) = slot.standing(clock) {
            return Ok(loaded);
        }
        let read = match &turn.failure {
            Some(error) if slot.reads_ended() > seen => Err(same(error)),
            _ => self.read(tenant, &slot, &mut turn).await,
        };
        match (read, slot.standing(clock)) {
            (Err(_), Standing::Fresh(loaded) | Standing::Usable(loaded)) => Ok(loaded),
            (read, _) => read,
        }
    }

    /// The tenant's ring with the key of this id: read once more where it is not in the one at hand, but not more often than
    /// once a second.
    pub(super) async fn load_with(&self, tenant: &TenantId, kid: &str) -> Result<Arc<Loaded>, SessionError> {
        let has = |loaded: &Loaded| {
            loaded.ring.as_ref().is_some_and(|ring| ring.key(kid, self.context.clock.now()).is_some())
        };
        let loaded = self.load(tenant).await?;
        if has(&loaded) {
            return Ok(loaded);
        }
        let slot = self.shelf.slot(tenant);
        let mut turn = slot.turn.lock().await;
        // What somebody else read meanwhile may have it.
        let loaded = match slot.standing(self.context.clock.as_ref()) {
            Standing::Fresh(loaded) | Standing::Usable(loaded) => loaded,
            Standing::Old => return self.read(tenant, &slot, &mut turn).await,
        };
        if has(&loaded) {
            return Ok(loaded);
        }
        let now = self.context.clock.now();
        let is_too_soon = |last| (SignedDuration::ZERO..COOLDOWN).contains(&now.duration_since(last));
        if turn.looked_at.is_some_and(is_too_soon) {
            // Where the last look failed, nobody knows that there is no such key.
            return turn.failure.as_ref().map_or(Ok(loaded), |error| Err(same(error)));
        }
        turn.looked_at = Some(now);
        self.read(tenant, &slot, &mut turn).await
    }

    /// Reads the tenant's ring again, if it is in memory. One that cannot be read stays until it is too old.
    pub(super) async fn refresh(&self, tenant: &TenantId) -> Result<(), SessionError> {
        let Some(slot) = self.shelf.known(tenant) else { return Ok(()) };
        let mut turn = slot.turn.lock().await;
        self.read(tenant, &slot, &mut turn).await.map(drop)
    }

    /// The tenant's ring as the store has it at this moment; waits for nobody's turn and keeps nothing.
    pub(super) async fn peek(&self, tenant: &TenantId) -> Result<Option<Arc<KeyRing>>, SessionError> {
        Ok(self.read_row(tenant, &self.shelf.slot(tenant)).await?.0)
    }

    /// The tenant's ring as it is in memory, unless it is too old to say anything.
    pub(super) fn at_hand(&self, tenant: &TenantId) -> Option<Arc<Loaded>> {
        match self.shelf.known(tenant)?.standing(self.context.clock.as_ref()) {
            Standing::Fresh(loaded) | Standing::Usable(loaded) => Some(loaded),
            Standing::Old => None,
        }
    }

    /// The same with the tenant's place on the shelf; nothing where the tenant has no ring either.
    pub(super) fn ring_at_hand(&self, tenant: &TenantId) -> Option<(Arc<Slot>, Arc<KeyRing>)> {
        let ring = self.at_hand(tenant)?.ring.clone()?;
        Some((self.shelf.known(tenant)?, ring))
    }

    /// The right to change the tenant's ring, when it is free.
    pub(super) async fn turn(&self, tenant: &TenantId) -> OwnedMutexGuard<Turn> {
        Arc::clone(&self.shelf.slot(tenant).turn).lock_owned().await
    }

    /// The right to change the tenant's ring, if it is free.
    pub(super) fn try_turn(&self, tenant: &TenantId) -> Option<OwnedMutexGuard<Turn>> {
        Arc::clone(&self.shelf.slot(tenant).turn).try_lock_owned().ok()
    }

    /// Loads, changes, saves, and on a lost race starts over. A tenant without a ring gets a new one. `change` gives nothing to
    /// leave the ring as it is.
    ///
    /// Goes on when its caller hangs up, so that what is in the store is also in memory.
    pub(super) async fn change(
        self: &Arc<Self>,
        tenant: &TenantId,
        algorithm: Algorithm,
        mut turn: OwnedMutexGuard<Turn>,
        change: impl Fn(&KeyRing, Timestamp) -> Option<KeyRing> + Send + 'static,
    ) -> Result<Arc<KeyRing>, SessionError> {
        let (this, tenant) = (Arc::clone(self), tenant.clone());
        let slot = self.shelf.slot(&tenant);
        let work = async move {
            loop {
                let loaded = this.read(&tenant, &slot, &mut turn).await?;
                let now = this.context.clock.now();
                let ring = match &loaded.ring {
                    Some(ring) => match change(ring, now) {
                        Some(changed) => changed,
                        None => return Ok(Arc::clone(ring)),
                    },
                    None => KeyRing::generate(algorithm, now),
                };
                let row = this.row(&tenant, loaded.version() + 1, &ring);
                if this.store.replace_secret(&row).await? {
                    let ring = Arc::new(ring);
                    tracing::info!(tenant.id = %tenant, kid = ring.current().kid(), "another key signs from now on");
                    slot.keep(Loaded { ring: Some(Arc::clone(&ring)), row: Some(row.into()), read_at: now });
                    return Ok(ring);
                }
            }
        };
        self.context.tasks.finish(work).await?
    }

    /// Reads the tenant's row, for whoever's turn it is.
    async fn read(
        &self,
        tenant: &TenantId,
        slot: &Slot,
        turn: &mut Turn,
    ) -> Result<Arc<Loaded>, SessionError> {
        let read_at = self.context.clock.now();
        let read = self.read_row(tenant, slot).await;
        slot.read_has_ended();
        turn.failure = read.as_ref().err().map(same);
        let (ring, row) = read?;
        Ok(slot.keep(Loaded { ring, row, read_at }))
    }

    async fn read_row(
        &self,
        tenant: &TenantId,
        slot: &Slot,
    ) -> Result<(Option<Arc<KeyRing>>, Option<Origin>), SessionError> {
        let Some(row) = self.store.secret(tenant, NAME).await? else { return Ok((None, None)) };
        let row = Origin::from(row);
        // Mostly nothing has changed, and to open a ring is to parse its keys.
        let ring = match slot.last().filter(|last| last.row.as_ref() == Some(&row)) {
            Some(last) => last.ring.clone(),
            None => Some(Arc::new(self.context.vault.open(tenant, "secret", NAME, &row.body)?)),
        };
        Ok((ring, Some(row)))
    }

    fn row(&self, tenant: &TenantId, version: u64, ring: &KeyRing) -> SecretRow {
        SecretRow {
            tenant: tenant.clone(),
            name: NAME.to_owned(),
            version,
            purge_at: None,
            body: self.context.vault.seal(tenant, "secret", NAME, ring),
        }
    }
}

/// The same failure for another caller.
fn same(error: &SessionError) -> SessionError {
    match error {
        SessionError::Store(StoreError::Unavailable(cause)) => {
            StoreError::Unavailable(cause.to_string().into()).into()
        }
        SessionError::Store(StoreError::Corrupt(what)) => StoreError::Corrupt(what.clone()).into(),
        SessionError::Unreadable(error) => (*error).into(),
        SessionError::Lost(error) => (*error).into(),
        SessionError::AccountGone => SessionError::AccountGone,
    }
}
