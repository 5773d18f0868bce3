//! Events of notifications: written in one step with what they tell of, for who wants them, and for nobody else.

use std::sync::Arc;

use herald_app::{Connection, NewNotification, Tenants, webhook::NewEndpoint};
use herald_core::{
    error::{ErrorKind, Retry},
    id::{ConnectionId, EndpointId, NotificationId},
    notification::{NotificationStatus, OnUnknown},
    webhook_source::{Header, Notice, NoticeKind, Refused, WebhookSource},
};
use herald_testkit::fake_provider::Ends;
use jiff::{SignedDuration, Timestamp};

use crate::{accepting::wish, world::World};

const UNCLEAR: Ends = Ends::TakesEffectAndFails(ErrorKind::Timeout, Retry::OutcomeUnknown);

/// An endpoint that wants these events.
async fn listening(world: &World, events: &[&str]) -> EndpointId {
    let wish = NewEndpoint {
        url: "https://hooks.acme.example/herald".to_owned(),
        events: events.iter().map(|event| (*event).to_owned()).collect(),
        description: None,
    };
    world.herald.webhooks().create(&world.tenant(), wish).await.expect("it is made").id
}

/// What has been written for the endpoint so far, by type.
async fn written(world: &World, endpoint: EndpointId) -> Vec<String> {
    let deliveries = world.herald.webhooks().deliveries(&world.tenant(), endpoint, None, 100).await;
    let mut kinds: Vec<_> = deliveries.unwrap().0.into_iter().map(|delivery| delivery.kind).collect();
    kinds.sort_unstable();
    kinds
}

/// A provider's notice that the message of this name arrived.
#[derive(Debug)]
struct Arrived;

impl WebhookSource for Arrived {
    fn read(&self, _headers: &[Header<'_>], body: &[u8], _now: Timestamp) -> Result<Vec<Notice>, Refused> {
        let message_id = String::from_utf8(body.to_vec()).map_err(|_| Refused::Unreadable)?;
        let id = format!("arrived {message_id}");
        Ok(vec![Notice { id, at: None, what: NoticeKind::MessageDelivered { message_id } }])
    }
}

/// A world whose connection `main` tells what arrived.
async fn with_notices() -> World {
    let world = World::new().await;
    let mut tenant = world.tenant_value();
    let main = tenant.connections.get_mut(&ConnectionId::parse("main").unwrap()).unwrap();
    *main = Arc::new(Connection { webhook_source: Some(Arc::new(Arrived)), ..Connection::clone(main) });
    world.herald.replace_tenants(Tenants::new(vec![tenant]));
    world
}

/// The provider says that the notification's message arrived.
async fn arrives(world: &World, id: NotificationId) {
    let (tenant, main) = (world.tenant(), ConnectionId::parse("main").unwrap());
    let body = format!("m-herald-{id}");
    world.herald.hooks().take_in(&tenant.id, &main, &[], body.as_bytes()).await.expect("it is taken in");
}

#[tokio::test]
async fn what_was_accepted_and_sent_is_told_once_each() {
    let world = World::new().await;
    let endpoint = listening(&world, &["notification.*"]).await;
    let id = world.accept("main").await;
    world.settled(id).await;
    // A replay, and a call that does not help, change nothing and tell nothing.
    world.accept("main").await;
    assert!(world.herald.notifications().cancel(&world.tenant(), id).await.is_err());
    assert_eq!(written(&world, endpoint).await, ["notification.queued", "notification.sent"]);
}

#[tokio::test]
async fn only_what_is_wanted_is_written() {
    let world = World::new().await;
    let sent = listening(&world, &["notification.sent"]).await;
    let failed = listening(&world, &["notification.failed", "session.ended"]).await;
    world.settled(world.accept("main").await).await;
    assert_eq!(written(&world, sent).await, ["notification.sent"]);
    assert_eq!(written(&world, failed).await, Vec::<String>::new());
}

#[tokio::test]
async fn where_nobody_wants_to_be_told_nothing_is_written() {
    let world = World::new().await;
    world.settled(world.accept("main").await).await;
    assert_eq!(world.store.outbox_backlog().await.unwrap(), []);
}

#[tokio::test]
async fn a_try_that_is_repeated_is_no_news() {
    let world = World::new().await;
    let endpoint = listening(&world, &["notification.*"]).await;
    world.plain.send_ends([UNCLEAR]);
    let again = NewNotification { on_unknown: Some(OnUnknown::AtLeastOnce), ..wish("main") };
    let id = world.accept_wish("k", again).await.notification.id;
    world.until_queued_again(id).await;
    world.pass(60);
    assert_eq!(world.settled(id).await.attempts.len(), 2);
    assert_eq!(written(&world, endpoint).await, ["notification.queued", "notification.sent"]);
}

#[tokio::test]
async fn what_somebody_does_with_it_is_told() {
    let world = World::new().await;
    let endpoint = listening(&world, &["notification.*"]).await;
    let (notifications, tenant) = (world.herald.notifications(), world.tenant());
    world.plain.send_ends([Ends::Fails(ErrorKind::UnknownRecipient, Retry::Never)]);
    let id = world.accept("main").await;
    world.settled(id).await;
    let mut told = vec!["notification.failed", "notification.queued"];
    assert_eq!(written(&world, endpoint).await, told);

    notifications.requeue(&tenant, id).await.unwrap();
    world.settled(id).await;
    told.extend(["notification.queued", "notification.sent"]);
    assert_eq!(written(&world, endpoint).await, told);

    let send_at = Some(world.now() + SignedDuration::from_secs(100));
    let both = NewNotification { send_at, route: None, ..wish("main") };
    let id = world.accept_wish("other", both).await.notification.id;
    notifications.skip(&tenant, id).await.unwrap();
    notifications.cancel(&tenant, id).await.unwrap();
    told.extend(["notification.cancelled", "notification.queued", "notification.queued"]);
    told.sort_unstable();
    assert_eq!(written(&world, endpoint).await, told);
}

#[tokio::test]
async fn an_arrival_is_told_once_however_often_the_provider_says_so() {
    let world = with_notices().await;
    let endpoint = listening(&world, &["notification.sent", "notification.delivered"]).await;
    let id = world.accept("main").await;
    world.settled(id).await;
    for _ in 0..2 {
        arrives(&world, id).await;
    }
    let found = world.notification(id).await;
    assert_eq!((found.status, found.delivered_at), (NotificationStatus::Delivered, Some(world.now())));
    assert_eq!(written(&world, endpoint).await, ["notification.delivered", "notification.sent"]);
}

#[tokio::test]
async fn an_arrival_that_overtakes_the_record_of_the_sending_is_told_with_it() {
    let world = with_notices().await;
    let endpoint = listening(&world, &["notification.sent", "notification.delivered"]).await;
    let send_at = Some(world.now() + SignedDuration::from_secs(100));
    let id = world.accept_wish("k", NewNotification { send_at, ..wish("main") }).await.notification.id;
    arrives(&world, id).await;
    assert_eq!(world.notification(id).await.status, NotificationStatus::Queued);
    world.pass(100);
    let settled = world.settled(id).await;
    let now = Some(world.now());
    assert_eq!((settled.status, settled.settled_at), (NotificationStatus::Delivered, now));
    assert_eq!(settled.delivered_at, now, "not before it was sent, whatever the provider's clock says");
    assert_eq!(written(&world, endpoint).await, ["notification.delivered", "notification.sent"]);
    arrives(&world, id).await;
    assert_eq!(written(&world, endpoint).await.len(), 2);
}
