//! Changes that are heard of, late, in part, or not at all.

use herald_core::{
    login::{LoginStatus, Phase},
    notification::NotificationStatus,
};
use herald_testkit::fake_provider::Person;
use jiff::SignedDuration;

use super::Cluster;
use crate::accepting::wish;

#[tokio::test]
async fn who_waits_for_a_notification_that_another_replica_sends_is_told_when_it_is_sent() {
    let cluster = Cluster::new(2).await;
    let [sends, waits] = &cluster.replicas[..] else { panic!("two") };
    sends.plain.holds(true);
    let id = sends.accept("main").await;
    sends.plain.calls_reach(1).await;
    let waiting = tokio::spawn({
        let waits = waits.clone();
        async move { waits.settled(id).await }
    });
    cluster.breath(0).await;
    sends.plain.holds(false);
    // No time passes.
    assert_eq!(waiting.await.unwrap().status, NotificationStatus::Sent);
}

#[tokio::test]
async fn what_was_missed_is_seen_when_anything_may_have_changed() {
    let cluster = Cluster::new(2).await;
    let [first, deaf] = &cluster.replicas[..] else { panic!("two") };
    let (login, _) = first.start("web").await;
    let mut planned = wish("main");
    planned.send_at = Some(first.now() + SignedDuration::from_secs(1_000));
    let notification = first.accept_wish("k", planned).await.notification.id;
    let login_waits = tokio::spawn({
        let deaf = deaf.clone();
        async move { deaf.until_status(login, LoginStatus::Cancelled).await }
    });
    let notification_waits = tokio::spawn({
        let deaf = deaf.clone();
        async move { deaf.settled(notification).await }
    });
    cluster.breath(0).await;
    cluster.handles[1].set_deaf(true);
    first.herald.logins().cancel(&first.tenant(), login).await.unwrap();
    first.herald.notifications().cancel(&first.tenant(), notification).await.unwrap();
    cluster.breath(0).await;
    assert!(!login_waits.is_finished() && !notification_waits.is_finished());
    cluster.handles[1].set_deaf(false);
    cluster.handles[0].tell_anything();
    login_waits.await.unwrap();
    assert_eq!(notification_waits.await.unwrap().status, NotificationStatus::Cancelled);
}

#[tokio::test]
async fn what_only_its_watcher_waits_for_is_not_read_when_anything_may_have_changed() {
    let cluster = Cluster::new(2).await;
    let watches = &cluster.replicas[0];
    let (id, _) = watches.start("main").await;
    watches.polled.is_watched().await;
    let before = cluster.handles[0].calls();
    cluster.handles[1].tell_anything();
    // Once more, so that the first has been looked into.
    cluster.breath(0).await;
    cluster.handles[1].tell_anything();
    cluster.breath(1).await;
    // What the breath itself asks for goes by the other's handle.
    assert_eq!(cluster.handles[0].calls() - before, 0);
    let waits = tokio::spawn({
        let watches = watches.clone();
        async move { watches.until_status(id, LoginStatus::Confirmed).await }
    });
    cluster.breath(2).await;
    let before = cluster.handles[0].calls();
    cluster.handles[1].tell_anything();
    cluster.breath(3).await;
    assert_eq!(cluster.handles[0].calls() - before, 1);
    watches.polled.person_is(Person::Confirmed);
    waits.await.unwrap();
}

#[tokio::test]
async fn a_watcher_that_missed_a_cancel_gives_nobody_the_answer() {
    let cluster = Cluster::new(2).await;
    let [deaf, other] = &cluster.replicas[..] else { panic!("two") };
    let (id, _) = deaf.start("main").await;
    deaf.polled.is_watched().await;
    cluster.handles[0].set_deaf(true);
    other.herald.logins().cancel(&other.tenant(), id).await.unwrap();
    cluster.breath(0).await;
    deaf.polled.person_is(Person::Confirmed);
    other.until(id, |login| matches!(login.phase, Phase::Ended { leftover: None, .. })).await;
    assert_eq!((other.login(id).await.status(), other.polled.redeem_count()), (LoginStatus::Cancelled, 1));
}

#[tokio::test]
async fn who_waits_while_the_store_is_away_is_told_when_it_is_back() {
    let cluster = Cluster::new(2).await;
    let [cut_off, other] = &cluster.replicas[..] else { panic!("two") };
    let (login, _) = other.start("web").await;
    let waits = tokio::spawn({
        let cut_off = cut_off.clone();
        async move { cut_off.until_status(login, LoginStatus::Cancelled).await }
    });
    cluster.breath(0).await;
    cluster.handles[0].set_away(true);
    other.herald.logins().cancel(&other.tenant(), login).await.unwrap();
    cluster.handles[1].tell_anything();
    cluster.breath(0).await;
    assert!(!waits.is_finished());
    cluster.handles[0].set_away(false);
    cluster.handles[1].tell_anything();
    waits.await.unwrap();
}
