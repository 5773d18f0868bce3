//! Accepting notifications.

use std::{num::NonZeroU32, time::Duration};

use herald_app::{AcceptError, Accepted, LimitRules, NewNotification, NotifyError, Tenant, Tenants};
use herald_core::{
    clock::Clock as _,
    id::{NotificationId, SubjectId},
    notification::{Address, Message, NotificationStatus},
    phone::PhoneNumber,
    store::{Quota, StoreError},
    text::{IdempotencyKey, MessageText, Slug},
};
use herald_testkit::fake_provider::Person;
use jiff::{SignedDuration, Timestamp};

use crate::world::{World, claimed};

/// A message to a phone through one connection.
pub(crate) fn wish(connection: &str) -> NewNotification {
    NewNotification {
        to: Address::Phone { phone_number: PhoneNumber::parse("+16502530000").unwrap() },
        message: Message::Text { text: MessageText::parse("Your parcel is here").unwrap() },
        reference: None,
        route: Some(vec![connection.to_owned()]),
        send_at: None,
        expires_at: None,
        on_unknown: None,
    }
}

impl World {
    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    pub(crate) async fn try_accept(&self, key: &str, wish: NewNotification) -> Result<Accepted, AcceptError> {
        let key = IdempotencyKey::parse(key).unwrap();
        self.herald.notifications().accept(&self.tenant(), &key, wish).await
    }

    pub(crate) async fn accept_wish(&self, key: &str, wish: NewNotification) -> Accepted {
        self.try_accept(key, wish).await.expect("it is accepted")
    }

    pub(crate) async fn accept(&self, connection: &str) -> NotificationId {
        self.accept_wish("key", wish(connection)).await.notification.id
    }
}

#[tokio::test]
async fn the_same_key_and_wish_is_the_same_notification_as_it_is_now() {
    let world = World::new().await;
    let first = world.accept_wish("k", wish("main")).await;
    assert!(!first.is_replay);
    world.settled(first.notification.id).await;
    let again = world.accept_wish("k", wish("main")).await;
    assert!(again.is_replay);
    assert_eq!(
        (again.notification.id, again.notification.status),
        (first.notification.id, NotificationStatus::Sent)
    );
    assert_eq!(world.plain.effects().len(), 1);
}

#[tokio::test]
async fn the_same_key_for_something_else_is_refused() {
    let world = World::new().await;
    world.accept_wish("k", wish("main")).await;
    let mut other = wish("main");
    other.message = Message::Text { text: MessageText::parse("Other words").unwrap() };
    assert!(matches!(world.try_accept("k", other.clone()).await, Err(AcceptError::KeyReused)));
    other.route = Some(vec!["nowhere".to_owned()]);
    assert!(matches!(world.try_accept("k", other).await, Err(AcceptError::KeyReused)));
}

#[tokio::test]
async fn a_replay_is_answered_when_its_time_is_past() {
    let world = World::new().await;
    let mut planned = wish("main");
    planned.send_at = Some(world.now() + SignedDuration::from_secs(60));
    let first = world.accept_wish("k", planned.clone()).await;
    world.pass(3600);
    assert!(matches!(
        world.try_accept("other", planned.clone()).await,
        Err(AcceptError::Invalid { pointer: "/send_at", .. })
    ));
    let again = world.accept_wish("k", planned).await;
    assert!(again.is_replay && again.notification.id == first.notification.id);
}

#[tokio::test]
async fn a_key_is_free_after_its_time_and_its_notification_gone_a_day_later() {
    const DAY: i64 = 24 * 3600;
    let world = World::new().await;
    let first = world.accept("main").await;
    world.settled(first).await;
    world.pass(6 * 3600 + 29 * DAY - 1);
    assert_eq!(world.accept("main").await, first);
    world.pass(1);
    assert_ne!(world.accept("main").await, first);
    world.pass(DAY - 1);
    assert!(world.herald.notifications().get(&world.tenant(), first).await.unwrap().is_some());
    world.pass(1);
    assert!(world.herald.notifications().get(&world.tenant(), first).await.unwrap().is_none());
}

#[tokio::test]
async fn a_replay_is_answered_when_its_connection_is_gone() {
    let world = World::new().await;
    let first = world.accept("main").await;
    world.settled(first).await;
    let mut tenant = world.tenant_value();
    tenant.connections.retain(|name, _| name.as_str() != "main");
    world.herald.replace_tenants(Tenants::new(vec![tenant]));
    let refused = world.try_accept("other", wish("main")).await;
    assert!(matches!(refused, Err(AcceptError::UnknownConnection { index: 0 })));
    let again = world.accept_wish("key", wish("main")).await;
    assert!(again.is_replay);
    assert_eq!((again.notification.id, again.notification.status), (first, NotificationStatus::Sent));
}

