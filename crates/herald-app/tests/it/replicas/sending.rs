//! Notifications across replicas.

use herald_core::notification::NotificationStatus;
use herald_testkit::fake_notifier::FakeNotifier;
use jiff::SignedDuration;
use tokio::runtime::{Builder, Runtime};

use super::Cluster;
use crate::{accepting::wish, delivering::words, world::World};

/// Lets those sends end that have begun.
async fn let_go(cluster: &Cluster, notifier: &FakeNotifier) {
    notifier.holds(false);
    cluster.breath(0).await;
}

#[tokio::test]
async fn what_one_replica_has_in_hand_no_other_takes_while_it_lives() {
    let cluster = Cluster::new(2).await;
    let [first, second] = &cluster.replicas[..] else { panic!("two") };
    first.plain.holds(true);
    let ids = first.accept_many("k", 10, &wish("main")).await;
    first.plain.calls_reach(4).await;
    // Four leases long, and far beyond what a record that says `sending` is believed.
    cluster.pass(120).await;
    assert_eq!(first.plain.calls(), 4, "the other one would have lanes of its own");
    let_go(&cluster, &first.plain).await;
    for settled in second.passing(0, second.all_settled(&ids)).await {
        assert_eq!(words(&settled), [("main", "sent")]);
    }
    assert_eq!((first.plain.calls(), first.plain.effects().len()), (10, 10));
}

#[test]
fn what_a_dead_replica_had_in_hand_is_taken_up_by_another_after_its_lease() {
    // On one thread, so that nothing is done any more while it is taken apart.
    let there = Builder::new_current_thread().enable_all().build().unwrap();
    let (dead, ids) = there.block_on(async {
        let world = World::new().await;
        world.plain.holds(true);
        let ids = world.accept_many("k", 10, &wish("main")).await;
        world.plain.calls_reach(4).await;
        (world, ids)
    });
    there.shutdown_timeout(std::time::Duration::from_secs(10));
    dead.plain.holds(false);
    Runtime::new().unwrap().block_on(async {
        let heir = dead.replica("replica-2").await;
        heir.pass_slowly(29, 1).await;
        assert_eq!(heir.plain.calls(), 4, "its leases are not over");
        let settled = heir.passing(1, heir.all_settled(&ids)).await;
        let count = |status| settled.iter().filter(|it| it.status == status).count();
        // Of those that it was sending nobody knows, and none is sent again.
        assert_eq!((count(NotificationStatus::Unknown), count(NotificationStatus::Sent)), (4, 6));
        assert_eq!((heir.plain.calls(), heir.plain.effects().len()), (10, 6));
    });
}

#[tokio::test]
async fn the_late_outcome_of_a_sender_that_slept_is_refused_and_nothing_is_sent_again() {
    let cluster = Cluster::with_a_sleeper().await;
    let (sleeper, heir) = (&cluster.replicas[0], &cluster.replicas[1]);
    sleeper.plain.holds(true);
    let ids = sleeper.accept_many("k", 6, &wish("main")).await;
    sleeper.plain.calls_reach(4).await;
    cluster.pass(29).await;
    assert_eq!(heir.plain.calls(), 4, "it may only be slow");
    heir.passing(1, heir.plain.calls_reach(6)).await;
    // The heir gave four up for unknown and sends the two that were waiting.
    cluster.wakes_up().await;
    let_go(&cluster, &heir.plain).await;
    cluster.pass(60).await;
    sleeper.pass_slowly(60, 1).await;
    let settled = heir.passing(1, heir.all_settled(&ids)).await;
    let count = |status| settled.iter().filter(|it| it.status == status).count();
    assert_eq!((count(NotificationStatus::Unknown), count(NotificationStatus::Sent)), (4, 2));
    assert_eq!((heir.plain.calls(), heir.plain.effects().len()), (6, 6), "every message once");
}

#[tokio::test]
async fn an_outcome_that_a_cut_off_replica_could_not_store_is_unknown_or_known_by_the_providers_help() {
    for (connection, status) in [("main", NotificationStatus::Unknown), ("web", NotificationStatus::Sent)] {
        let cluster = Cluster::new(2).await;
        let [cut_off, heir] = &cluster.replicas[..] else { panic!("two") };
        let notifier = if connection == "main" { &cut_off.plain } else { &cut_off.keyed };
        notifier.holds(true);
        let id = cut_off.accept(connection).await;
        notifier.calls_reach(1).await;
        cluster.handles[0].set_away(true);
        let_go(&cluster, notifier).await;
        assert_eq!(notifier.effects().len(), 1);
        // Its lease was prolonged when it began at the latest.
        cluster.pass(29).await;
        assert_eq!(heir.notification(id).await.status, NotificationStatus::Sending);
        cluster.pass(20).await;
        assert_eq!(heir.notification(id).await.status, status, "{connection}");
        cluster.handles[0].set_away(false);
        cluster.pass(60).await;
        assert_eq!(cut_off.notification(id).await.status, status, "{connection}");
        assert_eq!(notifier.effects().len(), 1, "{connection}");
    }
}

#[tokio::test]
async fn a_store_that_is_away_for_less_than_a_lease_costs_nobody_anything() {
    let cluster = Cluster::new(2).await;
    let [first, second] = &cluster.replicas[..] else { panic!("two") };
    first.plain.holds(true);
    let ids = first.accept_many("k", 10, &wish("main")).await;
    first.plain.calls_reach(4).await;
    for _ in 0..4 {
        // Some of them when the leases are to be prolonged.
        cluster.handles[0].set_away(true);
        cluster.pass(15).await;
        cluster.handles[0].set_away(false);
        cluster.pass(5).await;
    }
    assert_eq!(first.plain.calls(), 4);
    let_go(&cluster, &first.plain).await;
    let settled = second.passing(1, second.all_settled(&ids)).await;
    assert!(settled.iter().all(|it| it.status == NotificationStatus::Sent));
    assert_eq!(first.plain.effects().len(), 10);
}

#[tokio::test]
async fn what_one_replica_cannot_take_up_another_finds() {
    let cluster = Cluster::new(2).await;
    let [accepts, sends] = &cluster.replicas[..] else { panic!("two") };
    let mut planned = wish("main");
    planned.send_at = Some(accepts.now() + SignedDuration::from_secs(20));
    let id = accepts.accept_wish("k", planned).await.notification.id;
    // From then on the one that accepted it does nothing more.
    cluster.handles[0].set_away(true);
    cluster.pass(26).await;
    let sent: &World = sends;
    assert_eq!(sent.notification(id).await.status, NotificationStatus::Sent);
}
