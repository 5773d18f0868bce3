//! What holds behind any proxy that is set up like its example. `nginx.rs` and `caddy.rs` name each check as a test.

use reqwest::{Method, RequestBuilder, Response, StatusCode, header::LOCATION};
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::{Front, Kind, Seen};
use crate::{browser::Browser, token::read_token};

/// The cookie of a site that is reached over https.
const COOKIE: &str = "__Host-herald_session";

pub(crate) async fn a_person_signs_in_and_comes_back_to_the_very_page(
    kind: Kind,
    tenant: &str,
    claims: &[(&str, &str)],
) {
    let front = Front::start(kind, &[tenant]).await;
    let mut browser = front.browser();
    let page = "/orders/7?tab=a%20b&next=%2Fx%3Fy&q=%D1%8F";
    let shown = front.sign_in(&mut browser, tenant, page).await;
    assert_eq!(shown.url.as_str(), format!("{}{page}", front.origin(tenant)), "{}", shown.text);
    assert_eq!(shown.status, 200, "{}", shown.text);
    let seen = Seen::of(&shown.text);
    assert_eq!(seen.target(), page, "the application is asked for exactly this");

    let subject = one(&seen, "X-Herald-Subject");
    assert!(subject.starts_with("sub_"), "{subject}");
    for (name, value) in claims {
        assert_eq!(one(&seen, name), *value, "{name}");
    }
    let identity = one(&seen, "X-Herald-Identity");
    let (header, read) = read_token(&front.stack.url, tenant, front.origin(tenant), identity).await;
    assert_eq!(header.typ.as_deref(), Some("herald-identity+jwt"));
    assert_eq!((&read["sub"], &read["provider"]), (&json!(subject), &json!(tenant)), "{read}");
    let life = read["exp"].as_i64().unwrap() - read["iat"].as_i64().unwrap();
    assert!((1..=60).contains(&life), "{read}");

    // The session is one that the tenant's services see, and the way to the login is not taken again.
    let sessions = front
        .stack
        .caller(tenant)
        .call(Method::GET, &format!("/v1/sessions?subject={subject}"), &[], None)
        .await;
    assert_eq!(sessions.body["items"][0]["id"], read["sid"], "{:?}", sessions.body);
    let again = browser.go(&format!("{}/orders/8", front.origin(tenant)), "nowhere").await;
    assert_eq!((again.status, Seen::of(&again.text).target()), (200, "/orders/8"));
}

pub(crate) async fn what_a_client_says_of_itself_never_arrives(kind: Kind) {
    let front = Front::start(kind, &["antirius"]).await;
    let origin = front.origin("antirius");
    let mut browser = front.browser();
    let lies = |request: RequestBuilder| super::tricks::lies(request);

    let page = browser.send(Method::GET, &format!("{origin}/x"), |request| lies(as_page(request))).await;
    assert_eq!(page.status(), 302);
    let call = browser.send(Method::GET, &format!("{origin}/x"), lies).await;
    assert_eq!(call.status(), 401);
    assert_eq!(front.app.requests(), 0, "nothing of it reaches the application");

    front.sign_in(&mut browser, "antirius", "/x").await;
    let answer = browser.send(Method::GET, &format!("{origin}/x"), lies).await;
    assert_eq!(answer.status(), 200);
    let seen = Seen::of(&answer.text().await.unwrap());
    super::tricks::are_none_left(&seen);
    assert!(one(&seen, "X-Herald-Subject").starts_with("sub_"));
    assert_eq!(seen.header("X-Forwarded-Host"), [origin.trim_start_matches("https://")]);
    assert_eq!(seen.header("X-Forwarded-Proto"), ["https"]);
    assert_eq!(seen.header("X-Forwarded-For"), ["127.0.0.1"]);

    // A header that is said to be of this connection only would be dropped on the way.
    let hop = |request: RequestBuilder| {
        request.header("Connection", "keep-alive, X-Herald-Subject").header("X-Herald-Subject", "spoofed")
    };
    let mut old = front.http1_browser();
    old.take_cookies(&url::Url::parse(origin).unwrap(), &cookie_of(&browser, origin));
    let answer = old.send(Method::GET, &format!("{origin}/x"), hop).await;
    assert_eq!(answer.status(), 200);
    assert_eq!(
        one(&Seen::of(&answer.text().await.unwrap()), "X-Herald-Subject"),
        one(&seen, "X-Herald-Subject")
    );
}