#[tokio::test]
async fn a_route_names_each_connection_once() {
    let world = World::new().await;
    let mut twice = wish("main");
    twice.route = Some(["main", "web", "main"].map(str::to_owned).to_vec());
    let refused = world.try_accept("k", twice).await;
    assert!(matches!(refused, Err(AcceptError::RepeatedConnection { index: 2 })), "{refused:?}");
}

#[tokio::test]
async fn who_cannot_be_reached_is_said_at_once() {
    let world = World::new().await;
    let mut slug = wish("main");
    slug.to = Address::Slug { slug: Slug::parse("xK9mNp").unwrap() };
    assert!(matches!(world.try_accept("a", slug).await, Err(AcceptError::Unsupported)));
    let mut stranger = wish("main");
    stranger.to = Address::Subject { subject: SubjectId::from_u128(1) };
    assert!(matches!(world.try_accept("b", stranger).await, Err(AcceptError::Unreachable)));
    let mut long = wish("main");
    long.message = Message::Text { text: MessageText::parse(&"a".repeat(101)).unwrap() };
    assert!(matches!(world.try_accept("c", long).await, Err(AcceptError::TextTooLong { longest: 100 })));
    let nowhere = world.try_accept("d", wish("nowhere")).await;
    assert!(matches!(nowhere, Err(AcceptError::UnknownConnection { index: 0 })));
}

#[tokio::test]
async fn a_subject_is_reached_only_through_the_account_that_vouched() {
    let world = World::new().await;
    let (id, secret) = world.start("main").await;
    world.polled.person_is(Person::Confirmed);
    let login = world.until_status(id, herald_core::login::LoginStatus::Confirmed).await;
    let herald_core::login::Phase::Confirmed(confirmation) = &login.phase else {
        panic!("it is not confirmed")
    };
    let code = confirmation.code.expose().to_owned();
    let claimed =
        world.herald.logins().claim(&world.tenant(), id, secret.expose(), Some(&code)).await.unwrap();

    let mut to_subject = wish("main");
    to_subject.to = Address::Subject { subject: claimed.subject };
    let accepted = world.accept_wish("a", to_subject.clone()).await;
    assert_eq!(world.settled(accepted.notification.id).await.status, NotificationStatus::Sent);
    assert_eq!(world.plain.effects()[0].0, "+16502530000");
    to_subject.route = Some(vec!["web".to_owned()]);
    assert!(matches!(world.try_accept("b", to_subject).await, Err(AcceptError::Unreachable)));
}

#[tokio::test]
async fn a_person_is_one_recipient_as_a_subject_and_by_phone_number() {
    let world = World::new().await;
    let subject = claimed(&world, "main").await.subject;
    let quota = NonZeroU32::new(2).map(|limit| Quota { limit, period: Duration::from_secs(60) });
    let limits = LimitRules { notifications_per_recipient: quota, ..LimitRules::default() };
    world.herald.replace_tenants(Tenants::new(vec![Tenant { limits, ..world.tenant_value() }]));
    let to_subject = NewNotification { to: Address::Subject { subject }, ..wish("main") };
    world.accept_wish("a", wish("main")).await;
    world.accept_wish("b", to_subject.clone()).await;
    for (key, one_more) in [("c", wish("main")), ("d", to_subject.clone())] {
        let refused = world.try_accept(key, one_more).await;
        assert!(matches!(refused, Err(AcceptError::Limited(_))), "{key} {refused:?}");
    }
    assert!(world.accept_wish("b", to_subject).await.is_replay, "which sends nothing");
}

#[tokio::test]
async fn a_store_that_is_away_is_not_asked_again() {
    let world = World::new().await;
    let to_subject =
        NewNotification { to: Address::Subject { subject: SubjectId::from_u128(1) }, ..wish("main") };
    world.handle.set_away(true);
    let before = world.handle.calls();
    let failed = world.try_accept("k", to_subject).await;
    let is_away = matches!(failed, Err(AcceptError::Notify(NotifyError::Store(StoreError::Unavailable(_)))));
    assert!(is_away, "{failed:?}");
    assert_eq!(world.handle.calls() - before, 1);
}

#[tokio::test]
async fn a_caller_who_hangs_up_does_not_keep_its_message_waiting() {
    let world = World::new().await;
    // Who wants events is known from then on, so that the next call goes straight to the store's writer.
    world.settled(world.accept("web").await).await;
    let call = world.try_accept("k", wish("main"));
    drop(tokio::time::timeout(Duration::ZERO, call).await);
    // Whether or not the store had taken it by then, the same call tells.
    let again = world.accept_wish("k", wish("main")).await;
    if again.is_replay {
        for _ in 0..50 {
            tokio::task::yield_now().await;
        }
        // Less than the dispatcher's own round, and than a send takes at most.
        world.pass(3);
    }
    assert_eq!(world.settled(again.notification.id).await.status, NotificationStatus::Sent);
    assert_eq!(world.plain.effects().len(), 1);
}
