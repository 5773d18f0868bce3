//! Logins at a provider that is polled.

use std::sync::atomic::Ordering;

use herald_app::{LoginError, StartError};
use herald_core::{
    error::{ErrorKind, Retry},
    login::{Ending, FailureCode, LoginStatus, Phase},
};
use herald_testkit::fake_provider::{Ends, Person};

use crate::world::World;

fn failure(login: &herald_core::login::Login) -> Option<FailureCode> {
    match &login.phase {
        Phase::Ended { ending: Ending::Failed(code), .. } => Some(*code),
        _ => None,
    }
}

#[tokio::test]
async fn waiters_are_woken_by_every_change_and_one_watcher_asks_for_all() {
    let world = World::new().await;
    let (id, _) = world.start("main").await;
    let waiters: Vec<_> = (0..100)
        .map(|_| {
            let world = world.clone();
            tokio::spawn(async move { world.until_status(id, LoginStatus::Confirmed).await })
        })
        .collect();
    world.polled.person_is(Person::Opened);
    world.until_status(id, LoginStatus::Opened).await;
    world.polled.person_is(Person::Confirmed);
    for waiter in waiters {
        waiter.await.unwrap();
    }
    assert_eq!(world.polled.redeem_count(), 1);
    // One look per change of the person, whatever the number of waiters (a look may be cut short by the change it caused).
    assert!(world.polled.observed.load(Ordering::SeqCst) <= 6);
}

#[tokio::test]
async fn refusal_ends_the_login_as_denied() {
    let world = World::new().await;
    let (id, _) = world.start("main").await;
    world.polled.person_is(Person::Refused);
    world.until_status(id, LoginStatus::Denied).await;
    assert_eq!(world.polled.redeem_count(), 0);
}

#[tokio::test]
async fn a_login_expires_only_after_a_last_look() {
    let world = World::new().await;
    let (id, _) = world.start("main").await;
    world.polled.is_watched().await;
    // The person confirmed, but the provider's long poll does not tell: only the last look sees it.
    world.polled.confirm_unnoticed();
    world.pass(301);
    world.until_status(id, LoginStatus::Confirmed).await;
    assert_eq!(world.polled.redeem_count(), 1);
}

#[tokio::test]
async fn a_login_that_nobody_confirms_expires() {
    let world = World::new().await;
    let (id, _) = world.start("main").await;
    world.pass(301);
    world.until_status(id, LoginStatus::Expired).await;
    assert_eq!(world.polled.redeem_count(), 0);
}

#[tokio::test]
async fn what_is_confirmed_after_a_cancel_is_consumed_and_thrown_away() {
    let world = World::new().await;
    let (id, _) = world.start("main").await;
    world.herald.logins().cancel(&world.tenant(), id).await.unwrap();
    assert_eq!(world.login(id).await.status(), LoginStatus::Cancelled);
    world.polled.person_is(Person::Confirmed);
    world.until(id, |login| matches!(login.phase, Phase::Ended { leftover: None, .. })).await;
    assert_eq!((world.polled.redeem_count(), world.login(id).await.status()), (1, LoginStatus::Cancelled));
}

#[tokio::test]
async fn an_ended_login_is_watched_to_the_providers_own_end_and_no_longer() {
    let world = World::new().await;
    let (id, _) = world.start("main").await;
    world.polled.is_watched().await;
    world.pass(301);
    let expired = world.until_status(id, LoginStatus::Expired).await;
    assert!(matches!(expired.phase, Phase::Ended { leftover: Some(_), .. }));
    let looks = world.polled.observed.load(Ordering::SeqCst);
    world.polled.is_watched().await;
    world.pass(298);
    world.polled.looks_reach(looks + 1).await;
    world.pass(2);
    world.until(id, |login| matches!(login.phase, Phase::Ended { leftover: None, .. })).await;
}

#[tokio::test]
async fn a_provider_that_asks_for_patience_is_not_asked_on_and_on_for_what_nobody_wants() {
    let world = World::new().await;
    let later = Retry::After(std::time::Duration::from_secs(60));
    world.polled.redeem_ends([Ends::Fails(ErrorKind::RateLimited, later)]);
    let (id, _) = world.start("main").await;
    world.herald.logins().cancel(&world.tenant(), id).await.unwrap();
    world.polled.person_is(Person::Confirmed);
    world.until(id, |login| leftover(login).is_some_and(|left| left.not_before.is_some())).await;
    let looks = world.polled.observed.load(Ordering::SeqCst);
    world.pass(59);
    assert_eq!((world.polled.redeem_count(), world.polled.observed.load(Ordering::SeqCst)), (1, looks));
    world.pass(1);
    world.until(id, |login| leftover(login).is_none()).await;
    assert_eq!(world.polled.redeem_count(), 2);
}

fn leftover(login: &herald_core::login::Login) -> Option<&herald_core::login::Leftover> {
    match &login.phase {
        Phase::Ended { leftover, .. } => leftover.as_ref(),
        _ => None,
    }
}

#[tokio::test]
async fn a_cancel_during_a_redeem_without_effect_leaves_the_watch_on() {
    let world = World::new().await;
    let later = Retry::After(std::time::Duration::from_secs(1));
    let go = world.polled.redeem_waits_and_fails(ErrorKind::RateLimited, later);
    let (id, _) = world.start("main").await;
    world.polled.person_is(Person::Confirmed);
    world.until(id, |login| matches!(login.phase, Phase::Redeeming { .. })).await;
    world.herald.logins().cancel(&world.tenant(), id).await.unwrap();
    go.send(()).unwrap();
    world.until(id, |login| leftover(login).is_some_and(|left| left.not_before.is_some())).await;
    world.pass(1);
    world.until(id, |login| leftover(login).is_none()).await;
    assert_eq!(world.polled.redeem_count(), 2);
}

