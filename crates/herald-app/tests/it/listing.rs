//! Lists of notifications.

use herald_app::{ListNotifications, NewNotification};
use herald_core::{
    id::{ConnectionId, NotificationId},
    notification::{Address, NotificationStatus},
    text::Reference,
};
use jiff::SignedDuration;

use crate::{
    accepting::wish,
    world::{World, claimed},
};

impl World {
    /// Everything that the filter lets through, page by page.
    async fn listed(&self, which: &ListNotifications, limit: usize) -> Vec<NotificationId> {
        let (mut ids, mut after) = (vec![], None);
        loop {
            let page = self.herald.notifications().list(&self.tenant(), which, after, limit).await.unwrap();
            assert!(page.items.len() <= limit);
            ids.extend(page.items.iter().map(|notification| notification.id));
            after = page.next;
            if after.is_none() {
                return ids;
            }
        }
    }
}

fn all() -> ListNotifications {
    ListNotifications::default()
}

#[tokio::test]
async fn pages_give_every_notification_once_newest_first() {
    let world = World::new().await;
    let mut ids = vec![];
    for number in 0..10 {
        ids.push(world.accept_wish(&format!("k{number}"), wish("main")).await.notification.id);
        // Some at the same moment, some later.
        world.pass(number % 2);
    }
    ids.sort_unstable();
    ids.reverse();
    for limit in [1, 3, 10, 11] {
        assert_eq!(world.listed(&all(), limit).await, ids, "{limit}");
    }
}

#[tokio::test]
async fn each_filter_gives_what_it_says_and_all_of_them_together() {
    let world = World::new().await;
    let began = world.now();
    let subject = claimed(&world, "main").await.subject;
    let reference = Reference::parse("parcel-9").unwrap();
    let to_subject = NewNotification {
        to: Address::Subject { subject },
        reference: Some(reference.clone()),
        ..wish("main")
    };
    let one = world.accept_wish("one", to_subject.clone()).await.notification.id;
    world.settled(one).await;
    world.pass(60);
    let two = world.accept_wish("two", wish("web")).await.notification.id;
    world.settled(two).await;
    world.pass(60);
    let send_at = Some(world.now() + SignedDuration::from_secs(100));
    let three = world.accept_wish("three", NewNotification { send_at, ..to_subject }).await.notification.id;

    let with_reference = ListNotifications { reference: Some(reference.clone()), ..all() };
    assert_eq!(world.listed(&with_reference, 10).await, [three, one]);
    assert_eq!(world.listed(&ListNotifications { subject: Some(subject), ..all() }, 10).await, [three, one]);
    let queued = ListNotifications { status: Some(NotificationStatus::Queued), ..all() };
    assert_eq!(world.listed(&queued, 10).await, [three]);
    let through_web = ListNotifications { connection: Some(ConnectionId::parse("web").unwrap()), ..all() };
    assert_eq!(world.listed(&through_web, 10).await, [two]);
    // The first moment counts, the last one does not.
    let minute = SignedDuration::from_secs(60);
    let (from, to) = (Some(began + minute), Some(began + minute + minute));
    assert_eq!(world.listed(&ListNotifications { created_after: from, ..all() }, 10).await, [three, two]);
    assert_eq!(world.listed(&ListNotifications { created_before: to, ..all() }, 10).await, [two, one]);
    let between = ListNotifications { created_after: from, created_before: to, ..all() };
    assert_eq!(world.listed(&between, 10).await, [two]);

    let everything = ListNotifications {
        reference: Some(reference),
        subject: Some(subject),
        status: Some(NotificationStatus::Sent),
        connection: Some(ConnectionId::parse("main").unwrap()),
        created_after: Some(began),
        created_before: from,
    };
    assert_eq!(world.listed(&everything, 10).await, [one]);
    let nothing = ListNotifications { reference: Some(Reference::parse("other").unwrap()), ..all() };
    assert_eq!(world.listed(&nothing, 10).await, []);
}

#[tokio::test]
async fn a_status_that_has_changed_is_listed_as_it_is_now() {
    let world = World::new().await;
    let send_at = Some(world.now() + SignedDuration::from_secs(100));
    let id = world.accept_wish("k", NewNotification { send_at, ..wish("main") }).await.notification.id;
    let with = |status| ListNotifications { status: Some(status), ..all() };
    assert_eq!(world.listed(&with(NotificationStatus::Queued), 10).await, [id]);
    world.pass(100);
    world.settled(id).await;
    assert_eq!(world.listed(&with(NotificationStatus::Queued), 10).await, []);
    assert_eq!(world.listed(&with(NotificationStatus::Sent), 10).await, [id]);
}

#[tokio::test]
async fn a_rare_match_among_thousands_is_found() {
    let world = World::new().await;
    let reference = Reference::parse("needle").unwrap();
    let rare = NewNotification { reference: Some(reference.clone()), ..wish("main") };
    let id = world.accept_wish("needle", rare).await.notification.id;
    world.settled(id).await;
    world.pass(1);
    let send_at = Some(world.now() + SignedDuration::from_hours(1));
    let key = |number| herald_core::text::IdempotencyKey::parse(&format!("k{number}")).unwrap();
    let hay = NewNotification { send_at, ..wish("main") };
    let items = (0..3_000).map(|number| (key(number), hay.clone())).collect();
    let accepted = world.herald.notifications().accept_many(&world.tenant(), items).await;
    assert!(accepted.iter().all(Result::is_ok));
    for which in [
        ListNotifications { reference: Some(reference), ..all() },
        ListNotifications { status: Some(NotificationStatus::Sent), ..all() },
        ListNotifications { connection: Some(ConnectionId::parse("main").unwrap()), ..all() },
    ] {
        assert_eq!(world.listed(&which, 50).await, [id]);
    }
}
