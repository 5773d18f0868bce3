//! A whole login at Authara: one origin carries Authara and, below a prefix, Herald.

use herald_core::login::LoginStatus;
use herald_sandbox::{Operation, Provider};

use super::world::World;

const ORIGIN: &str = "https://app.acme.example";

#[tokio::test]
async fn a_person_who_is_signed_in_at_authara_comes_straight_back() {
    let world = World::start().await;
    let (browser, started) = (world.browser(), world.login("authara").await);
    assert!(started.address("").starts_with(&format!("{ORIGIN}/herald/login/")));
    let signed_in = world.sandbox.control().authara().sign_in(None).expect("a session");
    for line in &signed_in.set_cookies {
        browser.plant("app.acme.example", line);
    }
    let end = browser.follow(&started.address("")).await;
    let claimed = world.claim(&started, end.query("code").as_deref()).await;
    assert_eq!(claimed.identity.account.provider.as_str(), "authara");
    assert_eq!(world.requests(Provider::Authara, Operation::User), 1);
}

#[tokio::test]
async fn a_return_without_authoras_cookie_fails_the_login_and_not_more() {
    let world = World::start().await;
    let (browser, started) = (world.browser(), world.login("authara").await);
    let end = browser.follow(&started.address("/start")).await;
    // Authara's own page of sign-in: nobody is signed in.
    assert_eq!((end.page().status, end.url.path()), (200, "/auth/login"));
    let back = end.query("return_to").expect("the way back");
    let end = browser.follow(&format!("{ORIGIN}{back}")).await;
    assert_eq!(end.query("error").as_deref(), Some("login_failed"), "{}", end.url);
    assert_eq!(world.status(&started).await, LoginStatus::Failed);
    assert_eq!(world.requests(Provider::Authara, Operation::User), 0);
}

#[tokio::test]
async fn a_state_counts_in_one_place_only() {
    let world = World::start().await;
    let (browser, started) = (world.browser(), world.login("authara").await);
    let end = browser.follow(&started.address("/start")).await;
    let back = end.query("return_to").expect("the way back");
    let state = back.rsplit('/').next().expect("a state");
    for twice in [format!("{back}?state={state}"), back.replace("/authara/", "/antara/"), format!("{back}x")]
    {
        assert_eq!(browser.get(&format!("{ORIGIN}{twice}")).await.status, 400, "{twice}");
    }
    assert_eq!(world.status(&started).await, LoginStatus::Opened);
}
