//! What the token cache promises.

use std::sync::atomic::AtomicUsize;

use herald_core::{
    error::{ErrorKind, Retry},
    provider::ProviderName,
    store::StoreError,
};
use herald_testkit::fake_clock::FakeClock;
use jiff::SignedDuration;
use tokio::sync::Notify;

use super::*;

const LIFE: Duration = Duration::from_secs(100);

type Fetched = Result<FreshToken, ProviderError>;

#[expect(clippy::unnecessary_wraps, reason = "it stands where a fetch's end is asked for")]
fn fresh(token: &str) -> Fetched {
    Ok(FreshToken { token: token.into(), expires_in: LIFE })
}

fn failure() -> ProviderError {
    let again = Retry::After(Duration::from_secs(2));
    ProviderError::new(&ProviderName::ANTARA, "client_token", ErrorKind::Unavailable, again, "down")
}

fn cache() -> (Arc<FakeClock>, Arc<TokenCache>) {
    let clock = Arc::new(FakeClock::default());
    let cache = Arc::new(TokenCache::new(Arc::clone(&clock) as Arc<dyn Clock>));
    (clock, cache)
}

async fn get(cache: &TokenCache, next: Fetched) -> Result<String, ErrorKind> {
    let token = cache.get(async || next).await;
    token.map(|token| token.expose_secret().to_owned()).map_err(|error| error.kind())
}

#[tokio::test]
async fn a_token_is_kept_until_four_fifths_of_its_life() {
    let (clock, cache) = cache();
    assert_eq!(get(&cache, fresh("a")).await, Ok("a".to_owned()));
    clock.advance(SignedDuration::from_secs(79));
    assert_eq!(get(&cache, fresh("b")).await, Ok("a".to_owned()));
    clock.advance(SignedDuration::from_secs(1));
    assert_eq!(get(&cache, fresh("b")).await, Ok("b".to_owned()));
}

#[tokio::test]
async fn a_failed_renewal_goes_unnoticed_while_the_token_lives() {
    let (clock, cache) = cache();
    assert_eq!(get(&cache, fresh("a")).await, Ok("a".to_owned()));
    clock.advance(SignedDuration::from_secs(99));
    assert_eq!(get(&cache, Err(failure())).await, Ok("a".to_owned()));
    clock.advance(SignedDuration::from_secs(1));
    assert_eq!(get(&cache, Err(failure())).await, Err(ErrorKind::Unavailable));
    assert_eq!(get(&cache, fresh("b")).await, Ok("b".to_owned()), "a failure is not kept");
}

#[tokio::test]
async fn a_refused_token_is_dropped_and_a_newer_one_is_not() {
    let (_, cache) = cache();
    assert_eq!(get(&cache, fresh("a")).await, Ok("a".to_owned()));
    cache.reject(&"a".into());
    assert_eq!(get(&cache, fresh("b")).await, Ok("b".to_owned()));
    cache.reject(&"a".into());
    assert_eq!(get(&cache, fresh("c")).await, Ok("b".to_owned()));
}

/// Starts one fetch that ends when told to, and `others` that come while it is under way.
async fn crowd(end: Fetched) -> (usize, Vec<Result<String, ErrorKind>>) {
    let (_, cache) = cache();
    let (begun, go, fetches) =
        (Arc::new(Notify::new()), Arc::new(Notify::new()), Arc::new(AtomicUsize::new(0)));
    let first = {
        let (cache, begun, go, fetches) =
            (Arc::clone(&cache), Arc::clone(&begun), Arc::clone(&go), Arc::clone(&fetches));
        tokio::spawn(async move {
            let fetch = async || {
                fetches.fetch_add(1, Ordering::SeqCst);
                begun.notify_one();
                go.notified().await;
                end
            };
            cache.get(fetch).await.map(|token| token.expose_secret().to_owned()).map_err(|error| error.kind())
        })
    };
    begun.notified().await;
    let arrived = Arc::new(AtomicUsize::new(0));
    let others: Vec<_> = (0..50)
        .map(|_| {
            let (cache, fetches, arrived) = (Arc::clone(&cache), Arc::clone(&fetches), Arc::clone(&arrived));
            tokio::spawn(async move {
                arrived.fetch_add(1, Ordering::SeqCst);
                let fetch = async || {
                    fetches.fetch_add(1, Ordering::SeqCst);
                    fresh("second")
                };
                cache
                    .get(fetch)
                    .await
                    .map(|token| token.expose_secret().to_owned())
                    .map_err(|error| error.kind())
            })
        })
        .collect();
    // The test runs on one thread: a task that has arrived has run up to the place where it waits.
    while arrived.load(Ordering::SeqCst) < 50 {
        tokio::task::yield_now().await;
    }
    go.notify_one();
    let mut ends = vec![first.await.unwrap()];
    for other in others {
        ends.push(other.await.unwrap());
    }
    (fetches.load(Ordering::SeqCst), ends)
}

#[tokio::test]
async fn one_fetch_serves_a_crowd() {
    let (fetches, ends) = crowd(fresh("a")).await;
    assert_eq!(fetches, 1);
    assert!(ends.iter().all(|end| *end == Ok("a".to_owned())), "{ends:?}");
}

#[tokio::test]
async fn one_failure_serves_a_crowd() {
    let (fetches, ends) = crowd(Err(failure())).await;
    assert_eq!(fetches, 1);
    assert!(ends.iter().all(|end| *end == Err(ErrorKind::Unavailable)), "{ends:?}");
}