#[tokio::test]
async fn a_jump_of_the_clock_does_not_make_a_second_call_beside_a_living_one() {
    let world = World::new().await;
    let go = world.polled.redeem_waits();
    let (id, _) = world.start("main").await;
    world.polled.person_is(Person::Confirmed);
    world.until(id, |login| matches!(login.phase, Phase::Redeeming { .. })).await;
    world.polled.redeems_reach(1).await;
    world.pass(60);
    // The lease is over by this clock too: the login is given out again, and whoever gets it must wait.
    for _ in 0..1000 {
        tokio::task::yield_now().await;
    }
    assert_eq!(world.polled.redeem_count(), 1);
    go.send(()).unwrap();
    world.until_status(id, LoginStatus::Confirmed).await;
    assert_eq!(world.polled.redeem_count(), 1);
}

#[tokio::test]
async fn a_redeem_without_effect_is_made_again() {
    let world = World::new().await;
    let later = Retry::After(std::time::Duration::from_secs(3));
    world.polled.redeem_ends([Ends::Fails(ErrorKind::Unavailable, later)]);
    let (id, _) = world.start("main").await;
    world.polled.person_is(Person::Confirmed);
    world.until(id, |login| matches!(login.phase, Phase::Ready { .. })).await;
    world.pass(3);
    world.until_status(id, LoginStatus::Confirmed).await;
    assert_eq!(world.polled.redeem_count(), 2);
}

#[tokio::test]
async fn a_redeem_whose_end_nobody_saw_is_never_made_again() {
    for (kind, code) in [
        (ErrorKind::Timeout, FailureCode::ProviderTimeout),
        (ErrorKind::Protocol, FailureCode::ProviderError),
    ] {
        let world = World::new().await;
        world.polled.redeem_ends([Ends::TakesEffectAndFails(kind, Retry::OutcomeUnknown)]);
        let (id, _) = world.start("main").await;
        world.polled.person_is(Person::Confirmed);
        let login = world.until_status(id, LoginStatus::Failed).await;
        assert_eq!((failure(&login), world.polled.redeem_count()), (Some(code), 1));
    }
}

#[tokio::test]
async fn an_answer_that_somebody_else_took_is_a_security_event() {
    let world = World::new().await;
    world.polled.redeem_ends([Ends::Fails(ErrorKind::Consumed, Retry::Never)]);
    let (id, _) = world.start("main").await;
    world.polled.person_is(Person::Confirmed);
    let login = world.until_status(id, LoginStatus::Failed).await;
    assert_eq!(failure(&login), Some(FailureCode::ConsumedElsewhere));
}

#[tokio::test]
async fn an_answer_waits_for_keys_that_cannot_be_had_now() {
    let world = World::new().await;
    let later = Retry::After(std::time::Duration::from_secs(2));
    world.polled.identify_ends([Ends::Fails(ErrorKind::Unavailable, later)]);
    let (id, _) = world.start("main").await;
    world.polled.person_is(Person::Confirmed);
    world.until(id, |login| matches!(login.phase, Phase::Answered { not_before: Some(_), .. })).await;
    world.pass(2);
    world.until_status(id, LoginStatus::Confirmed).await;
    assert_eq!(world.polled.redeem_count(), 1);
}

#[tokio::test]
async fn a_confirmed_login_that_nobody_claims_expires() {
    let world = World::new().await;
    let (id, _) = world.start("main").await;
    world.polled.person_is(Person::Confirmed);
    world.until_status(id, LoginStatus::Confirmed).await;
    world.pass(301);
    world.until_status(id, LoginStatus::Expired).await;
}

#[tokio::test]
async fn a_start_that_makes_no_sense_reaches_no_provider() {
    let world = World::new().await;
    let start = |return_url: Option<&str>, connection: Option<&str>| {
        let wish = herald_app::StartLogin {
            return_url: return_url.map(str::to_owned),
            connection: connection.map(str::to_owned),
            ..herald_app::StartLogin::default()
        };
        let world = world.clone();
        async move { world.herald.logins().start(&world.tenant(), wish).await.map(|_| ()) }
    };
    let good = Some(crate::world::RETURN_URL);
    assert!(matches!(start(None, None).await, Err(StartError::ReturnUrlRequired)));
    for bad in [
        "https://shop.acme.example/signed-in?x",
        "//evil",
        "https://shop.acme.example/signed-in/",
        "HTTPS://shop.acme.example/signed-in",
    ] {
        assert!(matches!(start(Some(bad), None).await, Err(StartError::ReturnUrlNotAllowed)), "{bad}");
    }
    assert!(matches!(start(good, Some("other")).await, Err(StartError::UnknownConnection)));
    assert!(matches!(start(good, Some("../x")).await, Err(StartError::UnknownConnection)));
    assert_eq!(world.polled.begun.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn no_session_is_begun_that_a_store_that_is_away_could_not_keep() {
    let world = World::new().await;
    world.handle.set_away(true);
    for (connection, provider) in [("main", &world.polled), ("web", &world.web)] {
        let wish = herald_app::StartLogin {
            return_url: Some(crate::world::RETURN_URL.to_owned()),
            connection: Some(connection.to_owned()),
            ..herald_app::StartLogin::default()
        };
        let refused = world.herald.logins().start(&world.tenant(), wish).await.map(|_| ());
        assert!(matches!(refused, Err(StartError::Login(LoginError::Store(_)))), "{refused:?}");
        assert_eq!(provider.begun.load(Ordering::SeqCst), 0, "{connection}");
    }
}