pub(crate) async fn only_pages_are_sent_to_the_login(kind: Kind) {
    let front = Front::start(kind, &["antirius"]).await;
    let origin = front.origin("antirius");
    let mut browser = front.browser();
    let address = format!("{origin}/api/items?page=2");

    for navigates in [as_page as fn(RequestBuilder) -> RequestBuilder, |request| {
        request.header("Sec-Fetch-Mode", "navigate").header("Sec-Fetch-Dest", "document")
    }] {
        let answer = browser.send(Method::GET, &address, navigates).await;
        assert_eq!(answer.status(), 302);
        let to = format!("{origin}/.herald/start?rd=");
        let location = answer.headers()[LOCATION].to_str().unwrap();
        assert!(location.starts_with(&to), "{location}");
        let rd = url::Url::parse(location).unwrap();
        let rd = rd.query_pairs().find(|(name, _)| name == "rd").unwrap().1.into_owned();
        assert_eq!(rd, "/api/items?page=2");
        assert_eq!(answer.headers()["cache-control"], "no-store");
    }
    for (method, accept, mode) in [
        (Method::GET, "application/json", "cors"),
        (Method::POST, "text/html", "navigate"),
        (Method::DELETE, "*/*", "cors"),
    ] {
        let call = |request: RequestBuilder| {
            request
                .header("Accept", accept)
                .header("Sec-Fetch-Mode", mode)
                .header("Sec-Fetch-Site", "same-origin")
                .body("{}")
        };
        let answer = browser.send(method.clone(), &address, call).await;
        assert_eq!(answer.status(), 401, "{method}");
        assert!(answer.headers().get(LOCATION).is_none());
    }
    assert_eq!(front.app.requests(), 0);
}

pub(crate) async fn a_request_from_another_site_does_nothing_and_ones_own_arrive_whole(kind: Kind) {
    let front = Front::start(kind, &["antirius"]).await;
    let origin = front.origin("antirius");
    let mut browser = front.browser();
    front.sign_in(&mut browser, "antirius", "/x").await;
    let before = front.app.requests();
    for (name, value) in [
        ("Sec-Fetch-Site", "cross-site"),
        ("Sec-Fetch-Site", "same-site"),
        ("Origin", "https://evil.example"),
        ("Origin", "null"),
    ] {
        let foreign = |request: RequestBuilder| request.header(name, value).body("to=mallory");
        let answer = browser.send(Method::POST, &format!("{origin}/pay"), foreign).await;
        assert_eq!(answer.status(), 403, "{name}: {value}");
    }
    assert_eq!(front.app.requests(), before);

    let body = "to=alice&".repeat(10_000);
    let own = |request: RequestBuilder| request.header("Sec-Fetch-Site", "same-origin").body(body.clone());
    let answer = browser.send(Method::POST, &format!("{origin}/pay"), own).await;
    assert_eq!(answer.status(), 200);
    assert_eq!(Seen::of(&answer.text().await.unwrap()).body(), body, "the check takes nothing of the body");
}

pub(crate) async fn signing_out_closes_the_site_and_only_its_own_pages_may_ask_for_it(
    kind: Kind,
    tenant: &str,
) {
    let front = Front::start(kind, &[tenant]).await;
    let origin = front.origin(tenant);
    let mut browser = front.browser();
    let shown = front.sign_in(&mut browser, tenant, "/x").await;
    assert_eq!(shown.status, 200, "{}", shown.text);
    let logout = format!("{origin}/.herald/logout");
    let stolen = cookie_of(&browser, origin);

    for (name, value) in [("Sec-Fetch-Site", "cross-site"), ("Origin", "https://evil.example")] {
        let foreign = browser.send(Method::POST, &logout, |request| request.header(name, value)).await;
        assert_eq!(foreign.status(), 403, "{name}: {value}");
    }
    assert_ne!(browser.send(Method::GET, &logout, as_page).await.status(), 303, "only POST signs out");
    assert_eq!(open(&mut browser, &format!("{origin}/x")).await.status(), 200, "none of these signed out");

    let own = |request: RequestBuilder| request.header("Sec-Fetch-Site", "same-origin");
    let answer = browser.send(Method::POST, &logout, own).await;
    assert_eq!(answer.status(), 303);
    let to = answer.headers()[LOCATION].to_str().unwrap().to_owned();
    assert_eq!(to, format!("{origin}/.herald/signed-out"));
    assert_eq!(browser.cookie(origin, COOKIE), None, "the cookie is cleared");
    if tenant == "authara" {
        assert_eq!(browser.cookie(origin, "authara_access"), None, "Authara's session is over too");
        assert_eq!(browser.cookie(origin, "authara_refresh"), None, "Authara's session is over too");
    }
    assert_eq!(open(&mut browser, &to).await.status(), 200);

    // Whoever kept the cookie gets nothing for it.
    let mut thief = front.browser();
    thief.take_cookies(&url::Url::parse(origin).unwrap(), &stolen);
    for browser in [&mut browser, &mut thief] {
        let answer = open(browser, &format!("{origin}/x")).await;
        assert_eq!(answer.status(), 302);
        assert!(answer.headers()[LOCATION].to_str().unwrap().contains("/.herald/start?rd="));
    }
}

