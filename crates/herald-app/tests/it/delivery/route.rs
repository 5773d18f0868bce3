//! Going on to the next connection.

use std::time::Duration;

use herald_core::{
    error::{ErrorKind, Retry},
    notification::NotificationStatus,
};
use herald_testkit::fake_provider::Ends;

use super::{DOWN, through_both};
use crate::{delivering::words, world::World};

#[tokio::test]
async fn a_connection_that_is_down_is_given_its_time_and_then_the_next_one_carries_it() {
    let world = World::new().await;
    world.plain.from_now_on(Some(DOWN));
    let id = world.accept_wish("k", through_both()).await.notification.id;
    world.pass_slowly(299, 1).await;
    assert_eq!(world.notification(id).await.status, NotificationStatus::Queued);
    assert!(world.keyed.effects().is_empty(), "it went on before the time was over");
    let settled = world.passing(1, world.settled(id)).await;
    assert_eq!(settled.status, NotificationStatus::Sent);
    assert_eq!(settled.carried_by().unwrap().connection.as_str(), "web");
    let (last, before) = words(&settled).split_last().map(|(last, before)| (*last, before.to_vec())).unwrap();
    assert_eq!(last, ("web", "sent"));
    assert!(before.len() > 3 && before.iter().all(|word| *word == ("main", "failed")));
}

#[tokio::test]
async fn a_connection_that_comes_back_in_time_carries_it_itself() {
    let world = World::new().await;
    world.plain.from_now_on(Some(DOWN));
    let id = world.accept_wish("k", through_both()).await.notification.id;
    world.pass_slowly(60, 1).await;
    world.plain.from_now_on(None);
    let settled = world.passing(1, world.settled(id)).await;
    assert_eq!(settled.carried_by().unwrap().connection.as_str(), "main");
    assert!(world.keyed.effects().is_empty());
}

#[tokio::test]
async fn what_waits_before_a_closed_connection_goes_on_without_a_try_there_when_the_time_is_over() {
    let world = World::new().await;
    let refused = Ends::Fails(ErrorKind::Unauthenticated, Retry::After(Duration::from_secs(60)));
    world.plain.from_now_on(Some(refused));
    let ids = world.accept_many("k", 20, &through_both()).await;
    let settled = world.passing(1, world.all_settled(&ids)).await;
    assert!(settled.iter().all(|notification| words(notification).ends_with(&[("web", "sent")])));
    let untried = settled.iter().filter(|notification| notification.attempts.len() == 1).count();
    assert!(untried > 5, "{untried}");
    assert_eq!((world.plain.effects().len(), world.keyed.effects().len()), (0, 20));
}

#[tokio::test]
async fn what_waited_while_nobody_was_there_is_tried_at_its_first_connection_first() {
    let world = World::new().await;
    let mut planned = through_both();
    planned.send_at = Some(world.now() + jiff::SignedDuration::from_secs(10));
    let id = world.accept_wish("k", planned).await.notification.id;
    // As if everything had been down for an hour.
    world.pass(3_600);
    assert_eq!(words(&*world.settled(id).await), [("main", "sent")]);
}
