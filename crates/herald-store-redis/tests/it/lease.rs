//! Leases: what the suite cannot ask of every store.

use std::{slice::from_ref, sync::Arc, time::Duration};

use herald_core::{
    clock::Clock as _,
    store::{Accepted, NotificationStore as _, OutboxRow, OutboxStore as _},
};
use herald_store_redis::{RedisStore, TimeSource};
use herald_testkit::{
    fake_clock::FakeClock,
    redis_server::{RedisServer, Reply},
    store_suite::sample::{LEASE, LIFE, SECOND, Sample},
};
use jiff::{SignedDuration, Timestamp};

use crate::store::{open, open_by};

async fn waiting(store: &RedisStore) -> Vec<(u64, Timestamp)> {
    let backlog = store.outbox_backlog().await.unwrap();
    backlog.iter().map(|of| (of.waiting, of.next_at)).collect()
}

/// Whoever was away for longer than his lease finds that it is worth nothing, though nobody else has taken the row meanwhile.
#[tokio::test]
async fn a_holder_who_comes_late_has_nothing_to_give_back() {
    let clock = Arc::new(FakeClock::default());
    let store = open(RedisServer::shared(), "late", &clock).await;
    let sample = Sample::of("acme", clock.now());
    let (tenant, row) = (&sample.tenant, sample.due_delivery(1, sample.now));
    store.append_outbox(from_ref(&row)).await.unwrap();
    assert_eq!(store.lease_deliveries(tenant, "a", LEASE, 9).await.unwrap(), from_ref(&row));
    clock.advance(SignedDuration::try_from(LEASE).unwrap());
    let later = Some(clock.now() + LIFE);
    assert_eq!(store.release_delivery("a", tenant, row.id, later).await.unwrap(), None);
    assert_eq!(store.prolong_deliveries(tenant, "a", &[row.id], LIFE).await.unwrap(), []);
    assert_eq!(store.lease_deliveries(tenant, "b", LEASE, 9).await.unwrap(), [row]);
}

/// It is left to who can read it, and takes no place from the others.
#[tokio::test]
async fn a_row_that_cannot_be_read_stays_leased() {
    let (clock, server) = (Arc::new(FakeClock::default()), RedisServer::start());
    let store = open(&server, "herald", &clock).await;
    let sample = Sample::of("acme", clock.now());
    let rows = [1, 2].map(|number| sample.due_delivery(number, sample.now));
    store.append_outbox(&rows).await.unwrap();
    // Another format number: what a later release writes.
    let key = format!("herald:{{acme}}:out:{:032x}", 1);
    assert!(matches!(server.command(&["SETRANGE", &key, "17", "~"]), Reply::Integer(_)));
    assert_eq!(store.lease_deliveries(&sample.tenant, "a", LEASE, 1).await.unwrap(), rows[1..]);
    assert_eq!(store.lease_deliveries(&sample.tenant, "b", LEASE, 9).await.unwrap(), []);
    assert_eq!(waiting(&store).await, [(2, sample.now + LEASE)]);
}

/// What was taken before a failure is held, and nobody else may attend to it.
#[tokio::test]
async fn rows_that_were_taken_are_given_though_what_follows_fails() {
    let (clock, server) = (Arc::new(FakeClock::default()), RedisServer::start());
    let store = open(&server, "herald", &clock).await;
    let sample = Sample::of("acme", clock.now());
    let rows = [1, 2].map(|number| sample.due_delivery(number, sample.now));
    store.append_outbox(&rows).await.unwrap();
    let key = format!("herald:{{acme}}:out:{:032x}", 1);
    assert_eq!(server.command(&["DEL", &key]), Reply::Integer(1));
    // Needed to forget the one that is gone, and not to take the other.
    server.command(&["ACL", "SETUSER", "default", "-zrem"]);
    assert_eq!(store.lease_deliveries(&sample.tenant, "a", LEASE, 9).await.unwrap(), rows[1..]);
}

