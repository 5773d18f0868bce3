//! Whose browser a login belongs to.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use herald_core::{id::encode_base32, login::LoginStatus, secret::Digest};
use herald_sandbox::{Operation, Provider};
use url::Url;

use super::world::{HERALD, World};

#[tokio::test]
async fn the_first_browser_that_keeps_our_cookie_is_bound() {
    let world = World::start().await;
    let (browser, started) = (world.browser(), world.login("antara").await);
    for page in ["", "/start"] {
        let first = world.browser().get(&started.address(page)).await;
        assert_eq!(
            (first.status, first.location()),
            (303, Some(format!("{}?bind=1", started.address(page)).as_str()))
        );
        let cookie = first.header("set-cookie").expect("a cookie");
        let name = format!("__Host-herald_login_{}_", encode_base32(started.login.terms.id.as_u128()));
        let rest = cookie.strip_prefix(&name).and_then(|rest| rest.split_once("=hlb_"));
        assert!(rest.is_some_and(|(mark, _)| mark.len() == 8), "{cookie}");
        // Antara's 600 s, 120 s to verify, 300 s to claim, 60 s of grace.
        assert!(cookie.ends_with("; Max-Age=1080; Path=/; HttpOnly; SameSite=Lax; Secure"), "{cookie}");
    }
    assert!(world.now(&started).await.browser.is_none());
    browser.follow(&started.address("/start")).await;
    assert!(world.now(&started).await.browser.is_some());
}

#[tokio::test]
async fn the_cookie_lasts_no_longer_than_anything_of_its_login_is_for_the_browser() {
    let world = World::start().await;
    let started = world.login("antirius").await;
    world.advance(100);
    let first = world.browser().get(&started.address("")).await;
    let cookie = first.header("set-cookie").expect("a cookie");
    assert!(cookie.contains("; Max-Age=680;"), "{cookie}");
}

#[tokio::test]
async fn of_two_tabs_that_come_at_once_neither_takes_the_login_from_the_other() {
    let world = World::start().await;
    let (browser, started) = (world.browser(), world.login("antirius").await);
    // Both answers are made before either cookie is there.
    let mut offers = vec![];
    for _ in 0..2 {
        let offer = world.browser().get(&started.address("")).await;
        offers.push(offer.header("set-cookie").expect("a cookie").to_owned());
    }
    let [first, second] = &offers[..] else { panic!("two") };
    let plant = |line: &str| browser.plant("login.example", line);
    plant(first);
    assert_eq!(browser.get(&started.address("?bind=1")).await.status, 200);
    plant(second);
    for page in ["?bind=1", ""] {
        assert_eq!(browser.get(&started.address(page)).await.status, 200, "{page}");
    }
    // What was only offered is worth nothing by itself.
    let stranger = world.browser();
    stranger.plant("login.example", second);
    assert_eq!(stranger.get(&started.address("")).await.status, 403);
}

#[tokio::test]
async fn over_plain_http_the_cookie_goes_without_prefix_and_secure() {
    let world = World::start().await;
    let (browser, started) = (world.browser(), world.login("plain").await);
    let first = browser.get(&started.address("")).await;
    let cookie = first.header("set-cookie").expect("a cookie");
    assert!(cookie.starts_with("herald_login_") && !cookie.contains("Secure"), "{cookie}");
    world.sign_in_at_antara(&browser, &started).await;
    assert_eq!(world.status(&started).await, LoginStatus::Confirmed);
}

#[tokio::test]
async fn another_browser_is_turned_away_with_its_cookies_or_without() {
    let world = World::start().await;
    let (browser, other) = (world.browser(), world.browser());
    let started = world.login("antara").await;
    other.get(&started.address("")).await;
    browser.follow(&started.address("/start")).await;
    for page in ["", "/start", "?bind=1", "/start?bind=1"] {
        for stranger in [&other, &world.browser()] {
            let answer = stranger.get(&started.address(page)).await;
            assert_eq!((answer.status, answer.header("set-cookie")), (403, None), "{page}");
            assert!(answer.body.contains("belongs to another browser"));
        }
    }
    // The one that was first goes on.
    assert!(browser.follow(&started.address("/start")).await.page.is_none());
}

