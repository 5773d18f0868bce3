//! A tenant's signing keys: made at first use, published before they sign, retired before they go.
//!
//! ```text
//! made ──► Next ── rotation ──► Current ── rotation ──► Retired ── its tokens are over ──► gone
//!         published            signs                   verifies
//! ```
//!
//! # Where things are
//! - `ring`: what a ring is and what a rotation does to it, without time or store. `key`: how a key is written.
//! - `book`: the ring in the store, sealed, changed by compare-and-swap. `shelf`: the ring in memory.
//! - `schedule`: rotation when it is due.
//!
//! # Things to note
//! - A rotation takes effect at once and no verifier meets an unknown key: the key that signs was in every key set published
//!   since the rotation before. Two rotations within [`JWKS_MAX_AGE_SECONDS`], a change of the algorithm and
//!   [`SigningKeys::revoke_all`] are the exceptions: who keeps the published keys has to look again when it meets a new id.
//! - What is in memory is at most four seconds old; then the store is asked, and while it does not answer nothing is signed
//!   and nothing verifies.

mod book;
mod key;
mod ring;
mod schedule;
mod shelf;
#[cfg(test)]
mod tests;

pub use ring::{JWKS_MAX_AGE_SECONDS, KeyInfo, KeyState};

use std::sync::Arc;

use herald_core::{
    id::TenantId,
    jwt::{PublicJwk, VerifyingKey},
    store::SecretStore,
};
use jiff::Timestamp;
use serde::Serialize;

use self::{book::Book, ring::KeyRing, shelf::Slot};
use super::SessionError;
use crate::{herald::Context, tenant::Tenant};

/// The signing keys of all tenants. Cheap to clone.
#[derive(Clone, Debug)]
pub struct SigningKeys {
    context: Arc<Context>,
    book: Arc<Book>,
}

impl SigningKeys {
    pub(crate) fn new(context: Arc<Context>) -> Self {
        let store = context.store.clone();
        Self::over(context, store)
    }

    /// The same with the keys in this store.
    fn over(context: Arc<Context>, store: Arc<dyn SecretStore>) -> Self {
        let book = Arc::new(Book::new(Arc::clone(&context), store));
        Self { context, book }
    }

    /// The tenant's issuer (RFC 8414, 2), below which its keys are published. No slash at its end.
    pub fn issuer(&self, tenant: &Tenant) -> String {
        format!("{}/t/{}", self.context.public_url, tenant.id)
    }

    /// The public halves of all keys that verify now (RFC 7517, 5), the current one first; made at first use.
    ///
    /// May be kept for [`JWKS_MAX_AGE_SECONDS`].
    pub async fn jwks(&self, tenant: &Tenant) -> Result<Vec<PublicJwk>, SessionError> {
        Ok(self.ring(tenant).await?.public(self.context.clock.now()))
    }

    /// All keys that verify now: the current one, the next one, the retired ones, newest first; made at first use.
    pub async fn list(&self, tenant: &Tenant) -> Result<Vec<KeyInfo>, SessionError> {
        Ok(self.infos(&*self.ring(tenant).await?))
    }

    /// Rotates: the next key signs from now on, and the one that did verifies until its tokens are over. Gives the keys as they
    /// are then.
    ///
    /// Of calls at the same time, here and on other replicas, one rotates, and all give its keys.
    pub async fn rotate(&self, tenant: &Tenant) -> Result<Vec<KeyInfo>, SessionError> {
        let algorithm = tenant.sessions.algorithm;
        let seen = self.book.peek(&tenant.id).await?;
        let turn = self.book.turn(&tenant.id).await;
        let rotate = move |ring: &KeyRing, now| {
            let is_seen = seen.as_ref().is_some_and(|seen| seen.current().kid() == ring.current().kid());
            is_seen.then(|| ring.rotated(algorithm, now))
        };
        Ok(self.infos(&*self.book.change(&tenant.id, algorithm, turn, rotate).await?))
    }

    /// Replaces all keys by new ones: whatever they signed is refused from now on, here at once and on other replicas within four
    /// seconds. Gives the new keys.
    pub async fn revoke_all(&self, tenant: &Tenant) -> Result<Vec<KeyInfo>, SessionError> {
        let algorithm = tenant.sessions.algorithm;
        let turn = self.book.turn(&tenant.id).await;
        let replace = move |_: &KeyRing, now| Some(KeyRing::generate(algorithm, now));
        Ok(self.infos(&*self.book.change(&tenant.id, algorithm, turn, replace).await?))
    }

    /// A token of the tenant's current key, which is made at first use.
    pub(crate) async fn sign<T: Serialize + Sync>(
        &self,
        tenant: &Tenant,
        typ: &'static str,
        claims: &T,
    ) -> Result<String, SessionError> {
        Ok(self.ring(tenant).await?.current().sign(typ, claims))
    }

    /// What verifies tokens of this key id; nothing where the tenant has no such key, or not any more.
    pub(crate) async fn verifying_key(
        &self,
        tenant: &Tenant,
        kid: &str,
    ) -> Result<Option<VerifyingKey>, SessionError> {
        let loaded = self.book.load_with(&tenant.id, kid).await?;
        let ring = loaded.ring.as_ref();
        let key = ring.and_then(|ring| ring.key(kid, self.context.clock.now()));
        Ok(key.map(|key| key.verifying_key().clone()))
    }

    /// Is it certain without a look at the store that the tenant has this key? For what was verified by it a moment ago.
    pub(crate) fn is_known_now(&self, tenant: &TenantId, kid: &str) -> bool {
        let now = self.context.clock.now();
        let loaded = self.book.at_hand(tenant);
        let ring = loaded.as_ref().and_then(|loaded| loaded.ring.as_ref());
        ring.is_some_and(|ring| ring.key(kid, now).is_some())
    }

    /// The tenant's keys as they are at hand, if all of these are among them.
    pub(crate) fn seen<'a>(
        &self,
        tenant: &TenantId,
        mut kids: impl Iterator<Item = &'a str>,
    ) -> Option<SeenKeys> {
        let (slot, ring) = self.book.ring_at_hand(tenant)?;
        let now = self.context.clock.now();
        kids.all(|kid| ring.key(kid, now).is_some()).then_some(SeenKeys { slot, ring })
    }

    /// Another replica replaced this secret: if it is the tenant's keys, and they are in memory, they are read again now.
    pub(crate) async fn heard_of_secret(&self, tenant: &TenantId, name: &str) -> Result<(), SessionError> {
        if name == book::NAME { self.book.refresh(tenant).await } else { Ok(()) }
    }

    fn infos(&self, ring: &KeyRing) -> Vec<KeyInfo> {
        ring.infos(self.context.clock.now())
    }
}

/// A tenant's keys as they were when something was checked against them. What they verified then, they verify for as long as
/// it lasts itself, unless they are changed.
#[derive(Clone, Debug)]
pub(crate) struct SeenKeys {
    slot: Arc<Slot>,
    ring: Arc<KeyRing>,
}

impl SeenKeys {
    /// Is it certain without a look at the store that they were not changed?
    pub(crate) fn are_unchanged(&self, now: Timestamp) -> bool {
        self.slot.has(&self.ring, now)
    }
}
