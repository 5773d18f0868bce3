//! The names of the tenants: what is attended to when they cannot be read.

use std::{slice::from_ref, sync::Arc};

use herald_core::{
    clock::Clock as _,
    store::{OutboxStore as _, StoreError},
};
use herald_store_redis::RedisStore;
use herald_testkit::{fake_clock::FakeClock, redis_server::RedisServer, store_suite::sample::Sample};

use crate::store::open;

/// Whose deliveries are known to wait.
async fn waiting(store: &RedisStore) -> Vec<String> {
    let mut tenants: Vec<_> =
        store.outbox_backlog().await.unwrap().iter().map(|of| of.tenant.to_string()).collect();
    tenants.sort();
    tenants
}

#[tokio::test]
async fn tenants_that_are_known_are_attended_to_while_the_names_cannot_be_read() {
    let (clock, server) = (Arc::new(FakeClock::default()), RedisServer::start());
    let (store, other) = (open(&server, "herald", &clock).await, open(&server, "herald", &clock).await);
    let append = async |store: &RedisStore, tenant| {
        let sample = Sample::of(tenant, clock.now());
        store.append_outbox(from_ref(&sample.due_delivery(1, sample.now))).await.unwrap();
    };
    append(&other, "read").await;
    assert_eq!(waiting(&store).await, ["read"]);
    append(&store, "registered").await;
    let fresh = open(&server, "other", &clock).await;
    // As if the node that has them were away.
    server.command(&["ACL", "SETUSER", "default", "-smembers"]);
    assert_eq!(waiting(&store).await, ["read", "registered"]);
    // Who never knew any has nothing to go by.
    let failed = fresh.outbox_backlog().await;
    assert!(matches!(failed, Err(StoreError::Unavailable(_))), "{failed:?}");
}

#[tokio::test]
async fn a_name_that_is_none_is_passed_over() {
    let (clock, server) = (Arc::new(FakeClock::default()), RedisServer::start());
    let store = open(&server, "herald", &clock).await;
    let sample = Sample::of("acme", clock.now());
    store.append_outbox(from_ref(&sample.due_delivery(1, sample.now))).await.unwrap();
    server.command(&["SADD", "herald:tenants", "no tenant"]);
    assert_eq!(waiting(&store).await, ["acme"]);
}
