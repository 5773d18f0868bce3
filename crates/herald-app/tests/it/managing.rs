//! What somebody does with an accepted notification: cancelling it, sending it anew, going on to the next connection.

use std::sync::Arc;

use herald_app::{ManageError, NewNotification, Tenants};
use herald_core::{
    error::{ErrorKind, Retry},
    id::NotificationId,
    notification::{Notification, NotificationStatus, OnUnknown},
};
use herald_testkit::fake_provider::Ends;
use jiff::SignedDuration;
use tokio::task::JoinSet;

use crate::{accepting::wish, world::World};

const REFUSED: Ends = Ends::Fails(ErrorKind::UnknownRecipient, Retry::Never);
const UNCLEAR: Ends = Ends::TakesEffectAndFails(ErrorKind::Timeout, Retry::OutcomeUnknown);

type Managed = Result<Option<Arc<Notification>>, ManageError>;

impl World {
    async fn cancel(&self, id: NotificationId) -> Managed {
        self.herald.notifications().cancel(&self.tenant(), id).await
    }

    async fn requeue(&self, id: NotificationId) -> Managed {
        self.herald.notifications().requeue(&self.tenant(), id).await
    }

    async fn skip(&self, id: NotificationId) -> Managed {
        self.herald.notifications().skip(&self.tenant(), id).await
    }

    /// A notification that is to be sent in so many seconds.
    async fn planned(&self, key: &str, seconds: i64, wish: NewNotification) -> NotificationId {
        let send_at = Some(self.now() + SignedDuration::from_secs(seconds));
        self.accept_wish(key, NewNotification { send_at, ..wish }).await.notification.id
    }
}

/// Through both connections, in this order.
fn through(route: [&str; 2]) -> NewNotification {
    NewNotification { route: Some(route.map(str::to_owned).to_vec()), ..wish("main") }
}

fn now_there(managed: Managed) -> Arc<Notification> {
    managed.expect("it is moved").expect("it is there")
}

fn words(notification: &Notification) -> Vec<(&str, &str)> {
    let attempts = notification.attempts.iter();
    attempts.map(|attempt| (attempt.connection.as_str(), attempt.status.as_str())).collect()
}

#[tokio::test]
async fn what_waits_is_cancelled_once_and_never_sent() {
    let world = World::new().await;
    let id = world.planned("k", 100, wish("main")).await;
    let waiting = tokio::spawn({
        let world = world.clone();
        async move { world.settled(id).await }
    });
    for _ in 0..2 {
        assert_eq!(now_there(world.cancel(id).await).status, NotificationStatus::Cancelled);
    }
    assert_eq!(waiting.await.unwrap().status, NotificationStatus::Cancelled);
    world.pass(200);
    // What is sent after it shows that the dispatcher has been there.
    world.settled(world.accept("main").await).await;
    assert_eq!(world.plain.effects().len(), 1);
    assert_eq!(world.notification(id).await.attempts, []);
}

#[tokio::test]
async fn what_was_sent_or_is_being_sent_cannot_be_cancelled() {
    let world = World::new().await;
    let sent = world.accept("web").await;
    world.settled(sent).await;
    world.plain.send_ends([Ends::Hangs]);
    let sending = world.accept_wish("other", wish("main")).await.notification.id;
    world.plain.effects_reach(1).await;
    for (id, is) in [(sent, NotificationStatus::Sent), (sending, NotificationStatus::Sending)] {
        let refused = world.cancel(id).await;
        assert!(
            matches!(refused, Err(ManageError::NotCancellable { status }) if status == is),
            "{is}: {refused:?}"
        );
        assert_eq!(world.notification(id).await.status, is);
    }
}

#[tokio::test]
async fn cancelling_after_a_try_whose_end_nobody_saw_leaves_it_unknown() {
    let world = World::new().await;
    world.plain.send_ends([UNCLEAR]);
    let again = NewNotification { on_unknown: Some(OnUnknown::AtLeastOnce), ..wish("main") };
    let id = world.accept_wish("k", again).await.notification.id;
    world.until_queued_again(id).await;
    assert_eq!(now_there(world.cancel(id).await).status, NotificationStatus::Unknown);
}