#[tokio::test]
async fn a_browser_without_cookies_is_told_so_and_nobody_is_bound() {
    let world = World::start().await;
    let started = world.login("antara").await;
    let mut browser = world.browser();
    browser.keeps_cookies = false;
    for page in ["", "/start"] {
        let end = browser.follow(&started.address(page)).await;
        assert_eq!(end.page().status, 400);
        assert!(end.page().body.contains("Cookies are needed"), "{}", end.page().body);
        assert!(end.page().header("set-cookie").is_none());
        assert!(end.page().body.contains(&format!("href=\"{}\"", started.address(page))));
    }
    assert!(world.now(&started).await.browser.is_none());
}

#[tokio::test]
async fn a_cookie_that_comes_twice_binds_nobody() {
    let world = World::start().await;
    let (browser, started) = (world.browser(), world.login("antara").await);
    browser.get(&started.address("")).await;
    let url = Url::parse(&started.address("")).expect("an address");
    let name = browser.cookies(&url).split_once('=').expect("a cookie").0.to_owned();
    let second = format!("{name}=hlb_{}", "A".repeat(43));
    let answer = browser.ask("GET", url.as_str(), &[("cookie", &second)]).await;
    assert_eq!((answer.status, answer.header("set-cookie")), (400, None));
    assert!(world.now(&started).await.browser.is_none());
}

#[tokio::test]
async fn a_look_ahead_gets_neither_cookie_nor_binding_and_opens_nothing() {
    let world = World::start().await;
    let (browser, started) = (world.browser(), world.login("antara").await);
    for page in ["", "/start"] {
        let address = started.address(page);
        let head = browser.ask("HEAD", &address, &[]).await;
        assert_eq!((head.status, head.body.as_str(), head.header("set-cookie")), (200, "", None));
        for header in
            [("sec-purpose", "prefetch"), ("sec-purpose", "prefetch;prerender"), ("purpose", "prefetch")]
        {
            let answer = browser.ask("GET", &address, &[header]).await;
            assert_eq!((answer.status, answer.header("set-cookie")), (503, None));
        }
    }
    // Also when the browser holds a cookie that would bind it.
    browser.get(&started.address("")).await;
    browser.ask("GET", &started.address("/start"), &[("sec-purpose", "prefetch")]).await;
    browser.ask("HEAD", &started.address("/start"), &[]).await;
    let login = world.now(&started).await;
    assert!(login.browser.is_none() && login.opened_at.is_none());
}

#[tokio::test]
async fn what_a_page_loads_as_a_part_of_itself_gets_neither_cookie_nor_binding() {
    let world = World::start().await;
    let (browser, started) = (world.browser(), world.login("antara").await);
    let image = [("sec-fetch-mode", "no-cors"), ("sec-fetch-dest", "image"), ("sec-fetch-site", "same-site")];
    let frame =
        [("sec-fetch-mode", "navigate"), ("sec-fetch-dest", "iframe"), ("sec-fetch-site", "same-site")];
    for page in ["", "/start", "?bind=1", "/start?bind=1"] {
        for headers in [image, frame] {
            let answer = browser.ask("GET", &started.address(page), &headers).await;
            assert_eq!((answer.status, answer.header("set-cookie")), (503, None), "{page} {headers:?}");
        }
    }
    // Also when the browser holds a cookie that would bind it.
    browser.get(&started.address("")).await;
    browser.ask("GET", &started.address("/start"), &image).await;
    let login = world.now(&started).await;
    assert!(login.browser.is_none() && login.opened_at.is_none());
    let visit =
        [("sec-fetch-mode", "navigate"), ("sec-fetch-dest", "document"), ("sec-fetch-site", "cross-site")];
    assert_eq!(browser.ask("GET", &started.address("/start"), &visit).await.status, 303);
    assert!(world.now(&started).await.browser.is_some());
}

