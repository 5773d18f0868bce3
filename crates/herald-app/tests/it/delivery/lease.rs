//! Notifications that are in hand for long, or change meanwhile.

use herald_core::{id::NotificationId, notification::NotificationStatus};

use super::DOWN;
use crate::{accepting::wish, world::World};

impl World {
    /// Which of them nobody has begun to send.
    async fn waiting(&self, ids: &[NotificationId]) -> Vec<NotificationId> {
        self.breath(0).await;
        let mut waiting = vec![];
        for id in ids {
            if self.notification(*id).await.status == NotificationStatus::Queued {
                waiting.push(*id);
            }
        }
        assert_eq!(waiting.len() + 4, ids.len(), "the connection takes four at once");
        waiting
    }
}

#[tokio::test]
async fn what_waits_for_its_connection_longer_than_its_lease_is_sent_once_and_at_once() {
    let world = World::new().await;
    world.plain.holds(true);
    let ids = world.accept_many("k", 10, &wish("main")).await;
    world.plain.calls_reach(4).await;
    // Two leases long.
    world.pass_slowly(150, 1).await;
    assert_eq!(world.plain.calls(), 4);
    world.plain.holds(false);
    let settled = world.passing(0, world.all_settled(&ids)).await;
    assert!(settled.iter().all(|notification| notification.status == NotificationStatus::Sent));
    assert_eq!(world.plain.effects().len(), 10);
}

#[tokio::test]
async fn what_is_passed_on_by_hand_while_it_is_put_off_goes_on_at_once() {
    let world = World::new().await;
    world.plain.from_now_on(Some(DOWN));
    world.accept_many("others", 20, &wish("main")).await;
    world.plain.calls_reach(10).await;
    world.breath(0).await;
    let id = world.accept_wish("k", super::through_both()).await.notification.id;
    // In hand or put off: it is told either way.
    world.herald.notifications().skip(&world.tenant(), id).await.expect("it can go on");
    let settled = world.passing(0, world.settled(id)).await;
    assert_eq!(settled.status, NotificationStatus::Sent);
    assert_eq!(settled.carried_by().unwrap().connection.as_str(), "web");
}

#[tokio::test]
async fn what_waits_for_its_connection_goes_to_the_next_one_when_its_time_there_is_over() {
    let world = World::new().await;
    world.plain.holds(true);
    let ids = world.accept_many("k", 6, &super::through_both()).await;
    world.plain.calls_reach(4).await;
    let waiting = world.waiting(&ids).await;
    let settled = world.passing(1, world.all_settled(&waiting)).await;
    assert!(settled.iter().all(|it| it.carried_by().unwrap().connection.as_str() == "web"));
    world.plain.holds(false);
}

#[tokio::test]
async fn what_waits_for_its_connection_expires_in_time() {
    let world = World::new().await;
    world.plain.holds(true);
    let mut short = wish("main");
    short.expires_at = Some(world.now() + jiff::SignedDuration::from_mins(5));
    let ids = world.accept_many("k", 6, &short).await;
    world.plain.calls_reach(4).await;
    let waiting = world.waiting(&ids).await;
    let settled = world.passing(1, world.all_settled(&waiting)).await;
    assert!(settled.iter().all(|it| it.status == NotificationStatus::Expired));
    world.plain.holds(false);
}
