//! The public keys of a provider, fetched when they are needed and kept through its outages.

use std::{collections::HashMap, fmt, sync::Arc, time::Duration};

use arc_swap::ArcSwapOption;
use herald_core::{
    clock::Clock,
    error::{ErrorKind, ProviderError, Retry},
    jwt::VerifyingKey,
};
use jiff::{SignedDuration, Timestamp};
use tokio::sync::{Mutex, OwnedMutexGuard, Semaphore};

use crate::{
    client::Client,
    key_set,
    request::{Lane, Method},
};

const OPERATION: &str = "jwks";
/// How long a fetch may take.
const TIMEOUT: Duration = Duration::from_secs(3);
/// How long after an attempt, good or failed, the next one is made at the earliest.
const COOLDOWN: SignedDuration = SignedDuration::from_secs(30);
/// How long a set is used after its last good fetch while no newer one can be had.
const STALE: SignedDuration = SignedDuration::from_hours(24);

/// A cache of one key set. RS256 only.
///
/// - A good set is fresh for 10 minutes, or for the answer's `max-age` between 1 and 60; a removed key is gone with the next
///   good fetch.
/// - A failed fetch, an empty and a broken set change nothing: the last good set serves for 24 hours, then nothing does.
/// - One fetch at a time, and none within 30 s of the last attempt, whatever is asked for; while one runs, known keys are
///   given out without waiting. A fetch goes on when its caller goes away.
pub struct JwksCache(Arc<Inner>);

struct Inner {
    client: Client,
    path: &'static [&'static str],
    clock: Arc<dyn Clock>,
    set: ArcSwapOption<Set>,
    /// The right to fetch, and the last attempt.
    turn: Arc<Mutex<Option<Attempt>>>,
    /// Fetches never wait behind other calls.
    lane: Arc<Semaphore>,
}

struct Set {
    keys: HashMap<String, Arc<VerifyingKey>>,
    fetched_at: Timestamp,
    fresh_until: Timestamp,
}

#[derive(Clone, Copy)]
struct Attempt {
    begun_at: Timestamp,
    is_good: bool,
}

impl JwksCache {
    /// A cache of the set at `path` of the client's base address; fetches nothing yet.
    pub fn new(client: Client, path: &'static [&'static str], clock: Arc<dyn Clock>) -> Self {
        Self(Arc::new(Inner {
            client,
            path,
            clock,
            set: ArcSwapOption::empty(),
            turn: Arc::new(Mutex::new(None)),
            lane: Arc::new(Semaphore::new(1)),
        }))
    }

    /// The key of this id.
    ///
    /// `None`: the newest set does not have it. Fails, with `Retry::After`, where no newer set can be had and what there is
    /// does not have it.
    pub async fn key(&self, kid: &str) -> Result<Option<Arc<VerifyingKey>>, ProviderError> {
        self.key_of_token_from(kid, Timestamp::MIN).await
    }

    /// The key of this id, for a token that its issuer handed to us at `received_at`.
    ///
    /// Like [`JwksCache::key`], but `None` only by a set fetched since then, so that a key which the provider has just begun
    /// to use is not taken for an unknown one. Until such a set can be had this fails with `Retry::After`.
    pub async fn key_of_token_from(
        &self,
        kid: &str,
        received_at: Timestamp,
    ) -> Result<Option<Arc<VerifyingKey>>, ProviderError> {
        let turn = match self.look(kid) {
            Found::Fresh(key) => return Ok(Some(key)),
            // While somebody renews the set, the key that there is will do.
            Found::Stale(key) => match Arc::clone(&self.0.turn).try_lock_owned() {
                Ok(turn) => turn,
                Err(_) => return Ok(Some(key)),
            },
            Found::Nothing => Arc::clone(&self.0.turn).lock_owned().await,
        };
        if let Found::Fresh(key) = self.look(kid) {
            return Ok(Some(key));
        }
        let last = self.renew(turn).await;
        match (self.look(kid), self.0.usable()) {
            (Found::Fresh(key) | Found::Stale(key), _) => Ok(Some(key)),
            (Found::Nothing, Some(set)) if last.is_good && set.fetched_at >= received_at => Ok(None),
            (Found::Nothing, _) => Err(self.0.unavailable(last)),
        }
    }

    fn look(&self, kid: &str) -> Found {
        let Some(set) = self.0.usable() else { return Found::Nothing };
        match set.keys.get(kid) {
            None => Found::Nothing,
            Some(key) if self.0.clock.now() < set.fresh_until => Found::Fresh(Arc::clone(key)),
            Some(key) => Found::Stale(Arc::clone(key)),
        }
    }

    /// Fetches the set unless the last attempt was just now; gives the last attempt.
    async fn renew(&self, mut turn: OwnedMutexGuard<Option<Attempt>>) -> Attempt {
        let begun_at = self.0.clock.now();
        if let Some(last) = *turn
            && !self.0.wait(last).is_zero()
        {
            return last;
        }
        let attempt = Attempt { begun_at, is_good: false };
        // Counted before it is made: one that never comes back must hold the next one off too.
        *turn = Some(attempt);
        let inner = Arc::clone(&self.0);
        let fetch = tokio::spawn(async move {
            let is_good = inner.fetch(begun_at).await;
            let attempt = Attempt { begun_at, is_good };
            *turn = Some(attempt);
            attempt
        });
        fetch.await.unwrap_or(attempt)
    }
}

impl Inner {
    /// The last good set, unless it is too old to trust.
    fn usable(&self) -> Option<Arc<Set>> {
        let now = self.clock.now();
        self.set.load_full().filter(|set| now.duration_since(set.fetched_at) < STALE)
    }

    /// How long until the next attempt may be made. A clock that went back ends the wait.
    fn wait(&self, last: Attempt) -> Duration {
        let since = self.clock.now().duration_since(last.begun_at);
        if since.is_negative() {
            return Duration::ZERO;
        }
        Duration::try_from(COOLDOWN - since).unwrap_or_default()
    }

    async fn fetch(&self, begun_at: Timestamp) -> bool {
        match self.try_fetch(begun_at).await {
            Ok(set) => {
                self.set.store(Some(Arc::new(set)));
                true
            }
            Err(error) => {
                tracing::warn!(%error, "the key set cannot be had; the last good one stays");
                false
            }
        }
    }

    async fn try_fetch(&self, begun_at: Timestamp) -> Result<Set, ProviderError> {
        let request = self.client.repeatable(OPERATION, Method::Get, self.path);
        let response = request.timeout(TIMEOUT).lane(Lane::Own(Arc::clone(&self.lane))).send().await?;
        if !response.is_success() {
            return Err(response.error());
        }
        let keys = key_set::parse(response.json()?).map_err(|fault| response.protocol(fault.to_string()))?;
        let fresh_for = key_set::fresh_for(response.header("cache-control"));
        let fresh_until = begun_at.saturating_add(fresh_for).unwrap_or(Timestamp::MAX);
        Ok(Set { keys, fetched_at: begun_at, fresh_until })
    }

    fn unavailable(&self, last: Attempt) -> ProviderError {
        let after = self.wait(last).max(Duration::from_secs(1));
        let call = self.client.call(OPERATION, false);
        call.error(ErrorKind::Unavailable, Retry::After(after), "the token's key cannot be had now")
    }
}

enum Found {
    Fresh(Arc<VerifyingKey>),
    Stale(Arc<VerifyingKey>),
    Nothing,
}

impl fmt::Debug for JwksCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JwksCache").field("client", &self.0.client).finish_non_exhaustive()
    }
}
