//! Endpoints that fail, are gone, or are disabled.

use herald_app::webhook::DeliveryStatus;
use herald_core::{
    clock::Clock as _,
    courier::{NoAnswer, NoAnswerKind},
    webhook::DisabledReason,
};
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
    assert_eq!(world.endpoint_now(failing.id).await.failing_since, Some(begin));
    while let Some(due) = world.rests().await {
        world.pass_to(due);
    }
    // Everything that was tried for three days has failed, and the endpoint has two more.
    assert!(world.endpoint_now(failing.id).await.is_enabled);
    world.pass(5 * 24 * 3600 - world.clock.now().duration_since(begin).as_secs() + 1);
    world.ended().await;
    world.until_sent_to("other.example", 1).await;
    let now = world.endpoint_now(failing.id).await;
    assert_eq!((now.is_enabled, now.disabled_reason), (false, Some(DisabledReason::Failing)));
    // What is still open waits for a replay.
    while let Some(due) = world.rests().await {
        world.pass_to(due);
    }
    let waiting = world.deliveries(failing.id).await;
    assert!(waiting.iter().any(|delivery| delivery.status == DeliveryStatus::Pending));
    assert!(waiting.iter().all(|delivery| delivery.next_attempt_at.is_none()));
    assert_eq!(world.sent_to("other.example").len(), 1);
}

#[tokio::test]
async fn one_success_ends_a_failure() {
    let world = World::with_webhooks().await;
    let endpoint = world.endpoint("shop.example", &["session.*"]).await;
    world.courier.answers_at("shop.example", [Ok(status(500))]);
    world.ended().await;
    let due = world.rests().await.expect("it is tried again");
    assert_eq!(world.endpoint_now(endpoint.id).await.failing_since, Some(world.clock.now()));
    world.pass_to(due);
    assert_eq!(world.rests().await, None);
    assert_eq!(world.endpoint_now(endpoint.id).await.failing_since, None);
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
async fn a_disabled_endpoint_is_told_nothing_by_itself_not_even_when_it_is_enabled() {
    let world = World::with_webhooks().await;
    let endpoint = world.endpoint("shop.example", &["session.*"]).await;
    world.courier.answers_at("shop.example", [Ok(status(500))]);
    world.ended().await;
    let due = world.rests().await.expect("it is tried again");
    world.enable(endpoint.id, false).await;
    world.ended().await;
    world.pass_to(due);
    assert_eq!(world.rests().await, None);
    assert_eq!(world.sent_to("shop.example").len(), 1);
    let enabled = world.enable(endpoint.id, true).await;
    assert_eq!((enabled.disabled_reason, enabled.failing_since), (None, None));
    world.pass(60);
    assert_eq!((world.rests().await, world.sent_to("shop.example").len()), (None, 1));
    let kept = world.deliveries(endpoint.id).await;
    assert_eq!(kept.len(), 2);
    assert!(kept.iter().all(|delivery| delivery.status == DeliveryStatus::Pending));
    // What happens from now on is told.
    world.ended().await;
    assert_eq!(world.until_sent_to("shop.example", 2).await.len(), 2);
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
