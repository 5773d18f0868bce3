//! When a store that is away is asked again.

use std::{
    cell::Cell,
    sync::{Mutex, PoisonError},
};

use async_trait::async_trait;

use super::*;

/// A clock of which every sleep is over at once, and that notes how long each was, in milliseconds.
#[derive(Debug, Default)]
struct Slept(Mutex<Vec<i128>>);

impl Slept {
    fn pauses(&self) -> Vec<i128> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

#[async_trait]
impl Clock for Slept {
    fn now(&self) -> Timestamp {
        let millis = self.pauses().iter().sum::<i128>();
        Timestamp::UNIX_EPOCH + SignedDuration::from_millis(i64::try_from(millis).unwrap())
    }

    async fn sleep_until(&self, at: Timestamp) {
        let pause = at.duration_since(self.now()).as_millis();
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(pause);
    }
}

fn away() -> SessionError {
    StoreError::Unavailable("away".into()).into()
}

fn seconds(seconds: i64) -> SignedDuration {
    SignedDuration::from_secs(seconds)
}

#[tokio::test]
async fn the_pauses_grow_up_to_the_longest_and_an_answer_ends_them() {
    let (clock, asked) = (Slept::default(), Cell::new(0));
    let question = || {
        asked.set(asked.get() + 1);
        let answer = if asked.get() < 6 { Err(away()) } else { Ok(asked.get()) };
        async { answer }
    };
    let answer = StoreRetry::new(&clock, seconds(1)).ask(|| Timestamp::MAX, question).await;
    assert_eq!(answer.unwrap(), 6);
    assert_eq!(clock.pauses(), [200, 400, 800, 1_000, 1_000]);
}

#[tokio::test]
async fn nobody_asks_at_the_time_until_which_it_was_worth_it_or_later() {
    let clock = Slept::default();
    let until = Timestamp::UNIX_EPOCH + SignedDuration::from_millis(600);
    let answer = StoreRetry::new(&clock, seconds(9)).ask(|| until, || async { Err::<(), _>(away()) }).await;
    assert!(answer.unwrap_err().away().is_some());
    // At 200 ms, and not at 600 ms.
    assert_eq!(clock.pauses(), [200]);
}

#[tokio::test]
async fn any_other_failure_is_given_at_once() {
    let clock = Slept::default();
    let corrupt = || async { Err::<(), SessionError>(StoreError::Corrupt("x".to_owned()).into()) };
    let answer = StoreRetry::new(&clock, seconds(9)).ask(|| Timestamp::MAX, corrupt).await;
    assert!(answer.unwrap_err().away().is_none());
    assert!(clock.pauses().is_empty());
}

/// A clock that stands still.
#[derive(Debug)]
struct Still;

#[async_trait]
impl Clock for Still {
    fn now(&self) -> Timestamp {
        Timestamp::UNIX_EPOCH
    }

    async fn sleep_until(&self, _: Timestamp) {
        std::future::pending::<()>().await;
    }
}

#[tokio::test]
async fn who_is_in_a_hurry_does_not_pause() {
    let hurry = CancellationToken::new();
    let mut retry = StoreRetry::new(&Still, seconds(9)).hurried_by(&hurry);
    assert!(futures_util::FutureExt::now_or_never(retry.pause()).is_none());
    hurry.cancel();
    assert!(futures_util::FutureExt::now_or_never(retry.pause()).is_some());
}
