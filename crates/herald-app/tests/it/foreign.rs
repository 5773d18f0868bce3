//! Credentials of providers: asked about once for many, believed for a moment, refreshed once whatever happens.

mod kept;

use std::{sync::atomic::Ordering, time::Duration};

use herald_app::{ChoiceError, RefreshCookiesError, RenewedCookies, Verification, VerifyError};
use herald_core::{clock::Clock as _, credential::Credential, error::Retry};
use herald_testkit::{
    fake_sessions::Says,
    late_store::{Trouble, Write},
};
use secrecy::ExposeSecret as _;
use tokio::task::JoinHandle;

use crate::world::{World, claimed};

/// What a browser brings.
pub(crate) const COOKIES: &str = "fake_refresh=a";

async fn verify(world: &World, token: &str) -> Result<Verification, VerifyError> {
    world.herald.sessions().verify(&world.tenant(), Credential::Token(token), None).await
}

async fn is_active(world: &World, token: &str) -> bool {
    matches!(verify(world, token).await.unwrap(), Verification::Active(_))
}

pub(crate) async fn refresh(world: &World, cookies: &str) -> Result<RenewedCookies, RefreshCookiesError> {
    world.herald.sessions().refresh_cookies(&world.tenant(), cookies, None).await
}

/// A refresh under way, by [`COOKIES`].
pub(crate) fn refreshing(world: &World) -> JoinHandle<Result<RenewedCookies, RefreshCookiesError>> {
    let world = world.clone();
    tokio::spawn(async move { refresh(&world, COOKIES).await })
}

/// How many refresh tokens the provider was sent.
pub(crate) fn sent(world: &World) -> usize {
    world.sessions.refreshed.load(Ordering::SeqCst)
}

/// Waits until the provider was sent one.
pub(crate) async fn until_sent(world: &World) {
    while sent(world) == 0 {
        tokio::task::yield_now().await;
    }
}

pub(crate) fn first(renewed: &RenewedCookies) -> &str {
    renewed.set_cookies[0].expose_secret()
}

#[tokio::test]
async fn many_who_ask_at_once_are_one_question_and_the_answer_is_believed_for_half_a_minute() {
    let world = World::new().await;
    world.sessions.hold();
    let calls: Vec<_> = (0..20)
        .map(|_| {
            let world = world.clone();
            tokio::spawn(async move { is_active(&world, "fake-ivan").await })
        })
        .collect();
    tokio::task::yield_now().await;
    world.sessions.let_through();
    for call in calls {
        assert!(call.await.unwrap());
    }
    assert_eq!(world.sessions.verified.load(Ordering::SeqCst), 1);
    world.pass(29);
    assert!(is_active(&world, "fake-ivan").await);
    assert_eq!(world.sessions.verified.load(Ordering::SeqCst), 1);
    world.pass(1);
    world.sessions.says([Says::Refused]);
    assert!(!is_active(&world, "fake-ivan").await);
    assert_eq!(world.sessions.verified.load(Ordering::SeqCst), 2);
    world.pass(5);
    assert!(is_active(&world, "fake-ivan").await);
}