#[tokio::test]
async fn a_dropped_fetch_leaves_the_turn_to_the_next() {
    let (_, cache) = cache();
    let stuck = cache.get(std::future::pending::<Fetched>);
    assert!(futures_util::FutureExt::now_or_never(stuck).is_none());
    assert_eq!(get(&cache, fresh("a")).await, Ok("a".to_owned()));
}

#[tokio::test]
async fn debug_shows_no_token() {
    let (_, cache) = cache();
    assert_eq!(get(&cache, fresh("canary")).await, Ok("canary".to_owned()));
    assert!(!format!("{cache:?} {:?}", fresh("canary")).contains("canary"));
}

/// A shelf that says what it is told to, and keeps what is put on it.
#[derive(Debug)]
struct FakeShelf {
    looks: Mutex<Vec<Result<Shelf, ()>>>,
    put: Mutex<Vec<Option<String>>>,
}

#[async_trait::async_trait]
impl TokenShelf for FakeShelf {
    async fn look(&self, refused: Option<&SecretString>, _: Duration) -> Result<Shelf, StoreError> {
        let refused = refused.map(|refused| format!("refused {}", refused.expose_secret()));
        self.put.lock().unwrap().extend(refused.map(Some));
        let look = self.looks.lock().unwrap().remove(0);
        look.map_err(|()| StoreError::Unavailable("away".into()))
    }

    async fn put(&self, _: Turn, token: &ShelvedToken) -> Result<(), StoreError> {
        self.put.lock().unwrap().push(Some(token.token.expose_secret().to_owned()));
        Ok(())
    }

    async fn give_up(&self, _: Turn) -> Result<(), StoreError> {
        self.put.lock().unwrap().push(None);
        Ok(())
    }
}

fn shelved(looks: Vec<Result<Shelf, ()>>) -> (Arc<FakeClock>, Arc<FakeShelf>, TokenCache) {
    let clock = Arc::new(FakeClock::default());
    let shelf = Arc::new(FakeShelf { looks: Mutex::new(looks), put: Mutex::default() });
    let cache = TokenCache::new(Arc::clone(&clock) as Arc<dyn Clock>).on(shelf.clone(), LIFE);
    (clock, shelf, cache)
}

fn lying(token: &str, clock: Timestamp) -> Shelf {
    let end = clock + SignedDuration::from_secs(100);
    Shelf::Token(ShelvedToken { token: token.into(), renew_at: end, expires_at: end })
}

#[tokio::test]
async fn a_token_that_another_replica_fetched_is_not_fetched_again() {
    let now = FakeClock::default().now();
    let soon = now + SignedDuration::from_millis(1);
    let (clock, shelf, cache) = shelved(vec![Ok(Shelf::Wait(soon)), Ok(lying("theirs", now))]);
    let got = get(&cache, fresh("ours"));
    tokio::pin!(got);
    assert!(tokio::time::timeout(Duration::ZERO, &mut got).await.is_err(), "it waits");
    clock.advance(SignedDuration::from_millis(1));
    assert_eq!(got.await, Ok("theirs".to_owned()));
    assert_eq!(get(&cache, fresh("ours")).await, Ok("theirs".to_owned()), "it is kept here too");
    assert_eq!(*shelf.put.lock().unwrap(), []);
}

#[tokio::test]
async fn a_fetched_token_goes_on_the_shelf_and_a_failure_gives_the_turn_back() {
    let now = FakeClock::default().now();
    let looks = vec![Ok(Shelf::Fetch(Turn(1))), Ok(Shelf::Fetch(Turn(2))), Ok(lying("newer", now))];
    let (_, shelf, cache) = shelved(looks);
    assert_eq!(get(&cache, Err(failure())).await, Err(ErrorKind::Unavailable));
    assert_eq!(get(&cache, fresh("ours")).await, Ok("ours".to_owned()));
    cache.reject(&"ours".into());
    assert_eq!(get(&cache, fresh("wrong")).await, Ok("newer".to_owned()));
    let seen = shelf.put.lock().unwrap().clone();
    assert_eq!(seen, [None, Some("ours".to_owned()), Some("refused ours".to_owned())]);
}

#[tokio::test]
async fn who_has_a_token_does_not_wait_for_another_replica_to_renew_it() {
    let now = FakeClock::default().now();
    let later = now + SignedDuration::from_secs(1_000);
    let looks = vec![Ok(Shelf::Fetch(Turn(1))), Ok(Shelf::Wait(later))];
    let (clock, _, cache) = shelved(looks);
    assert_eq!(get(&cache, fresh("ours")).await, Ok("ours".to_owned()));
    clock.advance(SignedDuration::from_secs(90));
    assert_eq!(get(&cache, fresh("another")).await, Ok("ours".to_owned()));
}

#[tokio::test]
async fn who_waited_for_as_long_as_one_may_take_fetches_for_itself() {
    let now = FakeClock::default().now();
    let later = now + SignedDuration::from_secs(1_000);
    let (_, shelf, cache) = shelved(vec![Ok(Shelf::Wait(now)), Ok(Shelf::Wait(later))]);
    assert_eq!(get(&cache, fresh("ours")).await, Ok("ours".to_owned()));
    assert_eq!(*shelf.put.lock().unwrap(), [], "without a turn");
}

#[tokio::test]
async fn without_the_store_each_replica_fetches_for_itself() {
    let (_, shelf, cache) = shelved(vec![Err(())]);
    assert_eq!(get(&cache, fresh("ours")).await, Ok("ours".to_owned()));
    assert_eq!(*shelf.put.lock().unwrap(), []);
}
