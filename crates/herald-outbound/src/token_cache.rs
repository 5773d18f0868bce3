//! One secret token that many calls share, fetched once however many want it.

use std::{
    fmt,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use herald_core::{clock::Clock, error::ProviderError};
use jiff::Timestamp;
use secrecy::{ExposeSecret as _, SecretString};

/// A token as it was just fetched.
#[derive(Clone, Debug)]
pub struct FreshToken {
    /// The token.
    pub token: SecretString,
    /// How long it lives.
    pub expires_in: Duration,
}

#[derive(Clone)]
struct Held {
    token: SecretString,
    renew_at: Timestamp,
    expires_at: Timestamp,
}

/// Keeps one token.
///
/// - One fetch at a time; who waited for it shares its end, the token or the failure.
/// - From 80 % of its life on one caller renews the token while the others go on with it; a renewal that fails goes
///   unnoticed while the token lives.
/// - A fetch that is dropped half-way leaves the turn to the next caller.
pub struct TokenCache {
    clock: Arc<dyn Clock>,
    held: Mutex<Option<Held>>,
    /// The right to fetch, and how the last fetch failed.
    turn: tokio::sync::Mutex<Option<ProviderError>>,
    fetches_ended: AtomicU64,
}

impl TokenCache {
    /// An empty cache.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self {
            clock,
            held: Mutex::new(None),
            turn: tokio::sync::Mutex::new(None),
            fetches_ended: AtomicU64::new(0),
        }
    }

    /// The cached token, or the one that `fetch` gets.
    pub async fn get<F, Fut>(&self, fetch: F) -> Result<SecretString, ProviderError>
    where
        F: FnOnce() -> Fut,
        Fut: Future<Output = Result<FreshToken, ProviderError>>,
    {
        let seen = self.fetches_ended.load(Ordering::Acquire);
        let mut last_failure = match self.usable() {
            Some((token, true)) => return Ok(token),
            // Somebody renews it already; what there is will do.
            Some((token, false)) => match self.turn.try_lock() {
                Ok(turn) => turn,
                Err(_) => return Ok(token),
            },
            None => self.turn.lock().await,
        };
        let usable = self.usable();
        if let Some((token, true)) = usable {
            return Ok(token);
        }
        if self.fetches_ended.load(Ordering::Acquire) > seen
            && let Some(error) = &*last_failure
        {
            return usable.map_or_else(|| Err(same(error)), |(token, _)| Ok(token));
        }
        let fetched = fetch().await;
        self.fetches_ended.fetch_add(1, Ordering::AcqRel);
        match fetched {
            Ok(fresh) => {
                *last_failure = None;
                self.keep(&fresh);
                Ok(fresh.token)
            }
            Err(error) => {
                *last_failure = Some(same(&error));
                usable.map_or(Err(error), |(token, _)| Ok(token))
            }
        }
    }

    /// Drops the token if it is still `used`, because it was refused, so that the next [`TokenCache::get`] fetches. A newer
    /// one stays.
    pub fn reject(&self, used: &SecretString) {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        if held.as_ref().is_some_and(|held| held.token.expose_secret() == used.expose_secret()) {
            *held = None;
        }
    }

    /// The token if it lives, and whether it is still too early to renew it.
    fn usable(&self) -> Option<(SecretString, bool)> {
        let now = self.clock.now();
        let held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        held.as_ref()
            .filter(|held| now < held.expires_at)
            .map(|held| (held.token.clone(), now < held.renew_at))
    }

    fn keep(&self, fresh: &FreshToken) {
        let now = self.clock.now();
        let after = |life: Duration| now.saturating_add(life).unwrap_or(Timestamp::MAX);
        let held = Held {
            token: fresh.token.clone(),
            renew_at: after(fresh.expires_in / 5 * 4),
            expires_at: after(fresh.expires_in),
        };
        *self.held.lock().unwrap_or_else(PoisonError::into_inner) = Some(held);
    }
}

impl fmt::Debug for TokenCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenCache").finish_non_exhaustive()
    }
}

/// The same failure for another caller; its cause stays with the one who made the call.
fn same(error: &ProviderError) -> ProviderError {
    ProviderError::new(error.provider(), error.operation(), error.kind(), error.retry(), error.detail())
        .with_code(error.provider_code())
        .with_request_id(error.request_id())
}

#[cfg(test)]
#[path = "token_cache_tests.rs"]
mod tests;