#[tokio::test]
async fn a_provider_that_is_down_is_an_error_for_those_who_ask_now_and_for_nobody_later() {
    let world = World::new().await;
    world.sessions.hold();
    world.sessions.says([Says::Fails(Retry::After(Duration::from_secs(1)))]);
    let calls: Vec<_> = (0..20)
        .map(|_| {
            let world = world.clone();
            tokio::spawn(async move { verify(&world, "fake-ivan").await })
        })
        .collect();
    tokio::task::yield_now().await;
    world.sessions.let_through();
    for call in calls {
        assert!(matches!(call.await.unwrap(), Err(VerifyError::Provider(_))));
    }
    assert!(is_active(&world, "fake-ivan").await);
    assert_eq!(world.sessions.verified.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn when_the_first_of_many_hangs_up_the_others_get_the_answer_to_its_question() {
    let world = World::new().await;
    world.sessions.hold();
    let ask = || {
        let world = world.clone();
        tokio::spawn(async move { is_active(&world, "fake-ivan").await })
    };
    let first = ask();
    while world.sessions.verified.load(Ordering::SeqCst) == 0 {
        tokio::task::yield_now().await;
    }
    let others: Vec<_> = (0..20).map(|_| ask()).collect();
    tokio::task::yield_now().await;
    first.abort();
    assert!(first.await.unwrap_err().is_cancelled());
    world.sessions.let_through();
    for other in others {
        assert!(other.await.unwrap());
    }
    assert_eq!(world.sessions.verified.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn who_signed_in_before_is_known_by_their_subject() {
    let world = World::new().await;
    world.web.user_is("olga");
    let claimed = claimed(&world, "web").await;
    let Verification::Active(olga) = verify(&world, "fake-olga").await.unwrap() else { panic!("active") };
    assert_eq!((olga.subject, olga.session_id), (Some(claimed.subject), None));
    let Verification::Active(nobody) = verify(&world, "fake-nobody").await.unwrap() else { panic!("active") };
    assert_eq!(nobody.subject, None);
}

#[tokio::test]
async fn a_connection_that_is_named_has_to_be_there_and_to_recognise_the_credential() {
    let world = World::new().await;
    let (tenant, sessions) = (world.tenant(), world.herald.sessions());
    let verify = |text: &'static str, name| sessions.verify(&tenant, Credential::Token(text), Some(name));
    for name in ["nowhere", "No Name", ""] {
        let refused = verify("fake-ivan", name).await;
        assert!(matches!(refused, Err(VerifyError::Choice(ChoiceError::Unknown))), "{name}");
    }
    assert!(matches!(verify("fake-ivan", "web").await.unwrap(), Verification::Active(_)));
    assert!(matches!(verify("fake-ivan", "main").await.unwrap(), Verification::Inactive));
    assert!(matches!(verify("other", "web").await.unwrap(), Verification::Inactive));

    let claimed = claimed(&world, "main").await;
    let token = Credential::Token(&claimed.session.1.access_token);
    let by = |name| sessions.verify(&tenant, token, Some(name));
    assert!(matches!(by("main").await.unwrap(), Verification::Active(_)));
    assert!(matches!(by("web").await.unwrap(), Verification::Inactive));
}

#[tokio::test]
async fn fifty_refreshes_at_once_are_one_call_and_one_answer_for_a_minute() {
    let world = World::new().await;
    let other = world.replica("replica-2").await;
    world.sessions.hold();
    let calls: Vec<_> = (0..50)
        .map(|i| {
            let world = if i % 2 == 0 { world.clone() } else { other.clone() };
            tokio::spawn(async move { first(&refresh(&world, COOKIES).await.unwrap()).to_owned() })
        })
        .collect();
    while sent(&world) == 0 {
        tokio::task::yield_now().await;
    }
    world.sessions.let_through();
    // The callers of the other replica look now and then.
    let pacer = tokio::spawn({
        let world = world.clone();
        async move {
            loop {
                world.clock.advance(jiff::SignedDuration::from_millis(10));
                tokio::task::yield_now().await;
            }
        }
    });
    for call in calls {
        assert_eq!(call.await.unwrap(), "fake_refresh=0; HttpOnly");
    }
    pacer.abort();
    assert_eq!(sent(&world), 1);
}

#[tokio::test]
async fn a_rotated_token_is_refused_after_a_minute_and_one_that_stayed_is_refreshed_again() {
    let world = World::new().await;
    let zero = refresh(&world, COOKIES).await.unwrap();
    world.pass(59);
    assert_eq!(first(&refresh(&world, COOKIES).await.unwrap()), first(&zero));
    world.pass(1);
    assert!(matches!(refresh(&world, COOKIES).await, Err(RefreshCookiesError::Refused)));

    world.sessions.says([Says::Renewed { is_rotated: false }]);
    refresh(&world, "fake_refresh=b").await.unwrap();
    world.pass(60);
    refresh(&world, "fake_refresh=b").await.unwrap();
    assert_eq!(sent(&world), 3);
}

#[tokio::test]
async fn what_nobody_knows_is_said_once_and_never_sent_again_for_a_day() {
    let world = World::new().await;
    world.sessions.says([Says::Fails(Retry::OutcomeUnknown)]);
    assert!(matches!(refresh(&world, COOKIES).await, Err(RefreshCookiesError::Unclear)));
    for _ in 0..3 {
        assert!(matches!(refresh(&world, COOKIES).await, Err(RefreshCookiesError::Refused)));
        world.pass(3600 * 7);
    }
    assert_eq!(sent(&world), 1);
}

#[tokio::test]
async fn a_refusal_is_remembered_and_a_call_that_surely_did_nothing_is_not() {
    let world = World::new().await;
    world.sessions.says([Says::Refused, Says::Fails(Retry::After(Duration::from_secs(1)))]);
    for _ in 0..2 {
        assert!(matches!(refresh(&world, COOKIES).await, Err(RefreshCookiesError::Refused)));
    }
    for _ in 0..2 {
        assert!(matches!(refresh(&world, "fake_refresh=b").await, Err(RefreshCookiesError::Provider(_))));
    }
    world.pass(1);
    refresh(&world, "fake_refresh=b").await.unwrap();
    assert!(matches!(refresh(&world, "other=b").await, Err(RefreshCookiesError::Refused)));
    assert_eq!(sent(&world), 3);
}

#[tokio::test]
async fn whoever_waits_for_a_call_that_had_no_effect_fails_with_it_and_makes_none() {
    let world = World::new().await;
    world.sessions.hold();
    world.sessions.says([Says::Fails(Retry::After(Duration::from_secs(5)))]);
    let calls: Vec<_> = (0..50)
        .map(|_| {
            let world = world.clone();
            tokio::spawn(async move { refresh(&world, COOKIES).await })
        })
        .collect();
    while sent(&world) == 0 {
        tokio::task::yield_now().await;
    }
    world.sessions.let_through();
    for call in calls {
        assert!(matches!(call.await.unwrap(), Err(RefreshCookiesError::Provider(_))));
    }
    assert_eq!(sent(&world), 1);
    world.pass(5);
    refresh(&world, COOKIES).await.unwrap();
}

#[tokio::test]
async fn cookies_that_differ_in_what_does_not_count_are_one_question() {
    let world = World::new().await;
    for other in ["a=1", "a=2", "b=3; c=4"] {
        let cookies = format!("fake=ivan; {other}");
        let verified =
            world.herald.sessions().verify(&world.tenant(), Credential::Cookies(&cookies), None).await;
        assert!(matches!(verified.unwrap(), Verification::Active(_)));
    }
    assert_eq!(world.sessions.verified.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_call_whose_owner_died_is_unclear_and_not_made_again() {
    let world = World::new().await;
    world.sessions.hold();
    let dead = refreshing(&world);
    until_sent(&world).await;
    dead.abort();
    let other = world.replica("replica-2").await;
    let waiting = tokio::spawn(async move { refresh(&other, COOKIES).await });
    tokio::task::yield_now().await;
    world.pass(31);
    assert!(matches!(
        waiting.await.unwrap(),
        Err(RefreshCookiesError::Unclear | RefreshCookiesError::Refused)
    ));
    world.sessions.let_through();
    assert!(matches!(refresh(&world, COOKIES).await, Err(RefreshCookiesError::Refused)));
    assert_eq!(sent(&world), 1);
}

#[tokio::test]
async fn a_store_that_refuses_although_nobody_knew_more_is_asked_again_in_a_moment() {
    let (world, late) = World::with_late_store().await;
    let before = world.clock.now();
    // As long as its clock and ours do not agree that what was known is gone.
    late.troubles(Write::ReplaceSecret, [Trouble::Refused; 2]);
    assert!(world.clock.pass_for(refresh(&world, COOKIES)).await.is_ok());
    assert!(world.clock.now() > before);
    assert_eq!(sent(&world), 1);
}
