//! The lease of a watcher on its login.

use std::{convert::Infallible, time::Duration};

use herald_core::id::{LoginId, TenantId};
use jiff::SignedDuration;
use tokio_util::sync::CancellationToken;

use super::Logins;
use crate::herald::Context;

/// How long a watcher has a login to itself unless it says that it still lives: so long does nobody watch a login whose watcher
/// died.
pub(super) const LEASE: Duration = Duration::from_secs(12);
/// How often it says so. Two of these may be lost before the lease is.
const PROLONG_EVERY: SignedDuration = SignedDuration::from_secs(4);

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
}
