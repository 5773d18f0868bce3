//! Antirius' own page, which brings the browser back with a session that is a bearer secret.

use herald_core::login::LoginStatus;
use herald_outbound::forward::{Call, Forwarder, Limits};
use herald_sandbox::{Operation, Provider};

use super::{
    browser::Browser,
    world::{Started, World},
};

async fn world() -> World {
    World::start_with(|configuration| {
        let antirius = configuration.split("[tenants.acme.connections.antirius]").nth(1).expect("Antirius");
        let antirius = antirius.split("[tenants").next().unwrap_or_default();
        format!("{configuration}\n[tenants.acme.connections.hosted]{antirius}hosted_login = true\n")
    })
    .await
}

/// Walks the browser to Antirius' page, confirms there, and gives the address that it is sent back to.
async fn confirmed(world: &World, browser: &Browser, started: &Started) -> String {
    let end = browser.follow(&started.address("/start")).await;
    let (_, back) = end.url.query_pairs().find(|(name, _)| name == "return_url").expect("a way back");
    let forwarder = Forwarder::new(Limits::default()).expect("a client");
    let page = forwarder.send(Call::new("GET", end.url.clone())).await.expect("an answer");
    assert_eq!(page.status, 302, "{}", end.url);
    let session = world.sandbox.control().antirius().confirm("latest").expect("a session");
    format!("{back}?session_id={}", session.id)
}

#[tokio::test]
async fn a_session_that_comes_back_signs_in() {
    let world = world().await;
    let (browser, started) = (world.browser(), world.login("hosted").await);
    let callback = confirmed(&world, &browser, &started).await;
    let end = browser.follow(&callback).await;
    world.claim(&started, end.query("code").as_deref()).await;
    assert_eq!(world.requests(Provider::Antirius, Operation::Full), 1);
}

#[tokio::test]
async fn a_session_that_comes_back_to_a_login_that_was_cancelled_is_consumed_and_signs_nobody_in() {
    let world = world().await;
    let (browser, started) = (world.browser(), world.login("hosted").await);
    let callback = confirmed(&world, &browser, &started).await;
    world.herald.logins().cancel(&world.acme(), started.login.terms.id).await.expect("cancelled");
    // Only the bound browser can have it consumed.
    assert_eq!(world.browser().get(&callback).await.status, 400);
    assert_eq!(world.requests(Provider::Antirius, Operation::Full), 0);
    for _ in 0..2 {
        let back = browser.get(&callback).await;
        let location = back.location().expect("a way back");
        assert!(location.ends_with("&error=login_failed") && !location.contains("code="), "{location}");
        assert_eq!(world.requests(Provider::Antirius, Operation::Full), 1);
    }
    assert_eq!(world.status(&started).await, LoginStatus::Cancelled);
}
