//! Waiting for a login to change.

use std::{
    collections::HashMap,
    hash::Hash,
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
/// How many streams the browser of one login may hold: its tabs, and those it has not noticed to be gone. They do not count among
/// the tenant's callers, so that no browser can take a caller's place.
const MOST_STREAMS: usize = 8;

/// Counts who waits, by tenant or by login.
#[derive(Debug)]
pub(super) struct Seats<K>(Arc<Mutex<HashMap<K, usize>>>);

impl<K> Clone for Seats<K> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<K> Default for Seats<K> {
    fn default() -> Self {
        Self(Arc::default())
    }
}

/// One waiter's seat, free again when dropped.
#[derive(Debug)]
struct Seat<K: Eq + Hash> {
    seats: Seats<K>,
    key: K,
}

/// Whose seat a waiter has.
#[derive(Debug)]
enum Place {
    Caller(#[expect(dead_code, reason = "held until the waiter is gone")] Seat<TenantId>),
    Browser(#[expect(dead_code, reason = "held until the waiter is gone")] Seat<LoginId>),
}

impl<K: Eq + Hash + Clone> Seats<K> {
    fn take(&self, key: &K, most: usize) -> Option<Seat<K>> {
        let mut seats = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let taken = seats.entry(key.clone()).or_default();
        if *taken >= most {
            return None;
        }
        *taken += 1;
        Some(Seat { seats: self.clone(), key: key.clone() })
    }
}

impl<K: Eq + Hash> Drop for Seat<K> {
    fn drop(&mut self) {
        let mut seats = self.seats.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(taken) = seats.get_mut(&self.key) {
            *taken -= 1;
            if *taken == 0 {
                seats.remove(&self.key);
            }
        }
    }
}

/// A login that is being waited for.
#[derive(Debug)]
pub struct Watch {
    subscription: Subscription<Key, Login>,
    kept: Kept<Login>,
    _place: Place,
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
        let seat = self.callers.take(&tenant.id, MOST_WAITERS).ok_or(LoginError::TooManyWaiters)?;
        let watch = self.sit(&tenant.id, id, Place::Caller(seat)).await?;
        if let Some(watch) = &watch {
            self.check_account(&watch.kept.value)?;
        }
        Ok(watch)
    }

    /// Waits for a login on behalf of the browser that it is bound to.
    pub async fn watch_by_browser(&self, login: &Login) -> Result<Option<Watch>, LoginError> {
        let id = login.terms.id;
        let seat = self.browsers.take(&id, MOST_STREAMS).ok_or(LoginError::TooManyWaiters)?;
        self.sit(&login.terms.tenant, id, Place::Browser(seat)).await
    }

    async fn sit(&self, tenant: &TenantId, id: LoginId, place: Place) -> Result<Option<Watch>, LoginError> {
        // Subscribed first, read then: a change in between wakes this waiter too.
        let subscription = self.book.subscribe(tenant, id);
        let kept = self.book.load(tenant, id).await?;
        Ok(kept.map(|kept| Watch { subscription, kept, _place: place }))
    }
}
