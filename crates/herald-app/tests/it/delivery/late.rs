//! Delivering over a store whose writes go wrong: before they took effect, after, or with the effect yet to come.

use herald_core::notification::NotificationStatus;
use herald_testkit::late_store::{Trouble, Write};

use crate::{delivering::words, world::World};

#[tokio::test]
async fn a_record_that_the_store_takes_late_makes_nothing_unknown_of_what_was_never_sent() {
    for late_at in [None, Some(1), Some(60)] {
        let (world, late) = World::with_late_store().await;
        late.troubles(Write::ReplaceNotification, [Trouble::Later]);
        let id = world.accept("main").await;
        late.struck(1).await;
        if late_at == Some(1) {
            // Before anybody looked.
            assert_eq!(late.apply_now().await.unwrap(), 1);
        }
        let settled = world.passing(1, world.settled(id)).await;
        assert_eq!(settled.status, NotificationStatus::Sent, "{late_at:?}");
        if late_at == Some(60) {
            assert_eq!(late.apply_now().await.unwrap(), 1);
        }
        world.pass_slowly(60, 1).await;
        let settled = world.notification(id).await;
        assert_eq!(settled.status, NotificationStatus::Sent, "the late record is void");
        assert!(words(&settled).iter().all(|(_, word)| *word != "unknown"), "{:?}", words(&settled));
        assert_eq!(world.plain.effects().len(), 1, "{late_at:?}");
    }
}

#[tokio::test]
async fn a_record_that_the_store_did_not_own_up_to_is_known_to_have_sent_nothing() {
    for trouble in [Trouble::Before, Trouble::After] {
        let (world, late) = World::with_late_store().await;
        late.troubles(Write::ReplaceNotification, [trouble; 3]);
        let id = world.accept("main").await;
        let settled = world.passing(1, world.settled(id)).await;
        assert_eq!(settled.status, NotificationStatus::Sent, "{trouble:?}");
        assert!(words(&settled).iter().all(|(_, word)| *word != "unknown"), "{:?}", words(&settled));
        assert_eq!(world.plain.effects().len(), 1, "{trouble:?}");
    }
}

#[tokio::test]
async fn an_outcome_waits_for_a_store_that_is_away_for_longer_than_the_record_is_believed() {
    let (world, late) = World::with_late_store().await;
    world.plain.holds(true);
    let id = world.accept("main").await;
    world.plain.calls_reach(1).await;
    late.troubles(Write::ReplaceNotification, [Trouble::Before; 30]);
    world.plain.holds(false);
    late.struck(1).await;
    world.pass_slowly(30, 1).await;
    assert_eq!(world.notification(id).await.status, NotificationStatus::Sending);
    let settled = world.passing(1, world.settled(id)).await;
    assert_eq!(words(&settled), [("main", "sent")]);
    assert_eq!(world.plain.effects().len(), 1);
}

#[tokio::test]
async fn who_waits_is_told_of_an_outcome_that_the_store_took_without_saying_so() {
    let (world, late) = World::with_late_store().await;
    world.plain.holds(true);
    let id = world.accept("main").await;
    world.plain.calls_reach(1).await;
    late.troubles(Write::ReplaceNotification, [Trouble::After, Trouble::Before]);
    let (tenant, notifications) = (world.tenant(), world.herald.notifications().clone());
    let far = world.now() + jiff::SignedDuration::from_hours(1_000);
    let waits = tokio::spawn(async move { notifications.wait(&tenant, id, far).await });
    world.breath(0).await;
    world.plain.holds(false);
    let told = world.passing(1, waits).await.unwrap().unwrap().expect("it is there");
    assert_eq!(words(&told), [("main", "sent")]);
}
