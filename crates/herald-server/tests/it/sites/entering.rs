//! From a page that nobody may see yet, through the provider, back to that very page.

use herald_core::login::LoginStatus;
use herald_sandbox::{Decision, Operation, Provider};

use super::proxy::{Asked, Dialect, at_antara, own_page, sign_in};
use crate::pages::world::{DESK, FOREIGN, HERALD, STAFF, WIKI, World};

fn start(origin: &str, rd: &str) -> String {
    own_page(origin, &format!("/start?rd={rd}"))
}

#[tokio::test]
async fn a_person_signs_in_and_is_back_on_the_very_page() {
    let world = World::start().await;
    let browser = world.browser();
    let page = "https://wiki.acme.example/a%20b/c?d=e%26f&g=/h";
    let callback = at_antara(&world, &browser, page).await;
    assert!(callback.starts_with("https://wiki.acme.example/.herald/callback/acme/antara?"), "{callback}");
    let last = browser.get(&callback).await;
    assert_eq!((last.status, last.location()), (303, Some(page)));
    let cookie = last.header("set-cookie").expect("a cookie").to_owned();
    assert!(cookie.starts_with("__Host-herald_session=hss_"), "{cookie}");
    assert!(cookie.ends_with("; Max-Age=7776000; Path=/; HttpOnly; SameSite=Lax; Secure"), "{cookie}");
    assert_eq!(Asked::page(page).from(&browser).ask(&world, Dialect::Nginx).await.status, 200);

    // For a minute the bound browser gets the same again, and nobody else does.
    world.advance(59);
    let again = browser.get(&callback).await;
    assert_eq!(again.location(), last.location());
    let value = |line: &str| line.split(';').next().map(str::to_owned);
    assert_eq!(again.header("set-cookie").and_then(value), value(&cookie));
    let stranger = world.browser().get(&callback).await;
    assert_eq!((stranger.status, stranger.header("set-cookie")), (400, None));
    world.advance(1);
    let finished = browser.get(&callback).await;
    assert_eq!((finished.status, finished.header("set-cookie")), (200, None));
    assert!(
        finished.body.contains("This sign-in is finished")
            && finished.body.contains("href=\"https://wiki.acme.example/a%20b/c?")
    );
    assert_eq!(world.requests(Provider::Antara, Operation::Token), 1);
}

#[tokio::test]
async fn a_person_confirms_in_a_messenger_and_the_sites_own_page_lets_them_in() {
    let world = World::start().await;
    let browser = world.browser();
    let end = browser.follow(&start(DESK, "/orders")).await;
    let address = end.url.to_string();
    assert!(address.starts_with("https://desk.acme.example:8443/.herald/login/log_"), "{address}");
    let page = end.page();
    assert!(
        page.status == 200 && page.body.contains("https://desk.acme.example:8443/.herald/qr/"),
        "{}",
        page.body
    );
    world.sandbox.control().antirius().confirm("latest").expect("a session");
    let address = address.split('?').next().expect("an address").to_owned();
    let stranger = world.browser();
    world.until_at(&address, LoginStatus::Confirmed).await;
    assert_eq!(stranger.get(&address).await.status, 403);
    let last = browser.get(&address).await;
    assert_eq!((last.status, last.location()), (303, Some("https://desk.acme.example:8443/orders")));
    assert!(last.header("set-cookie").is_some_and(|line| line.starts_with("__Host-herald_session=hss_")));
    assert_eq!(Asked::get(DESK).from(&browser).status(&world).await, 200);
    // Its session is the site's alone.
    assert_eq!(stranger.get(&address).await.status, 403);
}

#[tokio::test]
async fn a_sites_login_has_no_code_and_cannot_be_claimed_by_anybody_else() {
    let world = World::start().await;
    let browser = world.browser();
    let end = sign_in(&world, &browser, &format!("{WIKI}/a")).await;
    assert_eq!(end, format!("{WIKI}/a"));
    assert!(!end.contains("code=") && !end.contains("login_id"));
}

