//! What a replica that dies leaves, another one finishes.

use herald_core::{
    login::{Ending, FailureCode, LoginStatus, Phase},
    notification::NotificationStatus,
};
use herald_testkit::fake_provider::{Ends, Person};
use tokio::runtime::Runtime;

use crate::{accepting::wish, world::World};

/// A world on a runtime of its own, which can be killed.
fn doomed() -> (Runtime, World) {
    let runtime = Runtime::new().unwrap();
    let world = runtime.block_on(World::new());
    (runtime, world)
}

#[test]
fn a_login_whose_watcher_died_is_watched_by_another() {
    let (first, world) = doomed();
    let (id, _) = first.block_on(world.start("main"));
    first.shutdown_timeout(std::time::Duration::from_secs(10));
    Runtime::new().unwrap().block_on(async {
        let second = world.replica("replica-2").await;
        second.polled.person_is(Person::Confirmed);
        // The lease of a watcher that is not heard of any more.
        second.pass(12);
        second.until_status(id, LoginStatus::Confirmed).await;
        assert_eq!(second.polled.redeem_count(), 1);
    });
}

#[test]
fn an_answer_lost_with_its_taker_is_asked_for_once_more_and_then_the_login_is_lost() {
    let (first, world) = doomed();
    world.polled.redeem_ends([Ends::Hangs]);
    let id = first.block_on(async {
        let (id, _) = world.start("main").await;
        world.polled.person_is(Person::Confirmed);
        world.until(id, |login| matches!(login.phase, Phase::Redeeming { .. })).await;
        while world.polled.redeem_count() == 0 {
            tokio::task::yield_now().await;
        }
        id
    });
    first.shutdown_timeout(std::time::Duration::from_secs(10));
    Runtime::new().unwrap().block_on(async {
        let second = world.replica("replica-2").await;
        // Not before the deadline of the dead one's claim.
        second.pass(10);
        assert!(matches!(second.login(id).await.phase, Phase::Redeeming { .. }));
        second.pass(21);
        let login = second.until_status(id, LoginStatus::Failed).await;
        assert!(matches!(login.phase, Phase::Ended { ending: Ending::Failed(FailureCode::LoginLost), .. }));
        assert_eq!(second.polled.redeem_count(), 2);
    });
}

#[test]
fn a_send_whose_sender_died_is_repeated_only_where_the_key_is_honoured() {
    for (connection, status, effects) in
        [("main", NotificationStatus::Unknown, 1), ("web", NotificationStatus::Sent, 1)]
    {
        let (first, world) = doomed();
        world.plain.send_ends([Ends::Hangs]);
        world.keyed.send_ends([Ends::Hangs]);
        let id = first.block_on(async {
            let id = world.accept(connection).await;
            let notifier = if connection == "main" { &world.plain } else { &world.keyed };
            notifier.effects_reach(1).await;
            id
        });
        first.shutdown_timeout(std::time::Duration::from_secs(10));
        Runtime::new().unwrap().block_on(async {
            let second = world.replica("replica-2").await;
            // Past the lease and the deadline of the record that says `sending`.
            second.pass(30);
            if connection == "web" {
                // The unknown end is written, then the repeat is due after a second.
                second.until_queued_again(id).await;
                second.pass(1);
            }
            assert_eq!(second.settled(id).await.status, status, "{connection}");
            let notifier = if connection == "main" { &world.plain } else { &world.keyed };
            assert_eq!(notifier.effects().len(), effects, "{connection}");
        });
    }
}

#[test]
fn what_was_accepted_and_not_begun_is_sent_after_a_restart() {
    let runtime = Runtime::new().unwrap();
    let (world, id) = runtime.block_on(async {
        let world = World::new().await;
        let mut planned = wish("main");
        planned.send_at = Some(world.now() + jiff::SignedDuration::from_secs(100));
        let id = world.accept_wish("k", planned).await.notification.id;
        (world, id)
    });
    runtime.shutdown_timeout(std::time::Duration::from_secs(10));
    Runtime::new().unwrap().block_on(async {
        let second = world.replica("replica-2").await;
        second.pass(100);
        assert_eq!(second.settled(id).await.status, NotificationStatus::Sent);
    });
}
