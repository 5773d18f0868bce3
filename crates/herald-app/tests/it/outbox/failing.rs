//! Endpoints that fail, are gone, or are disabled.

use herald_app::webhook::{DeliveryStatus, EndpointChange};
use herald_core::{
    clock::Clock as _,
    courier::{NoAnswer, NoAnswerKind},
    webhook::DisabledReason,
};
use jiff::SignedDuration;
use serde_json::json;

use super::{
    trouble::status,
    webhooks::{body, id},
};
use crate::world::World;

#[tokio::test]
async fn an_endpoint_that_says_it_is_gone_is_disabled_and_the_others_are_told() {
    let world = World::with_webhooks().await;
    let gone = world.endpoint("gone.example", &["*"]).await;
    world.endpoint("other.example", &["webhook_endpoint.*"]).await;
    world.courier.answers_at("gone.example", [Ok(status(410))]);
    let (login, _) = world.start("main").await;
    world.herald.logins().cancel(&world.tenant(), login).await.unwrap();
    let told = world.until_sent_to("other.example", 1).await;
    assert_eq!(world.rests().await, None);
    assert_eq!(body(&told[0])["type"], "webhook_endpoint.disabled");
    let news = &body(&told[0])["data"]["webhook_endpoint"];
    assert_eq!((&news["id"], &news["disabled_reason"]), (&json!(gone.id), &json!("gone")));
    let now = world.endpoint_now(gone.id).await;
    assert_eq!((now.is_enabled, now.disabled_reason), (false, Some(DisabledReason::Gone)));
    let deliveries = world.deliveries(gone.id).await;
    assert_eq!((deliveries.len(), deliveries[0].status), (1, DeliveryStatus::Failed));
    let attempt = deliveries[0].attempts[0];
    assert_eq!((attempt.response_status, attempt.failure), (Some(410), Some("gone")));
    assert_eq!(world.sent_to("gone.example").len(), 1);
}

#[tokio::test]
async fn an_endpoint_that_fails_for_five_days_is_disabled_and_the_others_are_told() {
    let world = World::with_webhooks().await;
    let failing = world.endpoint("failing.example", &["*"]).await;
    world.endpoint("other.example", &["webhook_endpoint.disabled"]).await;
    world.courier.answers_at("failing.example", std::iter::repeat_n(Ok(status(500)), 100));
    let begin = world.clock.now();
    world.ended().await;
    world.rests().await;
    world.endpoint_when(failing.id, |now| now.failing_since == Some(begin)).await;
    while let Some(due) = world.rests().await {
        world.pass_to(due);
    }
    // Everything that was tried for three days has failed, and the endpoint has two more.
    let now = world.endpoint_when(failing.id, |now| now.failed_again_at.is_some()).await;
    assert!(now.is_enabled);
    let again_at = now.failed_again_at.expect("it failed again an hour after");
    assert!(again_at.duration_since(begin) >= SignedDuration::from_hours(1));
    world.pass_to(again_at + SignedDuration::from_hours(5 * 24));
    world.ended().await;
    world.rests().await;
    assert!(world.endpoint_now(failing.id).await.is_enabled);
    world.pass(1);
    world.ended().await;
    world.until_sent_to("other.example", 1).await;
    let now = world.endpoint_now(failing.id).await;
    assert_eq!((now.is_enabled, now.disabled_reason), (false, Some(DisabledReason::Failing)));
    // What is still open waits until it is enabled.
    let sent = world.sent_to("failing.example").len();
    world.pass(24 * 3600);
    assert!(world.rests().await.is_some());
    assert_eq!(world.sent_to("failing.example").len(), sent);
    assert_eq!(world.sent_to("other.example").len(), 1);
}

#[tokio::test]
async fn one_failure_after_quiet_days_disables_nobody() {
    let world = World::with_webhooks().await;
    let endpoint = world.endpoint("shop.example", &["session.*"]).await;
    // A trial is made once, so that nothing follows its failure for days.
    world.courier.answers_at("shop.example", std::iter::repeat_n(Ok(status(500)), 2));
    for _ in 0..2 {
        world.herald.webhooks().test(&world.tenant(), endpoint.id).await.unwrap();
        assert_eq!(world.rests().await, None);
        assert!(world.endpoint_now(endpoint.id).await.is_enabled);
        world.pass(10 * 24 * 3600);
    }
}

#[tokio::test]
async fn the_gone_of_an_address_says_nothing_of_the_one_that_took_its_place() {
    let world = World::with_webhooks().await;
    let endpoint = world.endpoint("old.example", &["session.*"]).await;
    world.courier.answers_at("old.example", [Ok(status(410))]);
    world.courier.holds(true);
    world.ended().await;
    world.until_sent_to("old.example", 1).await;
    let url = Some("https://new.example/in".to_owned());
    let change = EndpointChange { url, ..EndpointChange::default() };
    world.herald.webhooks().update(&world.tenant(), endpoint.id, change).await.unwrap();
    world.courier.holds(false);
    assert_eq!(world.rests().await, None);
    let now = world.endpoint_now(endpoint.id).await;
    assert_eq!((now.is_enabled, now.disabled_reason, now.failing_since), (true, None, None));
}

