//! Rate limits: replicas count together, and each for itself while there is nothing to count in.

use std::time::Duration;

use futures_util::future::join_all;
use reqwest::Method;
use serde_json::json;

use super::{fleet::Fleet, outage::ANSWERED_WITHIN};
use crate::caller::Answer;

fn limited(config: &str, limits: &str) -> String {
    let tenant = "[tenants.antirius]\n";
    assert!(config.contains(tenant), "{config}");
    config.replacen(tenant, &format!("{tenant}limits = {{ {limits} }}\n"), 1)
}

fn header<'a>(answer: &'a Answer, name: &str) -> &'a str {
    answer.headers.get(name).map_or("", |value| value.to_str().expect("ASCII"))
}

/// How many were let through of those that were asked at once, half of them at each replica.
async fn let_through(fleet: &Fleet, calls: usize) -> usize {
    let callers = &fleet.callers("antirius");
    let asked = join_all((0..calls).map(|call| async move {
        callers[call % callers.len()].call(Method::GET, "/v1/logins?limit=1", &[], None).await
    }));
    let answers = asked.await;
    for answer in &answers {
        assert_eq!(header(answer, "ratelimit-policy"), "\"tenant\";q=40;w=3600", "{:?}", answer.headers);
        assert!(header(answer, "ratelimit").starts_with("\"tenant\";r="), "{:?}", answer.headers);
        if answer.status == 429 {
            assert_eq!(answer.body["code"], "rate_limited", "{:?}", answer.body);
            assert!(header(answer, "retry-after").parse::<u64>().is_ok_and(|seconds| seconds >= 1));
        } else {
            assert_eq!(answer.status, 200, "{:?}", answer.body);
        }
    }
    answers.iter().filter(|answer| answer.status == 200).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tenants_calls_are_counted_together_by_all_replicas() {
    let fleet =
        Fleet::start_with(2, |config| limited(&config, "calls = { limit = 40, per_seconds = 3600 }")).await;
    // One comes back after 90 s, which a slow machine may need.
    let through = let_through(&fleet, 100).await;
    assert!((40..=41).contains(&through), "{through} of 100 calls, and the limit is 40");
    // Nobody else is held up.
    assert_eq!(
        fleet.caller_at(1, "antara").call(Method::GET, "/v1/logins?limit=1", &[], None).await.status,
        200
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn starts_by_address_and_notifications_by_recipient_are_counted_together_too() {
    let limits = "logins_per_address = { limit = 5, per_seconds = 3600 }, notifications_per_recipient = { limit = 3, per_seconds = 3600 }";
    let fleet = Fleet::start_with(2, |config| limited(&config, limits)).await;
    fleet.switch("antirius", json!({ "everyone_reachable": true })).await;
    let callers = fleet.callers("antirius");
    let mut begun = 0;
    for attempt in 0..12 {
        let body = json!({ "return_url": fleet.return_url(), "client": { "ip_address": "203.0.113.7" } });
        let answer = callers[attempt % 2].call(Method::POST, "/v1/logins", &[], Some(&body)).await;
        assert!(matches!(answer.status.as_u16(), 201 | 429), "{:?}", answer.body);
        begun += usize::from(answer.status == 201);
    }
    assert_eq!(begun, 5);
    let elsewhere = json!({ "return_url": fleet.return_url(), "client": { "ip_address": "203.0.113.8" } });
    assert_eq!(callers[1].call(Method::POST, "/v1/logins", &[], Some(&elsewhere)).await.status, 201);

    let mut sent = 0;
    for attempt in 0..8 {
        let to = json!({ "type": "phone", "phone_number": "+79001112233" });
        let body = json!({ "to": to, "message": { "type": "text", "text": "hi" } });
        let answer = callers[attempt % 2].notify(&format!("key-{attempt}"), &body).await;
        assert!(matches!(answer.status.as_u16(), 200 | 202 | 429), "{:?}", answer.body);
        sent += usize::from(answer.status != 429);
    }
    assert_eq!(sent, 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_redis_each_replica_counts_its_part_and_nothing_waits_for_long() {
    let fleet =
        Fleet::start_with(2, |config| limited(&config, "calls = { limit = 40, per_seconds = 3600 }")).await;
    fleet.redis.signal("STOP");
    // The tenant's keys are configured, so the call is counted before it fails for want of the store: each replica lets through
    // its half of the limit.
    let caller = fleet.caller_at(0, "antirius");
    let (mut refused, mut slowest) = (0, Duration::ZERO);
    let mut statuses = std::collections::BTreeMap::new();
    for _ in 0..30 {
        let began = std::time::Instant::now();
        let answer = caller.call(Method::GET, "/v1/logins?limit=1", &[], None).await;
        slowest = slowest.max(began.elapsed());
        assert!(header(&answer, "ratelimit").starts_with("\"tenant\";r="), "{:?}", answer.headers);
        refused += usize::from(answer.status == 429);
        *statuses.entry(answer.status.as_u16()).or_insert(0) += 1;
    }
    // Half of 40 fail for want of the store; beyond that the limit says no, and says it without the store.
    assert_eq!(statuses, std::collections::BTreeMap::from([(429, 10), (503, 20)]), "{refused}");
    assert!(slowest < ANSWERED_WITHIN, "{slowest:?}");
    let alone = fleet.metric_of(&[0], "herald_limits_counted_alone_total").await;
    assert!(alone >= 1, "it was never counted alone");
    fleet.redis.signal("CONT");
}