#[tokio::test]
async fn cancelling_while_it_is_sent_either_helps_or_says_that_it_does_not() {
    let world = World::new().await;
    let mut calls = JoinSet::new();
    for number in 0..200 {
        let world = world.clone();
        calls.spawn(async move {
            let id = world.accept_wish(&format!("k{number}"), wish("main")).await.notification.id;
            for _ in 0..number % 7 {
                tokio::task::yield_now().await;
            }
            (id, world.cancel(id).await)
        });
    }
    let mut cancelled = 0;
    while let Some(call) = calls.join_next().await {
        let (id, answer) = call.unwrap();
        let settled = world.settled(id).await;
        let has_effect = world.plain.effects().iter().any(|(_, key)| *key == settled.send_key());
        match answer {
            Ok(Some(told)) => {
                assert_eq!((told.status, settled.status), (NotificationStatus::Cancelled, told.status));
                assert!(!has_effect, "it was cancelled, and sent");
                cancelled += 1;
            }
            Err(ManageError::NotCancellable { status }) => {
                assert!(matches!(status, NotificationStatus::Sending | NotificationStatus::Sent), "{status}");
                assert_eq!((settled.status, has_effect), (NotificationStatus::Sent, true));
            }
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(world.plain.effects().len() + cancelled, 200);
}

#[tokio::test]
async fn what_is_not_there_is_not_moved() {
    let world = World::new().await;
    let id = NotificationId::from_u128(1);
    for managed in [world.cancel(id).await, world.requeue(id).await, world.skip(id).await] {
        assert!(matches!(managed, Ok(None)), "{managed:?}");
    }
}

#[tokio::test]
async fn every_dead_letter_can_be_sent_anew() {
    let world = World::new().await;
    world.plain.send_ends([REFUSED]);
    let failed = world.accept_wish("failed", wish("main")).await.notification.id;
    assert_eq!(world.settled(failed).await.status, NotificationStatus::Failed);
    world.plain.send_ends([UNCLEAR]);
    let unknown = world.accept_wish("unknown", wish("main")).await.notification.id;
    assert_eq!(world.settled(unknown).await.status, NotificationStatus::Unknown);
    let short =
        NewNotification { expires_at: Some(world.now() + SignedDuration::from_secs(110)), ..wish("main") };
    let expired = world.planned("expired", 100, short).await;
    world.pass(200);
    assert_eq!(world.settled(expired).await.status, NotificationStatus::Expired);

    for (id, tries) in [(failed, 2), (unknown, 2), (expired, 1)] {
        let requeued = now_there(world.requeue(id).await);
        assert_eq!((requeued.status, requeued.settled_at), (NotificationStatus::Queued, None));
        let sent = world.settled(id).await;
        assert_eq!((sent.status, sent.attempts.len()), (NotificationStatus::Sent, tries));
    }
}

#[tokio::test]
async fn what_is_no_dead_letter_is_not_sent_anew() {
    let world = World::new().await;
    let sent = world.accept("main").await;
    world.settled(sent).await;
    let queued = world.planned("queued", 100, wish("main")).await;
    let cancelled = world.planned("cancelled", 100, wish("main")).await;
    now_there(world.cancel(cancelled).await);
    for (id, is) in [
        (sent, NotificationStatus::Sent),
        (queued, NotificationStatus::Queued),
        (cancelled, NotificationStatus::Cancelled),
    ] {
        let refused = world.requeue(id).await;
        assert!(
            matches!(refused, Err(ManageError::NotRequeueable { status }) if status == is),
            "{is}: {refused:?}"
        );
    }
    assert_eq!(world.plain.effects().len(), 1);
}

#[tokio::test]
async fn each_new_life_is_as_long_as_the_first_and_ends_before_the_key_is_free() {
    const DAY: i64 = 24 * 3600;
    let world = World::new().await;
    let life = SignedDuration::from_hours(6);
    world.plain.send_ends([REFUSED; 4]);
    let id = world.accept("main").await;
    let key_until = world.settled(id).await.key_until;
    for _ in 0..2 {
        world.pass(DAY);
        let requeued = now_there(world.requeue(id).await);
        assert_eq!(requeued.expires_at, world.now() + life);
        assert_eq!(world.settled(id).await.status, NotificationStatus::Failed);
    }
    // Half an hour before the last moment that anything may be sent under the key.
    let last_moment = key_until - SignedDuration::from_secs(DAY);
    world.pass(last_moment.duration_since(world.now()).as_secs() - 1800);
    assert_eq!(now_there(world.requeue(id).await).expires_at, last_moment);
    assert_eq!(world.settled(id).await.status, NotificationStatus::Failed);
    world.pass(1800);
    assert!(matches!(
        world.requeue(id).await,
        Err(ManageError::NotRequeueable { status: NotificationStatus::Failed })
    ));
}

#[tokio::test]
async fn a_short_life_is_an_hour_long_when_it_begins_anew() {
    let world = World::new().await;
    let expires_at = Some(world.now() + SignedDuration::from_secs(10));
    world.plain.send_ends([REFUSED]);
    let id = world.accept_wish("k", NewNotification { expires_at, ..wish("main") }).await.notification.id;
    world.settled(id).await;
    let requeued = now_there(world.requeue(id).await);
    assert_eq!(requeued.expires_at, world.now() + SignedDuration::from_hours(1));
}

#[tokio::test]
async fn what_may_have_been_sent_goes_on_to_the_next_connection_when_somebody_asks() {
    let world = World::new().await;
    world.plain.send_ends([UNCLEAR]);
    let id = world.accept_wish("k", through(["main", "web"])).await.notification.id;
    assert_eq!(world.settled(id).await.status, NotificationStatus::Unknown);
    assert_eq!(now_there(world.skip(id).await).status, NotificationStatus::Queued);
    assert_eq!(words(&*world.settled(id).await), [("main", "unknown"), ("web", "sent")]);
}

#[tokio::test]
async fn what_is_planned_keeps_its_time_and_goes_through_the_next_connection() {
    let world = World::new().await;
    let id = world.planned("k", 100, through(["main", "web"])).await;
    let skipped = now_there(world.skip(id).await);
    assert_eq!(skipped.due_at(), Some(skipped.send_at));
    world.pass(100);
    assert_eq!(words(&*world.settled(id).await), [("web", "sent")]);
}

#[tokio::test]
async fn without_a_connection_that_can_carry_it_nothing_is_skipped() {
    let world = World::new().await;
    let last = world.planned("last", 100, wish("main")).await;
    let gone = world.planned("gone", 100, through(["main", "web"])).await;
    let sent = world.accept_wish("sent", through(["main", "web"])).await.notification.id;
    world.settled(sent).await;
    let mut tenant = world.tenant_value();
    tenant.connections.retain(|name, _| name.as_str() != "web");
    world.herald.replace_tenants(Tenants::new(vec![tenant]));
    for (id, is) in [
        (last, NotificationStatus::Queued),
        (gone, NotificationStatus::Queued),
        (sent, NotificationStatus::Sent),
    ] {
        let before = world.notification(id).await;
        let refused = world.skip(id).await;
        assert!(
            matches!(refused, Err(ManageError::NoNextConnection { status }) if status == is),
            "{is}: {refused:?}"
        );
        assert_eq!(world.notification(id).await, before);
    }
}