#[tokio::test]
async fn another_address_begins_anew() {
    let world = World::with_webhooks().await;
    let endpoint = world.endpoint("old.example", &["session.*"]).await;
    world.courier.answers_at("old.example", [Ok(status(500))]);
    world.ended().await;
    world.rests().await;
    world.endpoint_when(endpoint.id, |now| now.failing_since.is_some()).await;
    let url = Some("https://new.example/in".to_owned());
    let change = EndpointChange { url, ..EndpointChange::default() };
    let changed = world.herald.webhooks().update(&world.tenant(), endpoint.id, change).await.unwrap();
    assert_eq!(changed.failing_since, None);
}

#[tokio::test]
async fn one_success_ends_a_failure() {
    let world = World::with_webhooks().await;
    let endpoint = world.endpoint("shop.example", &["session.*"]).await;
    world.courier.answers_at("shop.example", [Ok(status(500))]);
    world.ended().await;
    let due = world.rests().await.expect("it is tried again");
    world.endpoint_when(endpoint.id, |now| now.failing_since == Some(world.clock.now())).await;
    world.pass_to(due);
    assert_eq!(world.rests().await, None);
    world.endpoint_when(endpoint.id, |now| now.failing_since.is_none()).await;
    // Long after, a single failure is a first one again.
    world.pass(10 * 24 * 3600);
    world.courier.answers_at("shop.example", [Ok(status(500))]);
    world.ended().await;
    world.rests().await;
    assert!(world.endpoint_now(endpoint.id).await.is_enabled);
}

#[tokio::test]
async fn a_blocked_address_is_a_failed_try_and_the_endpoint_stays() {
    let world = World::with_webhooks().await;
    let endpoint = world.endpoint("inside.example", &["session.*"]).await;
    let blocked = NoAnswer { why: NoAnswerKind::BlockedAddress, detail: "a private address".to_owned() };
    world.courier.answers_at("inside.example", [Err(blocked)]);
    world.ended().await;
    let due = world.rests().await.expect("it is tried again");
    let delivery = &world.deliveries(endpoint.id).await[0];
    assert_eq!(delivery.status, DeliveryStatus::Pending);
    let attempt = delivery.attempts[0];
    assert_eq!((attempt.response_status, attempt.failure), (None, Some("blocked_address")));
    assert!(world.endpoint_now(endpoint.id).await.is_enabled);
    // A name may lead elsewhere by then.
    world.pass_to(due);
    assert_eq!(world.rests().await, None);
    assert_eq!(world.deliveries(endpoint.id).await[0].status, DeliveryStatus::Delivered);
}

#[tokio::test]
async fn a_disabled_endpoint_is_told_nothing_and_what_was_open_before_when_it_is_enabled() {
    let world = World::with_webhooks().await;
    let endpoint = world.endpoint("shop.example", &["session.*"]).await;
    world.courier.answers_at("shop.example", [Ok(status(500))]);
    world.ended().await;
    let due = world.rests().await.expect("it is tried again");
    world.enable(endpoint.id, false).await;
    world.pass(1);
    world.ended().await;
    world.pass_to(due);
    assert!(world.rests().await.is_some());
    world.pass(3600);
    let due = world.rests().await.expect("it waits until the endpoint is enabled");
    assert_eq!(world.sent_to("shop.example").len(), 1);
    let enabled = world.enable(endpoint.id, true).await;
    assert_eq!((enabled.disabled_reason, enabled.failing_since), (None, None));
    world.pass_to(due);
    assert_eq!((world.rests().await, world.sent_to("shop.example").len()), (None, 2));
    // What happened while it was disabled is kept for a replay.
    let kept = world.deliveries(endpoint.id).await;
    let statuses: Vec<_> = kept.iter().map(|delivery| delivery.status).collect();
    assert_eq!(statuses, [DeliveryStatus::Pending, DeliveryStatus::Delivered]);
    // What happens from now on is told.
    world.ended().await;
    assert_eq!(world.until_sent_to("shop.example", 3).await.len(), 3);
}

#[tokio::test]
async fn a_trial_is_told_once_also_to_a_disabled_endpoint_that_wants_other_things() {
    let world = World::with_webhooks().await;
    let endpoint = world.endpoint("shop.example", &["notification.*"]).await;
    world.enable(endpoint.id, false).await;
    let trial = world.herald.webhooks().test(&world.tenant(), endpoint.id).await.unwrap();
    assert_eq!((trial.kind.as_str(), trial.status), ("webhook_endpoint.test", DeliveryStatus::Pending));
    let told = world.until_sent_to("shop.example", 1).await;
    assert_eq!(world.rests().await, None);
    assert_eq!(id(&told[0]), trial.event.to_string());
    assert_eq!(body(&told[0])["data"]["webhook_endpoint"]["id"], json!(endpoint.id));
    let [delivered] = world.deliveries(endpoint.id).await.try_into().unwrap();
    assert_eq!((delivered.id, delivered.status), (trial.id, DeliveryStatus::Delivered));

    world.courier.answers_at("shop.example", [Ok(status(500))]);
    let trial = world.herald.webhooks().test(&world.tenant(), endpoint.id).await.unwrap();
    world.until_sent_to("shop.example", 2).await;
    assert_eq!(world.rests().await, None);
    let deliveries = world.deliveries(endpoint.id).await;
    let failed = deliveries.iter().find(|delivery| delivery.id == trial.id).unwrap();
    assert_eq!((failed.status, failed.attempts.len()), (DeliveryStatus::Failed, 1));
}
