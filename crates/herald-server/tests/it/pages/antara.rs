//! A whole login at Antara: out by redirect, back with a code.

use herald_core::login::LoginStatus;
use herald_sandbox::{Decision, Fault, FaultEffect, Operation, Provider};

use super::world::{RETURN_URL, World};

#[tokio::test]
async fn a_person_goes_to_antara_and_comes_back_signed_in() {
    let world = World::start().await;
    let (browser, started) = (world.browser(), world.login("antara").await);
    // The hosted page leads the same way as `start`.
    let end = browser.follow(&started.address("")).await;
    assert!(end.page.is_none() && end.query("code_challenge_method").as_deref() == Some("S256"), "{end:?}");
    assert_eq!(world.status(&started).await, LoginStatus::Opened);

    let end = world.sign_in_at_antara(&browser, &started).await;
    assert!(end.url.as_str().starts_with(RETURN_URL), "{}", end.url);
    assert_eq!(end.query("login_id"), Some(started.login.terms.id.to_string()));
    let claimed = world.claim(&started, end.query("code").as_deref()).await;
    assert_eq!(claimed.identity.account.provider.as_str(), "antara");
}

#[tokio::test]
async fn a_no_goes_back_to_the_caller_as_access_denied() {
    let world = World::start().await;
    let (browser, started) = (world.browser(), world.login("antara").await);
    let callback = world.callback_of(&browser, &started, &Decision::Refuse).await;
    let end = browser.follow(&callback).await;
    assert_eq!(end.query("error").as_deref(), Some("access_denied"));
    assert_eq!(end.query("code"), None);
    assert_eq!(world.status(&started).await, LoginStatus::Denied);

    // Whoever loads the hosted page now sees how it ended, with the same way back.
    let page = browser.get(&started.address("")).await;
    assert_eq!(page.status, 200);
    assert!(page.body.contains("Sign-in declined"), "{}", page.body);
    assert!(page.body.contains("error=access_denied"), "{}", page.body);
}

#[tokio::test]
async fn an_exchange_that_breaks_goes_back_as_login_failed_and_is_not_repeated() {
    let world = World::start().await;
    let (browser, started) = (world.browser(), world.login("antara").await);
    let callback = world.callback_of(&browser, &started, &Decision::default()).await;
    world.sandbox.control().inject(Fault::new(Provider::Antara, Operation::Token, FaultEffect::Reset));
    for _ in 0..2 {
        let end = browser.follow(&callback).await;
        assert_eq!(end.query("error").as_deref(), Some("login_failed"), "{}", end.url);
    }
    assert_eq!(world.requests(Provider::Antara, Operation::Token), 1);
}

#[tokio::test]
async fn a_detached_login_ends_on_a_page_that_can_be_closed() {
    let world = World::start().await;
    let browser = world.browser();
    let started = world.login_with("antara", |wish| wish.return_url = None).await;
    let end = world.sign_in_at_antara(&browser, &started).await;
    assert_eq!(end.page().status, 200);
    assert!(end.page().body.contains("You can close this page"), "{}", end.page().body);
    assert!(!end.page().body.contains("hcc_"));
    world.claim(&started, None).await;
}

#[tokio::test]
async fn the_code_is_the_same_until_a_minute_after_the_claim() {
    let world = World::start().await;
    let (browser, started) = (world.browser(), world.login("antara").await);
    let callback = world.callback_of(&browser, &started, &Decision::default()).await;
    let first = browser.follow(&callback).await;
    assert_eq!(browser.follow(&started.address("")).await.url, first.url);

    world.claim(&started, first.query("code").as_deref()).await;
    world.advance(59);
    for address in [callback.clone(), started.address(""), started.address("/start")] {
        assert_eq!(browser.follow(&address).await.url, first.url, "{address}");
    }
    world.advance(1);
    for address in [callback.clone(), started.address(""), started.address("/start")] {
        let end = browser.follow(&address).await;
        assert!(end.page().body.contains("This sign-in is finished"), "{address}");
        assert!(!end.page().body.contains("hcc_"));
    }
    assert_eq!(world.requests(Provider::Antara, Operation::Token), 1);
}

#[tokio::test]
async fn a_login_that_nobody_finishes_or_claims_expires_in_front_of_its_browser() {
    let world = World::start().await;
    let browser = world.browser();
    let (unfinished, unclaimed) = (world.login("antara").await, world.login("antara").await);
    browser.follow(&unfinished.address("/start")).await;
    world.sign_in_at_antara(&browser, &unclaimed).await;
    world.advance(301);
    // The second one is expired for its browser at once, also before anybody wrote that down.
    let page = browser.get(&unclaimed.address("")).await;
    assert!(page.body.contains("error=login_expired"), "{}", page.body);
    world.until(&unfinished, LoginStatus::Expired).await;
    let page = browser.get(&unfinished.address("/start")).await;
    assert!(page.body.contains("Time is up") && page.body.contains("error=login_expired"), "{}", page.body);
}