/// Its end keeps its place; who holds it is not known.
#[tokio::test]
async fn a_lease_of_another_format_is_somebody_elses_until_it_ends() {
    let (clock, server) = (Arc::new(FakeClock::default()), RedisServer::start());
    let store = open(&server, "herald", &clock).await;
    let sample = Sample::of("acme", clock.now());
    let (tenant, row) = (&sample.tenant, sample.due_delivery(1, sample.now));
    store.append_outbox(from_ref(&row)).await.unwrap();
    assert_eq!(store.lease_deliveries(tenant, "a", LEASE, 9).await.unwrap(), from_ref(&row));
    let other = "local id = redis.call('HKEYS', KEYS[1])[1] local lease = redis.call('HGET', KEYS[1], id) \
                 return redis.call('HSET', KEYS[1], id, string.sub(lease, 1, 8) .. '~' .. string.sub(lease, 10))";
    let leases = "herald:{acme}:leases:deliveries";
    assert_eq!(server.command(&["EVAL", other, "1", leases]), Reply::Integer(0));
    assert_eq!(store.release_delivery("a", tenant, row.id, None).await.unwrap(), None);
    let changed = OutboxRow { version: row.version + 1, ..row.clone() };
    assert!(store.replace_delivery(&changed).await.unwrap());
    assert_eq!(store.lease_deliveries(tenant, "b", LEASE, 9).await.unwrap(), []);
    clock.advance(SignedDuration::try_from(LEASE).unwrap());
    assert_eq!(store.lease_deliveries(tenant, "b", LEASE, 9).await.unwrap(), [changed]);
}

/// Also one that Redis dropped, of a tenant whose other rows are read.
#[tokio::test]
async fn a_row_that_is_gone_is_not_waited_for() {
    let (clock, server) = (Arc::new(FakeClock::default()), RedisServer::start());
    let store = open(&server, "herald", &clock).await;
    let sample = Sample::of("acme", clock.now());
    let rows = [1, 2].map(|number| sample.due_delivery(number, sample.now));
    store.append_outbox(&rows).await.unwrap();
    server.command(&["DEL", &format!("herald:{{acme}}:out:{:032x}", 1)]);
    assert_eq!(store.lease_deliveries(&sample.tenant, "a", LEASE, 1).await.unwrap(), rows[1..]);
    assert_eq!(waiting(&store).await, [(1, sample.now + LEASE)]);
}

/// By the server's clock, whatever ours shows.
#[tokio::test]
async fn a_lease_goes_by_the_time_of_the_server() {
    let server = RedisServer::shared();
    let Reply::Array(time) = server.command(&["TIME"]) else { panic!("TIME gives two numbers") };
    // Ours is slow by half a minute.
    let now = Timestamp::from_second(time[0].text().parse::<i64>().unwrap() - 30).unwrap();
    let clock = Arc::new(FakeClock::at(now));
    let store = open_by(TimeSource::Server, server, "server-time", &clock).await;
    let sample = Sample::of("acme", now);
    let tenant = &sample.tenant;
    let soon = OutboxRow { due_at: Some(now + 10 * SECOND), ..sample.delivery(1) };
    let later = OutboxRow { due_at: Some(now + LIFE), ..sample.delivery(2) };
    store.append_outbox(&[soon.clone(), later]).await.unwrap();
    assert_eq!(store.lease_deliveries(tenant, "a", Duration::ZERO, 9).await.unwrap(), from_ref(&soon));
    assert_eq!(store.lease_deliveries(tenant, "b", LIFE, 9).await.unwrap(), from_ref(&soon));
    assert_eq!(store.lease_deliveries(tenant, "c", LEASE, 9).await.unwrap(), []);
    let rests = Some(now + 2 * LIFE);
    assert_eq!(store.release_delivery("b", tenant, soon.id, rests).await.unwrap(), rests);
    assert_eq!(store.lease_deliveries(tenant, "c", LEASE, 9).await.unwrap(), []);
}

/// It would be sent twice if its key counted as free.
#[tokio::test]
async fn a_key_whose_notification_is_gone_is_not_free() {
    let (clock, server) = (Arc::new(FakeClock::default()), RedisServer::start());
    let store = open(&server, "herald", &clock).await;
    let sample = Sample::of("acme", clock.now());
    let (row, key) = (sample.notification(1), sample.key(1, 1));
    assert_eq!(store.accept_notification(&row, &key, &[]).await.unwrap(), Accepted::New);
    server.command(&["DEL", &format!("herald:{{acme}}:ntf:{:032x}", 1)]);
    assert!(store.accept_notification(&sample.notification(2), &key, &[]).await.is_err());
    assert!(store.notification_under(&sample.tenant, &key).await.is_err());
    assert_eq!(store.notification(&sample.tenant, sample.notification(2).id).await.unwrap(), None);
}
