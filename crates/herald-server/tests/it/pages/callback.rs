//! Callbacks: consumed once, by the right browser, at the right address; and one answer to everything else.

use futures_util::future::join_all;
use herald_core::login::LoginStatus;
use herald_sandbox::{Decision, Operation, Provider};

use super::{
    browser::{Browser, Page},
    world::{HERALD, Started, World},
};

/// A callback that Antara sent a bound browser to, and that nobody loaded yet.
async fn unused(world: &World) -> (Browser, Started, String) {
    let (browser, started) = (world.browser(), world.login("antara").await);
    let callback = world.callback_of(&browser, &started, &Decision::default()).await;
    (browser, started, callback)
}

/// The answer that every callback gets which belongs to no login of this browser.
async fn refusal(world: &World) -> Page {
    without_date(world.browser().get(&format!("{HERALD}/callback/acme/antara")).await)
}

/// What has to be different in two answers, or may be.
fn without_date(mut page: Page) -> Page {
    page.headers.retain(|(name, _)| !matches!(name.as_str(), "date" | "x-request-id"));
    page
}

#[tokio::test]
async fn of_a_hundred_equal_callbacks_one_makes_the_exchange_and_all_get_its_code() {
    let world = World::start().await;
    let (browser, started, callback) = unused(&world).await;
    let pages = join_all((0..100).map(|_| browser.get(&callback))).await;
    let location = pages[0].location().expect("a way back").to_owned();
    assert!(location.contains("code=hcc_"), "{location}");
    for page in &pages {
        assert_eq!((page.status, page.location()), (303, Some(location.as_str())));
    }
    assert_eq!(world.requests(Provider::Antara, Operation::Token), 1, "B56");
    assert_eq!(world.status(&started).await, LoginStatus::Confirmed);
}

#[tokio::test]
async fn a_replayed_callback_gives_the_same_code_and_asks_nobody() {
    let world = World::start().await;
    let (browser, _, callback) = unused(&world).await;
    let first = browser.get(&callback).await;
    let again = browser.get(&callback).await;
    assert_eq!((first.status, first.location()), (again.status, again.location()), "B48 used");
    assert_eq!(world.requests(Provider::Antara, Operation::Token), 1);
    // For another browser it is nothing at all, before and after.
    assert_eq!(without_date(world.browser().get(&callback).await), refusal(&world).await);
}

#[tokio::test]
async fn what_belongs_to_no_login_of_this_browser_gets_one_answer_and_changes_nothing() {
    let world = World::start().await;
    let (browser, started, callback) = unused(&world).await;
    let expected = refusal(&world).await;
    assert_eq!(expected.status, 400);
    let (_, query) = callback.split_once('?').expect("a query");
    let state = query.split('&').find(|member| member.starts_with("state=")).expect("a state");
    let at = |path: &str, query: &str| format!("{HERALD}/callback/{path}?{query}");
    let long = format!("code=c&state={}", "a".repeat(10_000));
    for (row, path, query) in [
        ("B47 neither", "acme/antara", ""),
        ("B47 no state", "acme/antara", "code=c"),
        ("B47 empty state", "acme/antara", "code=c&state="),
        ("B48 unknown", "acme/antara", "code=c&state=AAAAAAAAAAAAAAAAAAAAAA"),
        ("B48 long", "acme/antara", &long),
        ("B48 another tenant's", "globex/antara", query),
        ("B48 another connection's", "acme/authara", query),
        ("B48 nobody's", "nobody/antara", query),
        ("B48 no tenant's name", "ACME/antara", query),
        ("B48 no connection's name", "acme/%00", query),
        ("B49 state", "acme/antara", &format!("{query}&{state}")),
        ("B49 code", "acme/antara", &format!("{query}&code=other")),
        ("B49 error", "acme/antara", &format!("error=access_denied&error=x&{state}")),
        ("B53 twice", "acme/antara", &format!("{query}&iss=a&iss=b")),
    ] {
        assert_eq!(without_date(browser.get(&at(path, query)).await), expected, "{row}");
    }
    for (row, stranger) in
        [("B55 no cookie", world.browser()), ("B55 another login's", unused(&world).await.0)]
    {
        assert_eq!(without_date(stranger.get(&callback).await), expected, "{row}");
    }
    assert_eq!(world.requests(Provider::Antara, Operation::Token), 0);
    assert_eq!(world.status(&started).await, LoginStatus::Opened);
    // And the true one still works.
    assert_eq!(browser.get(&callback).await.status, 303);
}

#[tokio::test]
async fn a_look_ahead_consumes_nothing() {
    let world = World::start().await;
    let (browser, started, callback) = unused(&world).await;
    let head = browser.ask("HEAD", &callback, &[]).await;
    assert_eq!((head.status, head.header("allow")), (405, Some("GET")), "B54 HEAD");
    assert_eq!(browser.ask("POST", &callback, &[]).await.status, 405, "B54 POST");
    assert_eq!(browser.ask("GET", &callback, &[("sec-purpose", "prefetch")]).await.status, 503);
    assert_eq!(world.status(&started).await, LoginStatus::Opened);
    assert_eq!(browser.get(&callback).await.status, 303);
}

#[tokio::test]
async fn nothing_that_came_back_is_repeated_on_a_page() {
    let world = World::start().await;
    let (browser, started, callback) = unused(&world).await;
    let (_, state) = callback.split_once("state=").expect("a state");
    let state = state.split('&').next().unwrap_or_default();
    let evil = "error=access_denied&error_description=%3Cscript%3Ealert(1)%3C/script%3E";
    let stranger = world.browser().get(&format!("{HERALD}/callback/acme/antara?{evil}&state={state}")).await;
    assert!(stranger.status == 400 && !stranger.body.contains("alert"), "B51 {}", stranger.body);
    let page = browser.get(&format!("{HERALD}/callback/acme/antara?{evil}&state={state}")).await;
    let location = page.location().expect("a way back");
    assert!(location.ends_with("&error=access_denied") && !location.contains("alert"), "B51 {location}");
    assert_eq!(world.status(&started).await, LoginStatus::Denied);
}
