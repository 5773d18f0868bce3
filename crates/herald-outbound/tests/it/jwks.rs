//! The key cache through rotation, outages and floods of unknown keys.

use std::sync::Arc;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use herald_core::{
    clock::Clock,
    error::{ErrorKind, Retry},
};
use herald_outbound::JwksCache;
use herald_testkit::fake_clock::FakeClock;
use jiff::{SignedDuration, Timestamp};

use crate::peer::{Act, Called as _, Peer, answer, flood, json};

/// A set of RSA keys with these ids.
fn set(kids: &[&str]) -> Act {
    json(&body(kids))
}

fn body(kids: &[&str]) -> String {
    let modulus = URL_SAFE_NO_PAD.encode([0xab; 256]);
    let keys: Vec<String> = kids
        .iter()
        .map(|kid| format!(r#"{{"kty":"RSA","use":"sig","kid":"{kid}","n":"{modulus}","e":"AQAB"}}"#))
        .collect();
    format!(r#"{{"keys":[{}]}}"#, keys.join(","))
}

struct Bench {
    peer: Peer,
    clock: Arc<FakeClock>,
    cache: JwksCache,
}

impl Bench {
    async fn new(act: Act) -> Self {
        let peer = Peer::start(act).await;
        let clock = Arc::new(FakeClock::default());
        let cache = JwksCache::new(peer.client(), &["keys"], Arc::clone(&clock) as Arc<dyn Clock>);
        Self { peer, clock, cache }
    }

    async fn has(&self, kid: &str) -> Result<bool, Retry> {
        self.cache.key(kid).await.map(|key| key.is_some()).map_err(|error| {
            assert_eq!(error.kind(), ErrorKind::Unavailable);
            error.retry()
        })
    }

    fn seconds_pass(&self, seconds: i64) {
        self.clock.advance(SignedDuration::from_secs(seconds));
    }

    fn fetches(&self) -> usize {
        self.peer.requests().len()
    }
}

fn after(seconds: u64) -> Retry {
    Retry::After(std::time::Duration::from_secs(seconds))
}

#[tokio::test]
async fn a_set_is_fetched_once_and_used_for_ten_minutes() {
    let bench = Bench::new(set(&["a", "b"])).await;
    assert_eq!((bench.has("a").await, bench.has("b").await, bench.fetches()), (Ok(true), Ok(true), 1));
    bench.seconds_pass(599);
    assert_eq!((bench.has("a").await, bench.fetches()), (Ok(true), 1));
    bench.seconds_pass(1);
    assert_eq!((bench.has("a").await, bench.fetches()), (Ok(true), 2));
}

#[tokio::test]
async fn an_answer_may_say_how_long_it_is_fresh() {
    let bench = Bench::new(answer("200 OK", "cache-control: max-age=120\r\n", &body(&["a"]))).await;
    assert_eq!(bench.has("a").await, Ok(true));
    bench.seconds_pass(120);
    assert_eq!((bench.has("a").await, bench.fetches()), (Ok(true), 2));
}

#[tokio::test]
async fn a_rotated_key_is_found_and_a_removed_one_is_gone_with_the_next_good_fetch() {
    let bench = Bench::new(set(&["old"])).await;
    assert_eq!(bench.has("old").await, Ok(true));
    bench.seconds_pass(31);
    bench.peer.now_does(set(&["new"]));
    assert_eq!(bench.has("old").await, Ok(true), "fresh");
    assert_eq!((bench.has("new").await, bench.fetches()), (Ok(true), 2));
    assert_eq!((bench.has("old").await, bench.fetches()), (Ok(false), 2));
}

#[tokio::test]
async fn a_flood_of_unknown_keys_fetches_once() {
    let bench = Bench::new(set(&["good"])).await;
    assert_eq!(bench.has("good").await, Ok(true));
    bench.seconds_pass(30);
    for i in 0..1_000 {
        assert_eq!(bench.has(&format!("random-{i}")).await, Ok(false));
    }
    assert_eq!((bench.fetches(), bench.has("good").await), (2, Ok(true)));
    bench.seconds_pass(30);
    assert_eq!((bench.has("random-0").await, bench.fetches()), (Ok(false), 3));
}

#[tokio::test]
async fn many_who_come_at_once_fetch_once() {
    let bench = Bench::new(set(&["a"])).await;
    let all = futures_util::future::join_all((0..100).map(|_| bench.has("a"))).await;
    assert!(all.into_iter().all(|found| found == Ok(true)));
    assert_eq!(bench.fetches(), 1);
}

#[tokio::test]
async fn without_any_set_it_says_when_to_come_back() {
    for broken in [
        answer("500 Oops", "", ""),
        answer("302 Found", "location: /keys2\r\n", ""),
        json("<html>"),
        json(r#"{"keys":[]}"#),
        json("{}"),
        Act::ResetAfterRequest,
        flood(*b"HTTP/1.1 200 OK\r\n\r\n"),
    ] {
        let bench = Bench::new(broken).await;
        assert_eq!(bench.has("a").await, Err(after(30)));
        bench.seconds_pass(10);
        assert_eq!(
            (bench.has("b").await, bench.fetches()),
            (Err(after(20)), 1),
            "a failure counts as an attempt"
        );
        bench.peer.now_does(set(&["a"]));
        bench.seconds_pass(20);
        assert_eq!((bench.has("a").await, bench.fetches()), (Ok(true), 2));
    }
}

#[tokio::test]
async fn a_bad_set_evicts_no_good_key() {
    let bench = Bench::new(set(&["a"])).await;
    assert_eq!(bench.has("a").await, Ok(true));
    for broken in [json(r#"{"keys":[]}"#), json("<html>"), answer("503 Busy", "", ""), set(&["x", "x"])] {
        bench.peer.now_does(broken);
        bench.seconds_pass(600);
        assert_eq!(bench.has("a").await, Ok(true));
        assert_eq!(bench.has("unknown").await, Err(after(30)), "nobody can say");
    }
}

#[tokio::test]
async fn an_outage_is_bridged_for_a_day_and_no_longer() {
    let bench = Bench::new(set(&["a"])).await;
    assert_eq!(bench.has("a").await, Ok(true));
    bench.peer.now_does(answer("500 Oops", "", ""));
    bench.seconds_pass(24 * 3600 - 1);
    assert_eq!(bench.has("a").await, Ok(true));
    bench.seconds_pass(31);
    assert_eq!(bench.has("a").await, Err(after(30)));
}

#[tokio::test]
async fn known_keys_do_not_wait_for_a_renewal() {
    let bench = Arc::new(Bench::new(set(&["a"])).await);
    assert_eq!(bench.has("a").await, Ok(true));
    bench.seconds_pass(600);
    bench.peer.now_does(Act::SayAndHold(Vec::new()));
    let renewing = Arc::clone(&bench);
    let renewing = tokio::spawn(async move { renewing.has("a").await });
    bench.peer.has_read(2).await;
    assert_eq!(bench.has("a").await, Ok(true));
    assert!(!renewing.is_finished());
    assert_eq!(renewing.await.unwrap(), Ok(true));
}

#[tokio::test]
async fn a_fetch_goes_on_when_its_caller_goes_away() {
    let bench = Arc::new(Bench::new(Act::SayAndHold(Vec::new())).await);
    let gone = Arc::clone(&bench);
    let gone = tokio::spawn(async move { gone.has("a").await });
    bench.peer.has_read(1).await;
    gone.abort();
    assert!(gone.await.unwrap_err().is_cancelled());
    // The next one waits for the fetch under way, which fails after three seconds, and does not make another.
    assert_eq!((bench.has("a").await, bench.fetches()), (Err(after(30)), 1));
}

#[tokio::test]
async fn a_key_just_brought_into_use_is_not_taken_for_an_unknown_one() {
    let bench = Bench::new(set(&["old"])).await;
    assert_eq!(bench.has("old").await, Ok(true));
    bench.peer.now_does(set(&["old", "new"]));
    bench.seconds_pass(5);
    let received_at = bench.clock.now();
    let early = bench.cache.key_of_token_from("new", received_at).await.unwrap_err();
    assert_eq!((early.retry(), bench.fetches()), (after(25), 1));
    bench.seconds_pass(25);
    assert!(bench.cache.key_of_token_from("new", received_at).await.unwrap().is_some());
    assert!(bench.cache.key_of_token_from("never", received_at).await.unwrap().is_none());
    assert!(bench.cache.key_of_token_from("never", Timestamp::MIN).await.unwrap().is_none());
}

#[tokio::test]
async fn a_clock_that_goes_back_does_not_lock_the_cache() {
    let bench = Bench::new(answer("500 Oops", "", "")).await;
    assert_eq!(bench.has("a").await, Err(after(30)));
    bench.peer.now_does(set(&["a"]));
    bench.seconds_pass(-300);
    assert_eq!(bench.has("a").await, Ok(true));
}