#[tokio::test]
async fn what_a_page_loads_as_a_part_of_itself_begins_no_login() {
    let world = World::start().await;
    let browser = world.browser();
    for headers in [
        [("sec-fetch-mode", "no-cors"), ("sec-fetch-dest", "image"), ("sec-fetch-site", "same-site")],
        [("sec-fetch-mode", "cors"), ("sec-fetch-dest", "empty"), ("sec-fetch-site", "same-origin")],
        [("sec-fetch-mode", "navigate"), ("sec-fetch-dest", "iframe"), ("sec-fetch-site", "same-site")],
    ] {
        let answer = browser.ask("GET", &start(DESK, "/orders"), &headers).await;
        assert_eq!((answer.status, answer.location()), (503, None), "{headers:?}");
    }
    assert_eq!(world.requests(Provider::Antirius, Operation::Begin), 0);
    let visit =
        [("sec-fetch-mode", "navigate"), ("sec-fetch-dest", "document"), ("sec-fetch-site", "same-site")];
    assert_eq!(browser.ask("GET", &start(DESK, "/orders"), &visit).await.status, 303);
    assert_eq!(world.requests(Provider::Antirius, Operation::Begin), 1);
}

#[tokio::test]
async fn whatever_rd_says_a_person_ends_on_the_site() {
    let world = World::start().await;
    let long = format!("/{}", "a".repeat(2048));
    for (rd, expected) in [
        ("", "/"),
        ("/", "/"),
        ("/a?b=c%26d", "/a?b=c&d"),
        ("%2Fa%2Fb", "/a/b"),
        ("/a&rd=/b", "/"),
        ("//evil.example", "/"),
        ("/%2Fevil.example", "/"),
        ("/%5Cevil.example", "/"),
        ("%5C/evil.example", "/"),
        ("/%09/evil.example", "/"),
        ("/%0D%0ASet-Cookie:x=y", "/"),
        ("/a%20b", "/"),
        ("/a%23b", "/"),
        ("/..//evil.example", "/"),
        ("https://evil.example/", "/"),
        ("https://wiki.acme.example/a", "/"),
        ("javascript:alert(1)", "/"),
        ("evil.example", "/"),
        ("@evil.example", "/"),
        ("/.herald/logout", "/"),
        ("/x/../.herald/start", "/"),
        (&long, "/"),
    ] {
        let browser = world.browser();
        let end = browser.follow(&start(WIKI, rd)).await;
        let callback = world.sandbox.control().antara().authorize(end.url.as_str(), &Decision::default());
        let last = browser.get(callback.expect("a consent page").expect("a way back").as_str()).await;
        assert_eq!(last.location(), Some(&*format!("{WIKI}{expected}")), "{rd}");
    }
    let browser = world.browser();
    browser.follow(&own_page(WIKI, "/start")).await;
    assert_eq!(Asked::get(WIKI).from(&browser).status(&world).await, 401);
}

#[tokio::test]
async fn what_the_person_or_the_provider_refuses_leads_to_another_try_and_not_to_the_site() {
    let world = World::start().await;
    let browser = world.browser();
    let end = browser.follow(&start(WIKI, "/a?b=c")).await;
    let callback = world.sandbox.control().antara().authorize(end.url.as_str(), &Decision::Refuse);
    let page = browser.get(callback.expect("a consent page").expect("a way back").as_str()).await;
    assert_eq!((page.status, page.header("set-cookie")), (200, None));
    assert!(page.body.contains("Sign-in declined"), "{}", page.body);
    assert!(
        page.body.contains("href=\"https://wiki.acme.example/.herald/start?rd=/a%3Fb%3Dc\""),
        "{}",
        page.body
    );
}

