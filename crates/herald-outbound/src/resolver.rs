//! The name resolver with the address guard in it, so that no time passes between the check and the call.

use std::{
    fmt, io,
    net::{IpAddr, SocketAddr, ToSocketAddrs as _},
    sync::Arc,
};

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use tokio::{
    sync::{Semaphore, TryAcquireError},
    task::spawn_blocking,
};

use crate::reach::Reach;

/// How many names that tenants chose are looked up at once. Far fewer than the threads that block (512), so that the names of
/// providers always find one.
const MOST_LOOKUPS: usize = 32;

/// A name that leads only to addresses which must not be called.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("the name leads to no address that may be called")]
pub(crate) struct Blocked;

/// Too many names of tenants are being looked up.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("too many names are being looked up")]
struct Crowded;

/// Says where names lead.
pub(crate) trait Lookup: Send + Sync + 'static {
    /// The addresses of a name. Blocks until it is known, or for as long as the servers of the name like.
    fn addresses(&self, name: &str) -> io::Result<Vec<IpAddr>>;
}

/// The system's resolver.
struct System;

impl Lookup for System {
    fn addresses(&self, name: &str) -> io::Result<Vec<IpAddr>> {
        Ok((name, 0).to_socket_addrs()?.map(|address| address.ip()).collect())
    }
}

/// A resolver, minus the addresses that are out of reach.
#[derive(Clone)]
pub(crate) struct GuardedResolver {
    reach: Reach,
    lookup: Arc<dyn Lookup>,
    /// Places for lookups; without a bound when there are none.
    places: Option<Arc<Semaphore>>,
}

impl GuardedResolver {
    /// For names that the operator chose.
    pub(crate) fn new(reach: Reach) -> Self {
        Self { reach, lookup: Arc::new(System), places: None }
    }

    /// For names that tenants chose. Servers of such a name may keep a lookup, and with it a thread, for as long as they like,
    /// whatever the caller's patience: so there is a bound, and a lookup over it fails at once.
    pub(crate) fn bounded(reach: Reach) -> Self {
        Self { places: Some(Arc::new(Semaphore::new(MOST_LOOKUPS))), ..Self::new(reach) }
    }

    pub(crate) fn reach(&self) -> Reach {
        self.reach
    }
}

impl Resolve for GuardedResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let Self { reach, lookup, places } = self.clone();
        Box::pin(async move {
            let place = match places.map(Semaphore::try_acquire_owned).transpose() {
                Ok(place) => place,
                // Nobody closes it.
                Err(TryAcquireError::NoPermits | TryAcquireError::Closed) => return Err(Crowded.into()),
            };
            let found = spawn_blocking(move || {
                // Given back when the lookup really ended, and not when its caller lost patience.
                let _place = place;
                lookup.addresses(name.as_str())
            })
            .await??;
            let allowed: Vec<SocketAddr> = found
                .into_iter()
                .filter(|&address| reach.allows(address))
                // The port is the one of the address that is called.
                .map(|address| SocketAddr::new(address, 0))
                .collect();
            if allowed.is_empty() {
                return Err(Blocked.into());
            }
            let addresses: Addrs = Box::new(allowed.into_iter());
            Ok(addresses)
        })
    }
}

impl fmt::Debug for GuardedResolver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GuardedResolver").field("reach", &self.reach).finish_non_exhaustive()
    }
}

#[cfg(test)]
#[path = "resolver_tests.rs"]
mod tests;
