//! One message that breaks whatever touches it.

use std::collections::HashSet;

use herald_app::NewNotification;
use herald_core::notification::NotificationStatus;
use herald_testkit::fake_notifier::BreaksDown;

use super::{phone, to_phone};
use crate::world::World;

#[tokio::test]
async fn one_message_that_breaks_its_adapter_down_keeps_none_of_999_others_from_being_sent() {
    let world = World::new().await;
    world.plain.breaks_down(BreaksDown::InSend, &phone(500));
    let ids = world.accept_many_of("acme", "k", 1_000, |number| to_phone("main", number)).await;
    let settled = world.passing(1, world.all_settled(&ids)).await;
    let others = settled.iter().enumerate().filter(|(number, _)| *number != 500);
    assert!(others.into_iter().all(|(_, notification)| notification.status == NotificationStatus::Sent));
    // It took effect; that is not known, and it is neither said to have failed nor made again.
    assert_eq!(settled[500].status, NotificationStatus::Unknown);
    let effects = world.plain.effects();
    let reached: HashSet<_> = effects.iter().map(|(phone, _)| phone).collect();
    assert_eq!((effects.len(), reached.len()), (1_000, 1_000));
}

#[tokio::test]
async fn a_delivery_that_breaks_down_before_it_sends_is_put_off_and_holds_up_nobody() {
    let world = World::new().await;
    let send_at = Some(world.now() + jiff::SignedDuration::from_secs(5));
    let planned = |number| NewNotification { send_at, ..to_phone("main", number) };
    let ids = world.accept_many_of("acme", "k", 20, planned).await;
    world.plain.breaks_down(BreaksDown::InAddress, &phone(7));
    let (poison, others): (Vec<_>, Vec<_>) =
        ids.into_iter().enumerate().partition(|(number, _)| *number == 7);
    let others: Vec<_> = others.into_iter().map(|(_, id)| id).collect();
    let settled = world.passing(1, world.all_settled(&others)).await;
    assert!(settled.iter().all(|notification| notification.status == NotificationStatus::Sent));
    assert_eq!(world.notification(poison[0].1).await.status, NotificationStatus::Queued);
    // Its time runs out like everybody's.
    let settled = world.passing(600, world.settled(poison[0].1)).await;
    assert_eq!(settled.status, NotificationStatus::Expired);
}