#[tokio::test]
async fn a_look_ahead_begins_nothing() {
    let world = World::start().await;
    let browser = world.browser();
    let address = start(DESK, "/");
    let head = browser.ask("HEAD", &address, &[]).await;
    assert_eq!((head.status, head.location(), head.header("set-cookie")), (200, None, None));
    for header in
        [("sec-purpose", "prefetch"), ("sec-purpose", "prefetch;prerender"), ("purpose", "prefetch")]
    {
        let answer = browser.ask("GET", &address, &[header]).await;
        assert_eq!((answer.status, answer.location(), answer.header("set-cookie")), (503, None, None));
    }
    assert_eq!(world.sandbox.control().antirius().sessions().len(), 0);
    assert_eq!(browser.get(&address).await.status, 303);
    assert_eq!(world.sandbox.control().antirius().sessions().len(), 1);
}

#[tokio::test]
async fn who_signs_in_is_nobody_until_then() {
    let world = World::start().await;
    let browser = world.browser();
    sign_in(&world, &browser, WIKI).await;
    let before = browser.cookies(&WIKI.parse().expect("an address"));
    let answer = browser.get(&start(WIKI, "/")).await;
    assert_eq!(
        answer.header("set-cookie"),
        Some("__Host-herald_session=; Max-Age=0; Path=/; HttpOnly; SameSite=Lax; Secure")
    );
    let location = answer.location().expect("the login").to_owned();
    let end = browser.follow(&location).await;
    let callback = world.sandbox.control().antara().authorize(end.url.as_str(), &Decision::default());
    browser.get(callback.expect("a consent page").expect("a way back").as_str()).await;
    let after = browser.cookies(&WIKI.parse().expect("an address"));
    assert_ne!(before, after);
    assert_eq!(Asked::get(WIKI).from(&browser).status(&world).await, 200);
}

#[tokio::test]
async fn a_page_of_a_site_is_found_by_its_host_and_nowhere_else() {
    let world = World::start().await;
    for origin in [WIKI, DESK, STAFF, FOREIGN] {
        let answer = world.browser().get(&start(origin, "/")).await;
        let is_own =
            answer.location().is_some_and(|location| location.starts_with(&own_page(origin, "/login/log_")));
        assert!(answer.status == 303 && is_own, "{origin} {answer:?}");
    }
    for page in ["/start?rd=/", "/signed-out"] {
        let answer = world.browser().get(&format!("{HERALD}{page}")).await;
        assert_eq!(answer.status, 404, "{page}");
        assert!(answer.body.contains("There is nothing at this address"), "{}", answer.body);
    }
}

#[tokio::test]
async fn without_a_trusted_proxy_only_the_host_counts() {
    let world = World::start_with(|text| text.replace("\"127.0.0.1\"", "\"10.0.0.1\"")).await;
    for (head, expected) in [
        ("Host: wiki.acme.example\r\n", 303),
        ("Host: 127.0.0.1\r\nX-Forwarded-Host: wiki.acme.example\r\nX-Forwarded-Proto: https\r\n", 404),
        ("Host: wiki.globex.example\r\nX-Forwarded-Host: wiki.acme.example\r\n", 303),
    ] {
        let bytes = format!("GET /start?rd=/ HTTP/1.1\r\n{head}Connection: close\r\n\r\n");
        let answer = crate::api::wire::exchange(world.addr, bytes.as_bytes()).await;
        assert_eq!(answer.status, expected, "{head}");
        if let Some(location) = answer.header("location") {
            let host = head.trim_start_matches("Host: ").split("\r\n").next().expect("a host");
            assert!(location.starts_with(&format!("https://{host}/.herald/login/")), "{location}");
        }
    }
}

#[tokio::test]
async fn another_method_is_answered_with_those_there_are() {
    let world = World::start().await;
    let browser = world.browser();
    for (method, page, allow) in [
        ("POST", "/start", "GET, HEAD"),
        ("GET", "/logout", "POST"),
        ("HEAD", "/logout", "POST"),
        ("POST", "/signed-out", "GET, HEAD"),
    ] {
        let answer = browser.ask(method, &own_page(WIKI, page), &[]).await;
        assert_eq!((answer.status, answer.header("allow")), (405, Some(allow)), "{method} {page}");
    }
}
