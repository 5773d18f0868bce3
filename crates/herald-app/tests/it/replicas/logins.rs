//! Logins across replicas.

use std::sync::atomic::Ordering;

use herald_core::{
    error::{ErrorKind, Retry},
    login::{LoginStatus, Phase},
};
use herald_testkit::{
    fake_provider::{Ends, Person},
    late_store::{Trouble, Write},
};

use super::Cluster;
use crate::world::World;

#[tokio::test]
async fn a_login_begun_on_one_replica_comes_back_to_the_second_and_is_waited_for_and_claimed_on_the_third() {
    let cluster = Cluster::new(3).await;
    let [begun, back, waited] = &cluster.replicas[..] else { panic!("three") };
    let (id, secret) = begun.start("web").await;
    let waits = tokio::spawn({
        let waited = waited.clone();
        async move { waited.until_status(id, LoginStatus::Confirmed).await }
    });
    cluster.breath(0).await;
    begun.web.person_is(Person::Confirmed);
    let login = back.login(id).await;
    let query = vec![("code".to_owned(), "c1".to_owned())];
    back.herald.logins().returned(&login, query, vec![]).await.unwrap();
    // No time has passed.
    let confirmed = waits.await.unwrap();
    let Phase::Confirmed(confirmation) = &confirmed.phase else { panic!("confirmed") };
    let code = confirmation.code.expose();
    let tenant = waited.tenant();
    let claimed = waited.herald.logins().claim(&tenant, id, secret.expose(), Some(code)).await.unwrap();
    let again = back.herald.logins().claim(&tenant, id, secret.expose(), Some(code)).await.unwrap();
    assert_eq!(claimed.session.0, again.session.0);
    assert_eq!(begun.web.redeem_count(), 1);
}

#[tokio::test]
async fn of_callbacks_to_every_replica_one_makes_the_exchange_and_all_are_answered() {
    let cluster = Cluster::new(3).await;
    let (id, _) = cluster.replicas[0].start("web").await;
    cluster.replicas[0].web.person_is(Person::Confirmed);
    let calls: Vec<_> = (0..60)
        .map(|number| {
            let replica = cluster.replicas[number % 3].clone();
            tokio::spawn(async move {
                let login = replica.login(id).await;
                let query = vec![("code".to_owned(), "c1".to_owned())];
                replica.herald.logins().returned(&login, query, vec![]).await.unwrap().status()
            })
        })
        .collect();
    for call in calls {
        assert_eq!(call.await.unwrap(), LoginStatus::Confirmed);
    }
    assert_eq!(cluster.replicas[0].web.redeem_count(), 1);
}

#[tokio::test]
async fn one_replica_asks_the_provider_for_all_for_as_long_as_it_lives() {
    let cluster = Cluster::new(3).await;
    let (id, _) = cluster.replicas[0].start("main").await;
    let waits: Vec<_> = (0..60)
        .map(|number| {
            let replica = cluster.replicas[number % 3].clone();
            tokio::spawn(async move { replica.until_status(id, LoginStatus::Confirmed).await })
        })
        .collect();
    let polled = &cluster.replicas[0].polled;
    let tenant = cluster.replicas[0].tenant().id.clone();
    polled.is_watched().await;
    for _ in 0..60 {
        cluster.pass(1).await;
        let lease = std::time::Duration::from_secs(1);
        let is_free = cluster.store.lease_login("somebody else", &tenant, id, lease).await.unwrap();
        assert!(!is_free, "the one who watches it lives");
    }
    // Each look lasts for twenty seconds at most.
    assert!(polled.observed.load(Ordering::SeqCst) <= 4);
    polled.person_is(Person::Confirmed);
    for wait in waits {
        wait.await.unwrap();
    }
    assert_eq!(polled.redeem_count(), 1);
}

#[tokio::test]
async fn a_cancel_on_one_replica_is_seen_by_the_watcher_on_another() {
    let cluster = Cluster::new(2).await;
    let (id, _) = cluster.replicas[0].start("main").await;
    cluster.replicas[0].polled.is_watched().await;
    let other = &cluster.replicas[1];
    other.herald.logins().cancel(&other.tenant(), id).await.unwrap();
    other.polled.person_is(Person::Confirmed);
    // What was confirmed after the cancel is consumed and thrown away by whoever watches.
    other.until(id, |login| matches!(login.phase, Phase::Ended { leftover: None, .. })).await;
    assert_eq!(other.login(id).await.status(), LoginStatus::Cancelled);
    assert_eq!(other.polled.redeem_count(), 1);
}

#[tokio::test]
async fn a_watcher_that_was_cut_off_leaves_the_login_to_the_one_that_took_over() {
    let cluster = Cluster::new(2).await;
    let (id, _) = cluster.replicas[0].start("main").await;
    let polled = &cluster.replicas[0].polled;
    polled.is_watched().await;
    cluster.handles[0].set_away(true);
    cluster.pass(13).await;
    let looks = polled.observed.load(Ordering::SeqCst);
    assert_eq!(looks, 2, "the other one looks too");
    cluster.handles[0].set_away(false);
    cluster.pass(5).await;
    // Only one of them is left, which looks every twenty seconds.
    cluster.pass(60).await;
    let more = polled.observed.load(Ordering::SeqCst) - looks;
    assert!((2..=4).contains(&more), "{more}");
    polled.person_is(Person::Confirmed);
    cluster.replicas[0].until_status(id, LoginStatus::Confirmed).await;
    assert_eq!(polled.redeem_count(), 1);
}

