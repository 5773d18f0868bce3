//! Providers that are down for a while.

use herald_app::NewNotification;
use herald_core::notification::{FailureKind, NotificationStatus};
use jiff::SignedDuration;

use super::DOWN;
use crate::{accepting::wish, world::World};

#[tokio::test]
async fn an_outage_is_sat_out_with_few_calls_and_then_everything_is_sent() {
    let world = World::new().await;
    world.plain.from_now_on(Some(DOWN));
    let ids = world.accept_many("k", 100, &wish("main")).await;
    world.pass_slowly(600, 1).await;
    let calls = world.plain.calls();
    // Ten until the breaker opens, and those that were under way then; later one at a time, after 10 s, 20 s and so on.
    assert!((10..=13 + 9).contains(&calls), "{calls} calls in ten minutes");
    world.plain.from_now_on(None);
    let settled = world.passing(1, world.all_settled(&ids)).await;
    assert!(settled.iter().all(|notification| notification.status == NotificationStatus::Sent));
    assert_eq!(world.plain.effects().len(), 100);
    let tries: usize = settled.iter().map(|notification| notification.attempts.len()).sum();
    assert_eq!(tries, world.plain.calls(), "every call is on record");
    assert!(tries < 100 + 40, "{tries}");
}

#[tokio::test]
async fn one_message_to_a_provider_that_is_down_is_tried_ever_more_seldom() {
    let world = World::new().await;
    world.plain.from_now_on(Some(DOWN));
    let id = world.accept("main").await;
    world.pass_slowly(720, 5).await;
    let tries = world.plain.calls();
    assert!((6..=40).contains(&tries), "{tries} tries in an hour");
    let waiting = world.notification(id).await;
    assert_eq!((waiting.status, waiting.attempts.len()), (NotificationStatus::Queued, tries));
    world.plain.from_now_on(None);
    let settled = world.passing(10, world.settled(id)).await;
    assert_eq!(settled.status, NotificationStatus::Sent);
    let starts: Vec<_> = settled.attempts.iter().map(|attempt| attempt.started_at).collect();
    let is_paced = starts.windows(2).all(|two| two[1].duration_since(two[0]) >= SignedDuration::from_secs(1));
    assert!(is_paced, "never sooner than asked for: {starts:?}");
}

#[tokio::test]
async fn what_expires_in_an_outage_was_not_sent_and_says_why() {
    let world = World::new().await;
    world.plain.from_now_on(Some(DOWN));
    let expires_at = Some(world.now() + SignedDuration::from_mins(2));
    let ids = world.accept_many("k", 20, &NewNotification { expires_at, ..wish("main") }).await;
    let settled = world.passing(1, world.all_settled(&ids)).await;
    world.plain.from_now_on(None);
    assert!(settled.iter().all(|notification| notification.status == NotificationStatus::Expired));
    let tried = settled.iter().flat_map(|notification| &notification.attempts);
    assert!(tried.clone().count() >= 10);
    assert!(
        tried.filter_map(|attempt| attempt.status.failure()).all(|failure| {
            (failure.code.as_str(), failure.kind) == ("unavailable", FailureKind::Temporary)
        })
    );
    world.pass_slowly(10, 60).await;
    assert!(world.plain.effects().is_empty());
}
