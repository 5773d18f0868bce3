//! A whole login at Antirius: links and QR codes on the hosted page, live until the person confirms in a messenger.

use std::{pin::pin, time::Duration};

use futures_util::StreamExt as _;
use herald_core::login::LoginStatus;
use herald_sandbox::{Operation, Provider};

use super::{
    browser::Browser,
    world::{HERALD, Started, World, speaking},
};

/// Reads the login's live state until it says this status.
async fn listen_until(browser: &Browser, started: &Started, status: &str) {
    hear(browser, started, &format!("event: status\ndata: {{\"status\":\"{status}\"}}\n\n")).await;
}

/// Reads the login's live state until this is part of it.
async fn hear(browser: &Browser, started: &Started, wanted: &str) {
    let answer = browser.send("GET", &started.address("/events"), &[]).await;
    assert_eq!((answer.status, answer.header("content-type")), (200, Some("text/event-stream")));
    let mut heard = String::new();
    let mut pieces = pin!(answer.into_stream());
    let listening = async {
        while !heard.contains(wanted) {
            let piece = pieces.next().await.expect("the stream goes on").expect("a piece");
            heard.push_str(std::str::from_utf8(&piece).expect("text"));
        }
    };
    let in_time = tokio::time::timeout(Duration::from_secs(10), listening).await;
    assert!(in_time.is_ok(), "heard only {heard:?}");
}

#[tokio::test]
async fn a_person_confirms_in_a_messenger_and_the_page_sends_them_back() {
    let world = World::start().await;
    let (browser, started) = (world.browser(), world.login("antirius").await);
    let end = browser.follow(&started.address("")).await;
    let page = end.page();
    assert_eq!(page.status, 200);
    let position = |text: &str| page.body.find(text).unwrap_or_else(|| panic!("no {text} in {}", page.body));
    assert!(
        position("Open Telegram") < position("Open MAX") && position("Open MAX") < position("Open WhatsApp")
    );
    assert!(page.body.contains("https://t.me/") && page.body.contains("5:00"));
    // The tenant's name is text, whatever it contains.
    assert!(page.body.contains("Acme &#60;Shop&#62;") && !page.body.contains("<Shop>"));
    assert!(page.body.contains("<noscript><meta http-equiv=\"refresh\""));

    listen_until(&browser, &started, "pending").await;
    let control = world.sandbox.control();
    control.antirius().open("latest").expect("a session");
    world.until(&started, LoginStatus::Opened).await;
    assert!(browser.get(&started.address("")).await.body.contains("confirm in the messenger"));
    control.antirius().confirm("latest").expect("a session");
    world.until(&started, LoginStatus::Confirmed).await;
    listen_until(&browser, &started, "confirmed").await;

    let end = browser.follow(&started.address("")).await;
    world.claim(&started, end.query("code").as_deref()).await;
    assert_eq!(world.requests(Provider::Antirius, Operation::Full), 1);
}

#[tokio::test]
async fn a_caller_that_showed_the_links_itself_gets_its_code_by_the_hosted_page() {
    let world = World::start().await;
    let (browser, started) = (world.browser(), world.login("antirius").await);
    world.sandbox.control().antirius().confirm("latest").expect("a session");
    world.until(&started, LoginStatus::Confirmed).await;
    let end = browser.follow(&started.address("")).await;
    world.claim(&started, end.query("code").as_deref()).await;
    assert_eq!(world.browser().get(&started.address("")).await.status, 403);
}

#[tokio::test]
async fn live_state_is_for_the_bound_browser_only_and_ends_with_the_login() {
    let world = World::start().await;
    let (browser, started) = (world.browser(), world.login("antirius").await);
    assert_eq!(browser.get(&started.address("/events")).await.status, 404);
    browser.follow(&started.address("")).await;
    assert_eq!(world.browser().get(&started.address("/events")).await.status, 404, "B58");
    assert_eq!(browser.ask("HEAD", &started.address("/events"), &[]).await.status, 200);

    world.herald.logins().cancel(&world.acme(), started.login.terms.id).await.expect("cancelled");
    let page = browser.get(&started.address("/events")).await;
    assert_eq!(page.body, "event: status\ndata: {\"status\":\"cancelled\"}\n\n");
}

#[tokio::test]
async fn a_qr_code_needs_no_cookie_and_lives_as_long_as_its_login_waits() {
    let world = World::start().await;
    let started = world.login("antirius").await;
    let address = format!("{HERALD}/qr/{}-telegram.svg", started.login.terms.qr_token.expose());
    let page = world.browser().get(&address).await;
    assert_eq!(page.status, 200);
    for (name, value) in [
        ("content-type", "image/svg+xml"),
        ("cross-origin-resource-policy", "cross-origin"),
        ("x-content-type-options", "nosniff"),
        ("cache-control", "no-store"),
    ] {
        assert_eq!(page.header(name), Some(value), "{name}");
    }
    assert!(page.body.starts_with("<svg"));
    let head = world.browser().ask("HEAD", &address, &[]).await;
    assert_eq!((head.status, head.body.as_str()), (200, ""));

    for other in ["x", "aaaaaaaaaaaaaaaaaaaaaa-telegram.svg", "%00", &"a".repeat(10_000)] {
        assert_eq!(world.browser().get(&format!("{HERALD}/qr/{other}")).await.status, 404);
    }
    assert_eq!(world.browser().get(&address.replace("telegram", "icq")).await.status, 404);
    world.herald.logins().cancel(&world.acme(), started.login.terms.id).await.expect("cancelled");
    assert_eq!(world.browser().get(&address).await.status, 404);
}

#[tokio::test]
async fn the_way_back_from_a_messenger_binds_nobody() {
    let world = World::start().await;
    let (browser, started) = (world.browser(), world.login("antirius").await);
    let stranger = world.browser().get(&started.address("/back")).await;
    assert!(stranger.status == 200 && stranger.body.contains("Return to where you began"));
    assert!(stranger.header("set-cookie").is_none() && world.now(&started).await.browser.is_none());
    let unknown = format!("{HERALD}/login/log_00000000000000000000000000/back");
    assert_eq!(world.browser().get(&unknown).await.body, stranger.body);

    browser.follow(&started.address("")).await;
    let page = browser.get(&started.address("/back")).await;
    assert_eq!((page.status, page.location()), (303, Some(started.address("").as_str())));
}

#[tokio::test]
async fn the_page_speaks_the_persons_language() {
    let world = World::start().await;
    let started = world.login_with("antirius", speaking("ru")).await;
    let end = world.browser().follow(&started.address("")).await;
    assert!(end.page().body.contains("lang=\"ru\"") && end.page().body.contains("Вы входите в"));
    let mut browser = world.browser();
    browser.language = "de, ru;q=0.5";
    let end = browser.follow(&world.login("antirius").await.address("")).await;
    assert!(end.page().body.contains("lang=\"ru\""));
}
