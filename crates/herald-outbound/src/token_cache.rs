//! One secret token that many calls share, fetched once however many want it, on however many replicas.

use std::{
    fmt,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use herald_core::{
    clock::Clock,
    error::ProviderError,
    token_shelf::{Shelf, ShelvedToken, TokenShelf, Turn},
};
use jiff::{SignedDuration, Timestamp};
use secrecy::{ExposeSecret as _, SecretString};

/// A token as it was just fetched.
#[derive(Clone, Debug)]
pub struct FreshToken {
    /// The token.
    pub token: SecretString,
    /// How long it lives.
    pub expires_in: Duration,
}

/// How often to look whether another replica's fetch has ended.
const LOOK_EVERY: SignedDuration = SignedDuration::from_millis(50);

#[derive(Debug, Default)]
struct State {
    held: Option<ShelvedToken>,
    /// The last token that was refused: one on the shelf that is the same is of no use.
    refused: Option<SecretString>,
}

/// Keeps one token.
///
/// - One fetch at a time; who waited for it shares its end, the token or the failure.
/// - From 80 % of its life on one caller renews the token while the others go on with it; a renewal that fails goes
///   unnoticed while the token lives.
/// - A fetch that is dropped half-way leaves the turn to the next caller.
/// - With a shelf, the replicas share the token, and one of them fetches. While the shelf cannot be reached each fetches for itself: an
///   exchange more does no harm, a message that is not sent does.
pub struct TokenCache {
    clock: Arc<dyn Clock>,
    shelf: Option<SharedShelf>,
    state: Mutex<State>,
    /// The right to fetch, and how the last fetch failed.
    turn: tokio::sync::Mutex<Option<ProviderError>>,
    fetches_ended: AtomicU64,
}

impl TokenCache {
    /// An empty cache.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self {
            clock,
            shelf: None,
            state: Mutex::default(),
            turn: tokio::sync::Mutex::new(None),
            fetches_ended: AtomicU64::new(0),
        }
    }

    /// The same, for a token that lies on a shelf of all replicas too. A replica that takes longer than `lease` to fetch it counts as dead.
    #[must_use]
    pub fn on(mut self, there: Arc<dyn TokenShelf>, lease: Duration) -> Self {
        self.shelf = Some(SharedShelf { shelf: there, lease });
        self
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
        let fetched = self.obtain(fetch).await;
        self.fetches_ended.fetch_add(1, Ordering::AcqRel);
        match fetched {
            Ok(token) => {
                *last_failure = None;
                Ok(self.keep(token))
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
        let mut state = self.state();
        if state.held.as_ref().is_some_and(|held| held.token.expose_secret() == used.expose_secret()) {
            state.refused = state.held.take().map(|held| held.token);
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The token from the shelf, or from `fetch`, and then for the shelf.
    async fn obtain<F, Fut>(&self, fetch: F) -> Result<ShelvedToken, ProviderError>
    where
        F: FnOnce() -> Fut,
        Fut: Future<Output = Result<FreshToken, ProviderError>>,
    {
        let turn = match &self.shelf {
            None => None,
            Some(shared) => match self.look(shared).await {
                Looked::Token(token) => return Ok(token),
                // Somebody renews it already; what there is will do.
                Looked::Renewing(held) => return Ok(held),
                Looked::Fetch(turn) => turn,
            },
        };
        let fetched = fetch().await.map(|fresh| self.dated(fresh));
        if let (Some(shared), Some(turn)) = (&self.shelf, turn) {
            shared.end(turn, fetched.as_ref().ok()).await;
        }
        fetched
    }

    /// Waits while another replica fetches, unless there is a token that will do meanwhile; no longer than one that dies may take: if
    /// one after the other fails, each is to hear that from the provider itself.
    async fn look(&self, shared: &SharedShelf) -> Looked {
        let refused = self.state().refused.clone();
        let mut patience = None;
        loop {
            match shared.shelf.look(refused.as_ref(), shared.lease).await {
                Ok(Shelf::Token(token)) => return Looked::Token(token),
                Ok(Shelf::Fetch(turn)) => return Looked::Fetch(Some(turn)),
                Ok(Shelf::Wait(until)) => {
                    let now = self.clock.now();
                    let held = self.state().held.clone().filter(|held| now < held.expires_at);
                    if let Some(held) = held {
                        return Looked::Renewing(held);
                    }
                    if now >= *patience.get_or_insert(until) {
                        return Looked::Fetch(None);
                    }
                    self.clock.sleep_until(until.min(now + LOOK_EVERY)).await;
                }
                Err(error) => {
                    tracing::warn!(%error, "a token that the replicas share is fetched by this one alone");
                    return Looked::Fetch(None);
                }
            }
        }
    }

    fn dated(&self, fresh: FreshToken) -> ShelvedToken {
        let now = self.clock.now();
        let after = |life: Duration| now.saturating_add(life).unwrap_or(Timestamp::MAX);
        ShelvedToken {
            renew_at: after(fresh.expires_in / 5 * 4),
            expires_at: after(fresh.expires_in),
            token: fresh.token,
        }
    }

    /// The token if it lives, and whether it is still too early to renew it.
    fn usable(&self) -> Option<(SecretString, bool)> {
        let now = self.clock.now();
        let state = self.state();
        let held = state.held.as_ref();
        held.filter(|held| now < held.expires_at).map(|held| (held.token.clone(), now < held.renew_at))
    }

    fn keep(&self, token: ShelvedToken) -> SecretString {
        let mut state = self.state();
        let held = state.held.insert(token).token.clone();
        state.refused = None;
        held
    }
}

/// How a look at the shelf ended.
enum Looked {
    /// Another replica had fetched it.
    Token(ShelvedToken),
    /// Another replica fetches the next one, and this one lives.
    Renewing(ShelvedToken),
    /// It is ours to fetch: for all, with a turn, or for ourselves.
    Fetch(Option<Turn>),
}

/// The shelf of all replicas, and how long a fetch may take.
struct SharedShelf {
    shelf: Arc<dyn TokenShelf>,
    lease: Duration,
}

impl SharedShelf {
    /// Ends our turn. If that fails, the others wait until the lease is over.
    async fn end(&self, turn: Turn, token: Option<&ShelvedToken>) {
        let ended = match token {
            Some(token) => self.shelf.put(turn, token).await,
            None => self.shelf.give_up(turn).await,
        };
        if let Err(error) = ended {
            tracing::warn!(%error, "the other replicas do not hear of a token for a while");
        }
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
