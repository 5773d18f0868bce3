//! Delivering notifications.

use std::time::Duration;

use herald_core::{
    error::{ErrorKind, Retry},
    id::NotificationId,
    notification::{NotificationStatus, OnUnknown},
};
use herald_testkit::fake_provider::Ends;
use jiff::SignedDuration;

use crate::{accepting::wish, world::World};

impl World {
    /// Waits until an attempt's end is written and the notification is queued again.
    pub(crate) async fn until_queued_again(&self, id: NotificationId) {
        self.until_found(id, |found| found.retry_at.is_some()).await;
    }

    async fn until_found(
        &self,
        id: NotificationId,
        is_so: impl Fn(&herald_core::notification::Notification) -> bool,
    ) {
        let wait = async {
            while !is_so(&self.herald.notifications().get(&self.tenant(), id).await.unwrap().unwrap()) {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(Duration::from_secs(10), wait).await.expect("it gets there");
    }
}

pub(crate) fn words(notification: &herald_core::notification::Notification) -> Vec<(&str, &str)> {
    notification
        .attempts
        .iter()
        .map(|attempt| (attempt.connection.as_str(), attempt.status.as_str()))
        .collect()
}

#[tokio::test]
async fn what_is_planned_is_sent_at_its_time() {
    let world = World::new().await;
    let planned = |seconds| {
        let mut planned = wish("main");
        planned.send_at = Some(world.now() + SignedDuration::from_secs(seconds));
        planned
    };
    let first = world.accept_wish("first", planned(99)).await.notification.id;
    let second = world.accept_wish("second", planned(100)).await.notification.id;
    world.pass(99);
    // When the first has gone out, the dispatcher has looked, and left the second where it is.
    assert_eq!(world.settled(first).await.status, NotificationStatus::Sent);
    let early = world.herald.notifications().get(&world.tenant(), second).await.unwrap().unwrap();
    assert_eq!((early.status, world.plain.effects().len()), (NotificationStatus::Queued, 1));
    world.pass(1);
    assert_eq!(world.settled(second).await.status, NotificationStatus::Sent);
}

#[tokio::test]
async fn a_repeat_that_surely_fails_does_not_turn_an_unknown_end_into_a_failure_or_a_second_message() {
    let world = World::new().await;
    world.keyed.send_ends([Ends::TakesEffectAndFails(ErrorKind::Timeout, Retry::OutcomeUnknown)]);
    world.keyed.from_now_on(Some(Ends::Fails(ErrorKind::RateLimited, Retry::After(Duration::from_secs(1)))));
    let mut route = wish("web");
    route.route = Some(vec!["web".to_owned(), "main".to_owned()]);
    route.expires_at = Some(world.now() + SignedDuration::from_mins(10));
    let id = world.accept_wish("k", route).await.notification.id;
    let settled = world.passing(1, world.settled(id)).await;
    assert_eq!((settled.status, words(&settled)[0]), (NotificationStatus::Unknown, ("web", "unknown")));
    assert!(settled.attempts.len() > 2 && words(&settled)[1..].iter().all(|word| *word == ("web", "failed")));
    assert!(world.plain.effects().is_empty(), "it was sent a second time, elsewhere");
}

#[tokio::test]
async fn more_than_a_connection_takes_at_once_are_all_sent() {
    let world = World::new().await;
    let mut ids = vec![];
    for n in 0..100 {
        ids.push(world.accept_wish(&format!("k{n}"), wish("main")).await.notification.id);
    }
    for id in ids {
        assert_eq!(world.settled(id).await.status, NotificationStatus::Sent);
    }
    assert!(world.plain.most_at_once() <= 4, "{}", world.plain.most_at_once());
}

#[tokio::test]
async fn what_cannot_be_finished_here_ends_when_its_time_is_over() {
    let world = World::new().await;
    let mut planned = wish("main");
    planned.send_at = Some(world.now() + SignedDuration::from_secs(100));
    let id = world.accept_wish("k", planned).await.notification.id;
    let mut other = world.tenant_value();
    other.connections.retain(|name, _| name.as_str() != "main");
    world.herald.replace_tenants(herald_app::Tenants::new(vec![other]));
    world.pass(7 * 3600);
    assert_eq!(world.settled(id).await.status, NotificationStatus::Expired);
}

#[tokio::test]
async fn an_unclear_end_is_unknown_and_not_repeated() {
    let world = World::new().await;
    world.plain.send_ends([Ends::TakesEffectAndFails(ErrorKind::Timeout, Retry::OutcomeUnknown)]);
    let id = world.accept("main").await;
    let settled = world.settled(id).await;
    assert_eq!((settled.status, words(&settled)), (NotificationStatus::Unknown, vec![("main", "unknown")]));
    assert_eq!(world.plain.effects().len(), 1);
}

#[tokio::test]
async fn an_unclear_end_is_repeated_under_the_same_key_where_that_is_honoured() {
    let world = World::new().await;
    world.keyed.send_ends([Ends::TakesEffectAndFails(ErrorKind::Timeout, Retry::OutcomeUnknown)]);
    let id = world.accept("web").await;
    world.until_queued_again(id).await;
    world.pass(1);
    let settled = world.settled(id).await;
    assert_eq!(words(&settled), [("web", "unknown"), ("web", "sent")]);
    assert_eq!(world.keyed.effects().len(), 1);
}

#[tokio::test]
async fn at_least_once_repeats_and_says_so() {
    let world = World::new().await;
    world.plain.send_ends([Ends::TakesEffectAndFails(ErrorKind::Timeout, Retry::OutcomeUnknown)]);
    let mut twice = wish("main");
    twice.on_unknown = Some(OnUnknown::AtLeastOnce);
    let id = world.accept_wish("k", twice).await.notification.id;
    world.until_queued_again(id).await;
    world.pass(1);
    assert_eq!(words(&*world.settled(id).await), [("main", "unknown"), ("main", "sent")]);
    assert_eq!(world.plain.effects().len(), 2);
}

#[tokio::test]
async fn an_unclear_end_goes_on_to_the_next_connection_where_the_tenant_wants_that() {
    let world = World::new().await;
    world.plain.send_ends([Ends::TakesEffectAndFails(ErrorKind::Timeout, Retry::OutcomeUnknown)]);
    let mut both = wish("main");
    (both.route, both.on_unknown) = (None, Some(OnUnknown::Fallback));
    let id = world.accept_wish("k", both).await.notification.id;
    assert_eq!(words(&*world.settled(id).await), [("main", "unknown"), ("web", "sent")]);
    assert_eq!((world.plain.effects().len(), world.keyed.effects().len()), (1, 1));
}

#[tokio::test]
async fn what_was_surely_not_sent_goes_to_the_next_stop() {
    let world = World::new().await;
    world.plain.send_ends([Ends::Fails(ErrorKind::Refused, Retry::Never)]);
    let mut both = wish("main");
    both.route = None;
    let id = world.accept_wish("k", both).await.notification.id;
    let settled = world.settled(id).await;
    assert_eq!(words(&settled), [("main", "failed"), ("web", "sent")]);
    assert_eq!(settled.carried_by().unwrap().connection.as_str(), "web");
}

#[tokio::test]
async fn what_nobody_takes_fails() {
    let world = World::new().await;
    world.plain.send_ends([Ends::Fails(ErrorKind::UnknownRecipient, Retry::Never)]);
    let id = world.accept("main").await;
    let settled = world.settled(id).await;
    assert_eq!((settled.status, words(&settled)), (NotificationStatus::Failed, vec![("main", "failed")]));
    assert!(world.plain.effects().is_empty());
}

#[tokio::test]
async fn what_is_late_expires_unsent() {
    let world = World::new().await;
    let mut planned = wish("main");
    planned.send_at = Some(world.now() + SignedDuration::from_secs(100));
    planned.expires_at = Some(world.now() + SignedDuration::from_secs(110));
    let id = world.accept_wish("k", planned).await.notification.id;
    world.pass(200);
    assert_eq!(world.settled(id).await.status, NotificationStatus::Expired);
    assert!(world.plain.effects().is_empty());
}

#[tokio::test]
async fn one_slow_send_does_not_hold_up_the_others() {
    // One of the connection's four places is taken for good.
    let world = World::new().await;
    world.plain.send_ends([Ends::Hangs]);
    let stuck = world.accept_wish("stuck", wish("main")).await.notification.id;
    world.plain.effects_reach(1).await;
    for n in 0..20 {
        let id = world.accept_wish(&format!("k{n}"), wish("main")).await.notification.id;
        assert_eq!(world.settled(id).await.status, NotificationStatus::Sent);
    }
    let found = world.herald.notifications().get(&world.tenant(), stuck).await.unwrap().unwrap();
    assert_eq!(found.status, NotificationStatus::Sending);
}