#[tokio::test]
async fn an_owner_that_slept_neither_overwrites_what_its_heir_wrote_nor_asks_again() {
    let cluster = Cluster::with_a_sleeper().await;
    let (sleeper, heir) = (&cluster.replicas[0], &cluster.replicas[1]);
    let go = sleeper.polled.redeem_waits();
    let (id, _) = sleeper.start("main").await;
    sleeper.polled.is_watched().await;
    sleeper.polled.person_is(Person::Confirmed);
    sleeper.polled.redeems_reach(1).await;
    assert!(matches!(heir.login(id).await.phase, Phase::Redeeming { .. }));
    cluster.pass(14).await;
    assert_eq!(
        heir.polled.redeem_count(),
        1,
        "its claim is good for the time-out of the call and five seconds"
    );
    cluster.pass(1).await;
    let confirmed = heir.until_status(id, LoginStatus::Confirmed).await;
    assert_eq!(heir.polled.redeem_count(), 2);
    // It wakes up in the middle of its call, whose answer is gone by now.
    cluster.wakes_up().await;
    go.send(()).unwrap();
    cluster.pass(30).await;
    assert_eq!(sleeper.login(id).await, confirmed);
    assert_eq!(sleeper.polled.redeem_count(), 2);
}

#[tokio::test]
async fn an_answer_that_a_sleeper_had_in_hand_is_not_lost_while_its_heir_still_asks() {
    let cluster = Cluster::with_a_sleeper().await;
    let (sleeper, heir) = (&cluster.replicas[0], &cluster.replicas[1]);
    let go = sleeper.polled.redeem_waits();
    let (id, _) = sleeper.start("main").await;
    sleeper.polled.is_watched().await;
    sleeper.polled.person_is(Person::Confirmed);
    sleeper.polled.redeems_reach(1).await;
    // The heir's call never ends.
    heir.polled.redeem_ends([Ends::Hangs]);
    cluster.pass(15).await;
    heir.polled.redeems_reach(2).await;
    heir.polled.next_login();
    cluster.wakes_up().await;
    go.send(()).unwrap();
    heir.until_status(id, LoginStatus::Confirmed).await;
    assert_eq!(heir.polled.redeem_count(), 2);
}

#[tokio::test]
async fn an_answer_that_a_sleeper_had_in_hand_is_not_lost_when_its_heir_has_given_the_claim_back() {
    let cluster = Cluster::with_a_sleeper().await;
    let (sleeper, heir) = (&cluster.replicas[0], &cluster.replicas[1]);
    let go = sleeper.polled.redeem_waits();
    let (id, _) = sleeper.start("main").await;
    sleeper.polled.is_watched().await;
    sleeper.polled.person_is(Person::Confirmed);
    sleeper.polled.redeems_reach(1).await;
    let in_a_minute = Retry::After(std::time::Duration::from_secs(60));
    heir.polled.redeem_ends([Ends::Fails(ErrorKind::Unavailable, in_a_minute)]);
    cluster.pass(15).await;
    heir.until(id, |login| matches!(login.phase, Phase::Ready { .. })).await;
    heir.polled.next_login();
    cluster.wakes_up().await;
    go.send(()).unwrap();
    // No minute has passed.
    heir.until_status(id, LoginStatus::Confirmed).await;
    assert_eq!(heir.polled.redeem_count(), 2);
}

#[tokio::test]
async fn an_answer_in_hand_is_kept_though_the_store_is_away_for_longer_than_its_claim_lasts() {
    let cluster = Cluster::new(2).await;
    let owner = &cluster.replicas[0];
    // The other one, by which time passes, attends to nothing.
    cluster.replicas[1].herald.replace_tenants(herald_app::Tenants::default());
    let go = owner.polled.redeem_waits();
    let (id, _) = owner.start("main").await;
    owner.polled.is_watched().await;
    owner.polled.person_is(Person::Confirmed);
    owner.polled.redeems_reach(1).await;
    cluster.handles[0].set_away(true);
    go.send(()).unwrap();
    cluster.pass(30).await;
    cluster.handles[0].set_away(false);
    cluster.pass(5).await;
    owner.until_status(id, LoginStatus::Confirmed).await;
    assert_eq!(owner.polled.redeem_count(), 1);
}

#[tokio::test]
async fn a_login_that_is_due_while_its_lease_is_being_given_back_has_a_watcher_at_once() {
    let (world, store) = World::with_late_store().await;
    let in_a_second = Retry::After(std::time::Duration::from_secs(1));
    world.web.redeem_ends([ErrorKind::Unavailable; 2].map(|kind| Ends::Fails(kind, in_a_second)));
    store.troubles(Write::ReleaseLogin, [Trouble::Slow]);
    let (id, _) = world.start("web").await;
    world.web.person_is(Person::Confirmed);
    let query = vec![("code".to_owned(), "c1".to_owned())];
    let login = world.login(id).await;
    let back = tokio::spawn({
        let world = world.clone();
        async move { world.herald.logins().returned(&login, query, vec![]).await }
    });
    world.web.redeems_reach(1).await;
    world.breath(0).await;
    world.pass(1);
    world.web.redeems_reach(2).await;
    store.struck(1).await;
    // It is given back, which is not answered yet, and it is looked for what is due, because another one begins.
    world.pass(1);
    world.start("web").await;
    world.breath(1).await;
    assert_eq!(store.apply_now().await.unwrap(), 1);
    // No time passes.
    world.until_status(id, LoginStatus::Confirmed).await;
    assert_eq!(back.await.unwrap().unwrap().status(), LoginStatus::Confirmed);
    assert_eq!(world.web.redeem_count(), 3);
}