pub(crate) async fn an_ended_session_and_anothers_cookie_open_nothing(kind: Kind) {
    let front = Front::start(kind, &["antirius", "antara"]).await;
    let mut browser = front.browser();
    front.sign_in(&mut browser, "antirius", "/x").await;
    let mine = format!("{}/x", front.origin("antirius"));
    let theirs = format!("{}/x", front.origin("antara"));

    let foreign = url::Url::parse(&theirs).unwrap();
    browser.take_cookies(&foreign, &cookie_of(&browser, &mine));
    assert_eq!(open(&mut browser, &theirs).await.status(), 302, "it is the cookie of another site");
    let answer = open(&mut browser, &mine).await;
    assert_eq!(answer.status(), 200);

    // Who is signed in at one site asks the other's proxy, and names the first.
    let there = theirs.trim_start_matches("https://").trim_end_matches("/x");
    let before = front.app.requests();
    let cookie = format!("Cookie: {}", cookie_of(&browser, &mine));
    let here = mine.trim_start_matches("https://").trim_end_matches("/x");
    for target in ["/x", theirs.as_str()] {
        let status = front.foreign_host(there, here, target, &cookie);
        assert_eq!(front.app.requests(), before, "{target} reached the application ({status})");
    }

    let token = one(&Seen::of(&answer.text().await.unwrap()), "X-Herald-Identity").to_owned();
    let (_, claims) = read_token(&front.stack.url, "antirius", front.origin("antirius"), &token).await;
    let session = format!("/v1/sessions/{}", claims["sid"].as_str().unwrap());
    let ended = front.stack.caller("antirius").call(Method::DELETE, &session, &[], None).await;
    assert_eq!(ended.status, 204, "{:?}", ended.body);
    assert_eq!(open(&mut browser, &mine).await.status(), 302, "the very next request asks for a login");
}

pub(crate) async fn an_access_token_opens_the_site_of_its_tenant(kind: Kind) {
    let front = Front::start(kind, &["antirius", "antara"]).await;
    let done = front.stack.sign_in("antirius").await;
    let token = done.claim["session"]["access_token"].as_str().unwrap();
    let mut service = front.browser();
    let with_token = |request: RequestBuilder| request.bearer_auth(token);
    // A cookie travels by itself, a token does not: another site's page cannot send it.
    for method in [Method::GET, Method::POST] {
        let address = format!("{}/api", front.origin("antirius"));
        let answer = service.send(method, &address, with_token).await;
        assert_eq!(answer.status(), 200);
        let seen = Seen::of(&answer.text().await.unwrap());
        assert_eq!(json!(one(&seen, "X-Herald-Subject")), done.claim["subject"]);
    }
    let foreign = service.send(Method::GET, &format!("{}/api", front.origin("antara")), with_token).await;
    assert_eq!(foreign.status(), 401, "another tenant's site");
}

pub(crate) async fn a_web_socket_opens_for_whoever_is_signed_in(kind: Kind) {
    let front = Front::start(kind, &["antirius"]).await;
    let address = format!("{}/live", front.origin("antirius"));
    let mut browser = front.http1_browser();
    let upgrade = |site: &'static str| {
        move |request: RequestBuilder| {
            request
                .header("Connection", "Upgrade")
                .header("Upgrade", "websocket")
                .header("Sec-WebSocket-Version", "13")
                .header("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==")
                .header("Sec-Fetch-Mode", "websocket")
                .header("Sec-Fetch-Site", site)
        }
    };
    assert_eq!(browser.send(Method::GET, &address, upgrade("same-origin")).await.status(), 401);
    assert_eq!(front.app.requests(), 0);

    front.sign_in(&mut browser, "antirius", "/x").await;
    let before = front.app.requests();
    let foreign = browser.send(Method::GET, &address, upgrade("cross-site")).await;
    assert_eq!(foreign.status(), 403, "a web socket can do anything, whoever opens it");
    assert_eq!(front.app.requests(), before);
    let answer = browser.send(Method::GET, &address, upgrade("same-origin")).await;
    assert_eq!(answer.status(), StatusCode::SWITCHING_PROTOCOLS);
    let mut socket = answer.upgrade().await.expect("both sides switch");
    socket.write_all(b"hello").await.unwrap();
    let mut echo = [0; 5];
    socket.read_exact(&mut echo).await.unwrap();
    assert_eq!(&echo, b"hello");
}

/// Asks for a page as a browser without Sec-Fetch does.
pub(super) fn as_page(request: RequestBuilder) -> RequestBuilder {
    request.header("Accept", "text/html,application/xhtml+xml")
}

async fn open(browser: &mut Browser, address: &str) -> Response {
    browser.send(Method::GET, address, as_page).await
}

/// The one header of this name.
fn one<'a>(seen: &'a Seen, name: &str) -> &'a str {
    match seen.header(name)[..] {
        [value] => value,
        ref others => panic!("{name}: {others:?}"),
    }
}

fn cookie_of(browser: &Browser, url: &str) -> String {
    format!("{COOKIE}={}", browser.cookie(url, COOKIE).expect("signed in"))
}