#[tokio::test]
async fn a_login_that_ended_before_anybody_came_shows_its_end_and_binds_nobody() {
    let world = World::start().await;
    let started = world.login("antara").await;
    world.herald.logins().cancel(&world.acme(), started.login.terms.id).await.expect("cancelled");
    let answer = world.browser().get(&started.address("")).await;
    assert_eq!((answer.status, answer.header("set-cookie")), (200, None));
    assert!(answer.body.contains("error=login_failed"), "{}", answer.body);
    assert!(world.now(&started).await.browser.is_none());
}

#[tokio::test]
async fn what_is_no_login_is_not_found() {
    let world = World::start().await;
    let started = world.login("antara").await;
    let id = started.login.terms.id.to_string();
    let long = "a".repeat(10_000);
    for other in
        ["log_00000000000000000000000000", "..%2fx", "%2e%2e%2fq", "%00", "%ff", &long, &id.to_uppercase()]
    {
        for page in ["", "/start", "/events"] {
            let answer = world.browser().get(&format!("{HERALD}/login/{other}{page}")).await;
            assert_eq!((answer.status, answer.header("set-cookie")), (404, None), "{other}{page}");
        }
    }
    assert_eq!(world.requests(Provider::Antara, Operation::Token), 0);
}

#[tokio::test]
async fn every_answer_is_closed_to_frames_caches_referrers_and_foreign_content() {
    let world = World::start().await;
    let (browser, started) = (world.browser(), world.login("antirius").await);
    let addresses = [
        started.address(""),
        started.address("?bind=1"),
        started.address("/back"),
        format!("{HERALD}/login/nobody"),
        format!("{HERALD}/callback/acme/antara"),
    ];
    for address in addresses {
        let answer = browser.get(&address).await;
        for (name, value) in [
            ("cache-control", "no-store"),
            ("referrer-policy", "no-referrer"),
            ("x-content-type-options", "nosniff"),
            ("x-frame-options", "DENY"),
        ] {
            assert_eq!(answer.header(name), Some(value), "{name} of {address}");
        }
        let policy = answer.header("content-security-policy").expect("a policy");
        assert!(policy.starts_with("default-src 'none'; style-src 'sha256-"), "{policy}");
        assert!(!policy.contains("unsafe") && policy.contains("frame-ancestors 'none'"), "{policy}");
    }
}

#[tokio::test]
async fn a_page_allows_its_own_style_and_script_and_no_other() {
    let world = World::start().await;
    let started = world.login("antirius").await;
    let end = world.browser().follow(&started.address("")).await;
    let policy = end.page().header("content-security-policy").expect("a policy");
    for (element, directive) in [("style", "style-src"), ("script", "script-src")] {
        let (open, close) = (format!("<{element}>"), format!("</{element}>"));
        let inside: Vec<&str> = end.page().body.split(&open).skip(1).collect();
        let [inside] = inside[..] else { panic!("not one {element}: {}", end.page().body) };
        let inside = inside.split(&close).next().unwrap_or_default();
        let digest = STANDARD.encode(Digest::of(inside).as_bytes());
        assert!(policy.contains(&format!("{directive} 'sha256-{digest}';")), "{policy}");
    }
    assert!(!end.page().body.contains("style=\"") && !end.page().body.contains("onclick"));
}

#[tokio::test]
async fn another_method_is_answered_with_those_there_are() {
    let world = World::start().await;
    let (browser, started) = (world.browser(), world.login("antara").await);
    for (address, allow) in [
        (started.address(""), "GET, HEAD"),
        (started.address("/start"), "GET, HEAD"),
        (format!("{HERALD}/callback/acme/antara"), "GET"),
    ] {
        let answer = browser.ask("POST", &address, &[]).await;
        assert_eq!((answer.status, answer.header("allow")), (405, Some(allow)), "{address}");
    }
}
