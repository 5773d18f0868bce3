//! Waiting for a login to change.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use herald_core::{
    id::{LoginId, TenantId},
    login::Login,
};

use super::{LoginError, Logins, book::Key};
use crate::{
    hub::{Kept, Subscription},
    tenant::Tenant,
};

/// How many callers of one tenant may wait at once.
const MOST_WAITERS: usize = 10_000;

/// Counts the waiters of each tenant.
#[derive(Clone, Debug, Default)]
pub(super) struct Seats(Arc<Mutex<HashMap<TenantId, usize>>>);

/// One waiter's seat, free again when dropped.
#[derive(Debug)]
struct Seat {
    seats: Seats,
    tenant: TenantId,
}

impl Seats {
    fn take(&self, tenant: &TenantId) -> Option<Seat> {
        let mut seats = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let taken = seats.entry(tenant.clone()).or_default();
        if *taken >= MOST_WAITERS {
            return None;
        }
        *taken += 1;
        Some(Seat { seats: self.clone(), tenant: tenant.clone() })
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut seats = self.seats.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(taken) = seats.get_mut(&self.tenant) {
            *taken -= 1;
            if *taken == 0 {
                seats.remove(&self.tenant);
            }
        }
    }
}

/// A login that is being waited for.
#[derive(Debug)]
pub struct Watch {
    subscription: Subscription<Key, Login>,
    kept: Kept<Login>,
    _seat: Seat,
}

impl Watch {
    /// The login as it was last seen.
    pub fn current(&self) -> Arc<Login> {
        Arc::clone(&self.kept.value)
    }

    /// The next version of the login; at once, if it has changed since `current`.
    pub async fn changed(&mut self) -> Arc<Login> {
        self.kept = self.subscription.newer_than(self.kept.version).await;
        self.current()
    }
}

impl Logins {
    /// Waits for a tenant's login. Nothing if there is no such login.
    pub async fn watch(&self, tenant: &Tenant, id: LoginId) -> Result<Option<Watch>, LoginError> {
        let watch = self.seat(&tenant.id, id).await?;
        if let Some(watch) = &watch {
            self.check_account(&watch.kept.value)?;
        }
        Ok(watch)
    }

    /// Waits for a login on behalf of the browser that it is bound to.
    pub async fn watch_by_browser(&self, login: &Login) -> Result<Option<Watch>, LoginError> {
        self.seat(&login.terms.tenant, login.terms.id).await
    }

    async fn seat(&self, tenant: &TenantId, id: LoginId) -> Result<Option<Watch>, LoginError> {
        let seat = self.seats.take(tenant).ok_or(LoginError::TooManyWaiters)?;
        // Subscribed first, read then: a change in between wakes this waiter too.
        let subscription = self.book.subscribe(tenant, id);
        let kept = self.book.load(tenant, id).await?;
        Ok(kept.map(|kept| Watch { subscription, kept, _seat: seat }))
    }
}
