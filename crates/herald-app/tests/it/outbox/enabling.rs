//! Endpoints that are enabled, and what waits for that.

use herald_core::{
    clock::Clock as _,
    seal::Sealed,
    store::{OutboxFilter, OutboxRow, Page},
};

use crate::world::World;

#[tokio::test]
async fn what_was_held_back_in_the_moment_of_enabling_is_told() {
    let world = World::with_webhooks().await;
    let endpoint = world.endpoint("shop.example", &["login.*"]).await;
    world.enable(endpoint.id, false).await;
    world.cancelled().await;
    world.pass(11);
    world.cancelled().await;
    world.pass(9);
    assert_eq!(world.rests().await, None);
    world.enable(endpoint.id, true).await;
    world.until_sent_to("shop.example", 1).await;
    assert_eq!(world.rests().await, None);
    assert_eq!(world.sent_to("shop.example").len(), 1);
}

#[tokio::test]
async fn what_another_replica_held_back_for_a_few_seconds_more_is_told() {
    let world = World::with_webhooks().await;
    let endpoint = world.endpoint("shop.example", &["login.*"]).await;
    world.enable(endpoint.id, false).await;
    let other = world.idle_replica("replica-2").await;
    // It reads that the endpoint is disabled, and believes it for five seconds.
    other.cancelled().await;
    world.pass(1);
    world.enable(endpoint.id, true).await;
    world.until_sent_to("shop.example", 1).await;
    world.pass(1);
    other.cancelled().await;
    assert_eq!(world.rests().await, None);
    world.pass(5);
    world.until_sent_to("shop.example", 2).await;
}

#[tokio::test]
async fn the_replay_of_a_disabled_endpoint_waits_until_it_is_enabled() {
    let world = World::with_webhooks().await;
    let endpoint = world.endpoint("shop.example", &["login.*"]).await;
    let other = world.endpoint("other.example", &["login.*"]).await;
    world.enable(endpoint.id, false).await;
    let since = world.clock.now();
    world.cancelled().await;
    world.until_sent_to("other.example", 1).await;
    world.pass(60);
    let webhooks = world.herald.webhooks();
    webhooks.replay(&world.tenant(), endpoint.id, since).await.unwrap();
    // That of another endpoint does not wait for it.
    webhooks.replay(&world.tenant(), other.id, since).await.unwrap();
    world.until_sent_to("other.example", 2).await;
    world.until_replayed(other.id).await;
    assert!(world.endpoint_now(endpoint.id).await.replay.is_some());
    assert_eq!(world.sent_to("shop.example").len(), 0);
    world.enable(endpoint.id, true).await;
    world.until_replayed(endpoint.id).await;
    world.until_sent_to("shop.example", 1).await;
}

#[tokio::test]
async fn a_delivery_that_cannot_be_read_stops_no_other() {
    let world = World::with_webhooks().await;
    let endpoint = world.endpoint("shop.example", &["login.*"]).await;
    world.enable(endpoint.id, false).await;
    let since = world.clock.now();
    for _ in 0..3 {
        world.cancelled().await;
        world.pass(20);
    }
    let filter = OutboxFilter { endpoint: endpoint.id, created_from: None };
    let tenant = world.tenant();
    let rows = world.store.list_deliveries(&tenant.id, filter, Page { after: None, limit: 9 }).await.unwrap();
    let broken = OutboxRow {
        version: rows[1].version + 1,
        due_at: Some(world.clock.now()),
        body: Sealed::from_bytes(b"not what was sealed".to_vec()),
        ..rows[1].clone()
    };
    assert!(world.store.replace_delivery(&broken).await.unwrap());
    world.enable(endpoint.id, true).await;
    world.herald.webhooks().replay(&tenant, endpoint.id, since).await.unwrap();
    world.until_replayed(endpoint.id).await;
    world.until_sent_to("shop.example", 2).await;
    assert!(world.rests().await.is_some(), "it is looked at again, later");
    assert_eq!(world.sent_to("shop.example").len(), 2);
    assert_eq!(world.deliveries(endpoint.id).await.len(), 2);
}
