//! Rotation when it is due: by whoever uses the keys, and once a minute for tenants whose keys nobody uses.

use std::sync::Arc;

use herald_core::store::StoreError;
use jiff::{SignedDuration, Timestamp};
use tokio::sync::OwnedMutexGuard;
use tokio_util::sync::CancellationToken;

use super::{SigningKeys, ring::KeyRing, shelf::Turn};
use crate::{session::SessionError, tenant::Tenant};

/// When to look again.
const IDLE: SignedDuration = SignedDuration::from_secs(60);

impl SigningKeys {
    /// Rotates what is due until told to stop.
    pub(crate) async fn run(&self, stop: CancellationToken) {
        while !stop.is_cancelled() {
            self.rotate_due(&stop).await;
            let next = self.context.clock.now() + IDLE;
            tokio::select! {
                () = stop.cancelled() => {}
                () = self.context.clock.sleep_until(next) => {}
            }
        }
    }

    async fn rotate_due(&self, stop: &CancellationToken) {
        let tenants = self.context.tenants.load_full();
        for tenant in tenants.iter() {
            if stop.is_cancelled() {
                return;
            }
            match self.rotate_if_due(tenant).await {
                Ok(()) => {}
                // Said where it matters, and no fault of the keys.
                Err(SessionError::Store(StoreError::Unavailable(error))) => {
                    tracing::debug!(tenant.id = %tenant.id, %error, "signing keys are looked after later");
                }
                Err(error) => {
                    tracing::error!(tenant.id = %tenant.id, %error, "signing keys could not be looked after");
                }
            }
        }
    }

    /// A tenant that has no keys is left without: they are made when they are needed.
    async fn rotate_if_due(&self, tenant: &Tenant) -> Result<(), SessionError> {
        let loaded = self.book.load(&tenant.id).await?;
        if let Some(ring) = &loaded.ring
            && self.is_due(tenant, ring)
        {
            let turn = self.book.turn(&tenant.id).await;
            self.settle(tenant, turn).await?;
        }
        Ok(())
    }

    /// The ring to sign and to publish by: made at first use, rotated if that is due.
    pub(super) async fn ring(&self, tenant: &Tenant) -> Result<Arc<KeyRing>, SessionError> {
        let loaded = self.book.load(&tenant.id).await?;
        let Some(ring) = loaded.ring.as_ref() else {
            let turn = self.book.turn(&tenant.id).await;
            return self.settle(tenant, turn).await;
        };
        if !self.is_due(tenant, ring) {
            return Ok(Arc::clone(ring));
        }
        // Nobody waits for a rotation that somebody else makes, and none is worth refusing work for.
        let Some(turn) = self.book.try_turn(&tenant.id) else { return Ok(Arc::clone(ring)) };
        match self.settle(tenant, turn).await {
            Ok(rotated) => Ok(rotated),
            Err(error) => {
                tracing::warn!(tenant.id = %tenant.id, %error, "signing keys could not be rotated; the old one signs on");
                Ok(Arc::clone(ring))
            }
        }
    }

    /// Makes the ring, or rotates it if that is due. Who loses a race against another rotation does not repeat it.
    async fn settle(
        &self,
        tenant: &Tenant,
        turn: OwnedMutexGuard<Turn>,
    ) -> Result<Arc<KeyRing>, SessionError> {
        let rules = tenant.sessions.clone();
        let algorithm = rules.algorithm;
        let rotate = move |ring: &KeyRing, now: Timestamp| {
            ring.is_due(&rules, now).then(|| ring.rotated(algorithm, now))
        };
        self.book.change(&tenant.id, algorithm, turn, rotate).await
    }

    fn is_due(&self, tenant: &Tenant, ring: &KeyRing) -> bool {
        ring.is_due(&tenant.sessions, self.context.clock.now())
    }
}
