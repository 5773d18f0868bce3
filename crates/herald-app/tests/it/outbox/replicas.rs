//! Telling across replicas.

use std::time::Duration;

use herald_core::clock::Clock as _;
use tokio_util::sync::CancellationToken;

use super::jtis;
use crate::{replicas::Cluster, world::World};

#[tokio::test]
async fn an_endpoint_that_one_replica_made_is_told_at_once_of_what_happens_on_another() {
    let cluster = Cluster::new(2).await;
    let [first, second] = &cluster.replicas[..] else { panic!("two") };
    // Both know that there is none.
    first.cancelled().await;
    second.cancelled().await;
    first.endpoint("shop.example", &["login.*"]).await;
    cluster.breath(0).await;
    // No time has passed.
    second.cancelled().await;
    second.until_sent_to("shop.example", 1).await;
}

#[tokio::test]
async fn what_waits_for_its_turn_on_a_replica_that_slept_beyond_its_lease_is_not_told_by_it() {
    let cluster = Cluster::with_a_sleeper().await;
    let (sleeper, heir) = (&cluster.replicas[0], &cluster.replicas[1]);
    let mut sessions = vec![];
    for _ in 0..6 {
        sessions.push(sleeper.signed_in().await);
    }
    sleeper.courier.holds(true);
    for session in &sessions {
        sleeper.end(session).await;
    }
    sleeper.told(4).await;
    cluster.pass(36).await;
    // Four go to one receiver at once: the heir tells of those again that may not have been told.
    heir.told(8).await;
    cluster.wakes_up().await;
    heir.courier.holds(false);
    let told = heir.told(10).await;
    assert_eq!(jtis(&told).len(), 6);
    cluster.pass(60).await;
    sleeper.clock.advance(jiff::SignedDuration::from_secs(60));
    cluster.breath(0).await;
    assert_eq!(heir.courier.so_far().len(), 10, "two waited, and were told once");
}

/// As when Redis lost the leases because a replica of it took over, or its clock jumped, and another has taken what was held.
#[tokio::test]
async fn what_waits_for_its_turn_is_not_told_once_the_store_says_that_it_is_not_ours() {
    let cluster = Cluster::new(2).await;
    let [waits, other] = &cluster.replicas[..] else { panic!("two") };
    let mut sessions = vec![];
    for _ in 0..6 {
        sessions.push(waits.signed_in().await);
    }
    waits.courier.holds(true);
    for session in &sessions {
        waits.end(session).await;
    }
    waits.told(4).await;
    let tenant = waits.tenant().id.clone();
    for (tenant, id) in waits.handle.deliveries_in_hand() {
        other.store.release_delivery("replica-1", &tenant, id, None).await.unwrap();
    }
    let minute = Duration::from_secs(60);
    let taken = other.store.lease_deliveries(&tenant, "elsewhere", minute, 9).await.unwrap();
    assert_eq!(taken.len(), 6);
    // It is told when it prolongs its leases.
    cluster.pass(10).await;
    waits.courier.holds(false);
    cluster.pass(20).await;
    assert_eq!(waits.courier.so_far().len(), 4);
    cluster.pass(40).await;
    let told = waits.told(6).await;
    assert_eq!((told.len(), jtis(&told).len()), (6, 6));
}

#[tokio::test]
async fn a_replay_whose_replica_died_is_done_by_another() {
    let world = World::with_webhooks().await;
    let endpoint = world.endpoint("shop.example", &["login.*"]).await;
    let since = world.clock.now();
    world.cancelled().await;
    world.until_sent_to("shop.example", 1).await;
    // One that is asked for it and does nothing more.
    let dead = world.idle_replica("replica-2").await;
    world.pass(1);
    dead.herald.webhooks().replay(&dead.tenant(), endpoint.id, since).await.unwrap();
    for minute in 0..3 {
        world.breath(minute).await;
        world.pass(60);
    }
    world.until_replayed(endpoint.id).await;
    world.until_sent_to("shop.example", 2).await;
    dead.herald.run(CancellationToken::new());
    world.breath(0).await;
    assert_eq!(world.ids_sent_to("shop.example").len(), 2);
}
