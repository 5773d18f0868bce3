//! Counters: the script counts as the core does.

use std::{sync::Arc, time::Duration};

use herald_core::{
    clock::Clock as _,
    store::{CounterStore as _, Quota},
};
use herald_testkit::{fake_clock::FakeClock, redis_server::RedisServer, store_suite::sample::Sample};
use jiff::{SignedDuration, Timestamp};

use crate::store::open;

/// Whatever the quota, and whenever it is asked for: also of a clock that goes back, by however much.
#[tokio::test]
async fn a_quota_stands_as_the_core_says() {
    let clock = Arc::new(FakeClock::default());
    let store = open(RedisServer::shared(), "counter", &clock).await;
    let sample = Sample::of("acme", clock.now());
    for (number, (limit, period)) in
        (0..).zip([(1, 1_000), (3, 6_000), (7, 1_000), (60, 61_001), (1_000_000, 1_000), (5, 86_400_000)])
    {
        let quota = Quota { limit: limit.try_into().unwrap(), period: Duration::from_millis(period) };
        let asked = [(sample.hash("counter", number), quota)];
        let mut whole_at: Option<Timestamp> = None;
        let step = i64::try_from(quota.interval().as_micros()).unwrap();
        for turn in 0..48 {
            let by = [0, 0, step / 3, 0, step, 0, 1, 2 * step - 1, -step / 2, -7 * step, 0, step][turn % 12];
            clock.advance(SignedDuration::from_micros(by));
            let (expected, stands) = quota.take(whole_at, clock.now());
            whole_at = Some(stands);
            assert_eq!(store.take(&sample.tenant, &asked).await.unwrap(), [expected], "{quota:?} {turn}");
        }
    }
}

/// What is remembered of a later time is not waited for.
#[tokio::test]
async fn a_clock_that_goes_back_blocks_nobody_for_longer_than_the_period() {
    let clock = Arc::new(FakeClock::default());
    let store = open(RedisServer::shared(), "counter-back", &clock).await;
    let sample = Sample::of("acme", clock.now());
    let quota = Quota { limit: 1.try_into().unwrap(), period: Duration::from_secs(6) };
    let asked = [(sample.hash("counter", 1), quota)];
    let take = async |seconds| {
        clock.advance(SignedDuration::from_secs(seconds));
        store.take(&sample.tenant, &asked).await.unwrap()[0].is_allowed
    };
    assert!(take(0).await);
    assert!(!take(-3_600).await);
    assert!(!take(5).await);
    assert!(take(1).await);
}
