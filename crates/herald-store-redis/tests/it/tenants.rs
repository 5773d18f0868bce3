//! The names of the tenants: what is attended to when they cannot be read.

use std::{slice::from_ref, sync::Arc};

use herald_core::{
    clock::Clock as _,
    store::{OutboxStore as _, StoreError},
};
use herald_store_redis::RedisStore;
use herald_testkit::{
    fake_clock::FakeClock,
    redis_server::{RedisServer, Reply},
    store_suite::sample::{LIFE, Sample},
};
use jiff::SignedDuration;

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

/// They would be asked about for ever. While something is left of one it is known, whoever wrote it.
#[tokio::test]
async fn a_tenant_of_which_nothing_is_left_is_forgotten_until_there_is_something_again() {
    let (clock, server) = (Arc::new(FakeClock::default()), RedisServer::start());
    let (store, other) = (open(&server, "herald", &clock).await, open(&server, "herald", &clock).await);
    let append = async |store: &RedisStore, tenant| {
        let sample = Sample::of(tenant, clock.now());
        store.append_outbox(from_ref(&sample.due_delivery(1, sample.now))).await.unwrap();
    };
    let names = || {
        let Reply::Array(names) = server.command(&["SMEMBERS", "herald:tenants"]) else { panic!("a set") };
        let mut names: Vec<_> = names.iter().map(|name| name.text().to_owned()).collect();
        names.sort();
        names
    };
    append(&store, "ours").await;
    append(&other, "theirs").await;
    for _ in 0..2 {
        store.sweep().await.unwrap();
        assert_eq!(names(), ["ours", "theirs"]);
    }
    clock.advance(SignedDuration::try_from(LIFE).unwrap());
    append(&other, "late").await;
    store.sweep().await.unwrap();
    assert_eq!(names(), ["late", "ours"], "one that is registered here is forgotten the next time");
    store.sweep().await.unwrap();
    assert_eq!(names(), ["late"]);
    for store in [&store, &other] {
        append(store, "theirs").await;
        assert_eq!((names(), waiting(store).await.len()), (vec!["late".to_owned(), "theirs".to_owned()], 2));
        clock.advance(SignedDuration::try_from(LIFE).unwrap());
        append(&other, "late").await;
        for _ in 0..3 {
            other.sweep().await.unwrap();
            store.sweep().await.unwrap();
        }
        assert_eq!(names(), ["late"]);
    }
}
