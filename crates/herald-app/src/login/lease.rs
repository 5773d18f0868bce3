//! The lease of a watcher on its login.

use std::{convert::Infallible, time::Duration};

use herald_core::{
    id::{LoginId, TenantId},
    login::Login,
    store::LoginRow,
};
use jiff::SignedDuration;
use tokio_util::sync::CancellationToken;

use super::{Logins, book::Key};
use crate::{herald::Context, hub::Subscription};

/// How long a watcher has a login to itself unless it says that it still lives: so long does nobody watch a login whose watcher
/// died.
pub(super) const LEASE: Duration = Duration::from_secs(12);
/// How often it says so. Two of these may be lost before the lease is.
const PROLONG_EVERY: SignedDuration = SignedDuration::from_secs(4);
/// How long to wait with a login that is not due yet by the clock here, but is by the store's. They are never that far apart,
/// unless one of them jumped.
const AHEAD: SignedDuration = SignedDuration::from_secs(5);

impl Logins {
    /// Says again and again that the watcher lives. When that comes too late, because this process slept or the store was away,
    /// and another replica watches the login now, everything that can be left is told to `stop`.
    pub(super) async fn keep_lease(
        &self,
        tenant: &TenantId,
        id: LoginId,
        stop: &CancellationToken,
    ) -> Infallible {
        let Context { store, clock, replica, .. } = self.context.as_ref();
        loop {
            clock.sleep_until(clock.now() + PROLONG_EVERY).await;
            match store.lease_login(replica, tenant, id, LEASE).await {
                Ok(true) => {}
                Ok(false) => {
                    metrics::counter!("herald_leases_lost_total", "work" => "logins").increment(1);
                    tracing::warn!(tenant.id = %tenant, "another replica took over the watch of a login");
                    stop.cancel();
                    return std::future::pending().await;
                }
                // Tried again before the lease is over.
                Err(error) => tracing::warn!(tenant.id = %tenant, %error, "a lease could not be prolonged"),
            }
        }
    }

    /// Waits until a leased login is due by the clock here too, or changes. Given back, it would be leased again at once.
    pub(super) async fn until_due(
        &self,
        row: &LoginRow,
        changes: &mut Subscription<Key, Login>,
        stop: &CancellationToken,
    ) {
        let now = self.context.clock.now();
        let Some(due) = row.attend_at.filter(|due| *due > now) else { return };
        tokio::select! {
            () = stop.cancelled() => {}
            _ = changes.newer_than(row.version) => {}
            () = self.context.clock.sleep_until(due.min(now + AHEAD)) => {}
        }
    }

    /// Gives a lease back.
    pub(super) async fn give_back(&self, LoginRow { tenant, id, .. }: &LoginRow) {
        if let Err(error) = self.context.store.release_login(&self.context.replica, tenant, *id).await {
            tracing::warn!(tenant.id = %tenant, %error, "a lease could not be given back");
        }
    }
}
