//! Signing out of a site.

use herald_sandbox::{Operation, Provider};

use super::proxy::{Asked, Dialect, own_page, sign_in};
use crate::pages::{
    browser::{Browser, Page},
    world::{HERALD, STAFF, WIKI, World},
};

const CLEARED: &str = "__Host-herald_session=; Max-Age=0; Path=/; HttpOnly; SameSite=Lax; Secure";

async fn log_out(browser: &Browser, origin: &str, headers: &[(&str, &str)]) -> Page {
    browser.ask("POST", &own_page(origin, "/logout"), headers).await
}

#[tokio::test]
async fn a_person_signs_out_and_every_copy_of_the_cookie_is_worthless() {
    let world = World::start().await;
    let browser = world.browser();
    sign_in(&world, &browser, WIKI).await;
    let copy = Asked::get(WIKI).from(&browser);
    assert_eq!(copy.status(&world).await, 200);
    let answer = log_out(&browser, WIKI, &[("sec-fetch-site", "same-origin")]).await;
    assert_eq!((answer.status, answer.location()), (303, Some(&*own_page(WIKI, "/signed-out"))));
    assert_eq!(answer.header("set-cookie"), Some(CLEARED));
    for dialect in Dialect::ALL {
        assert_eq!(copy.ask(&world, dialect).await.status, 401, "{dialect:?}");
    }
    let page = browser.get(&own_page(WIKI, "/signed-out")).await;
    assert_eq!(page.status, 200);
    assert!(page.body.contains("You are signed out"), "{}", page.body);
    assert!(page.body.contains(&format!("href=\"{}\"", own_page(WIKI, "/start?rd=/"))), "{}", page.body);
    let mut russian = world.browser();
    russian.language = "ru";
    assert!(russian.get(&own_page(WIKI, "/signed-out")).await.body.contains("Войти снова"));
    // Once more is no error.
    assert_eq!(log_out(&browser, WIKI, &[("origin", WIKI)]).await.status, 303);
}

#[tokio::test]
async fn only_the_sites_own_page_signs_anybody_out() {
    let world = World::start().await;
    let browser = world.browser();
    sign_in(&world, &browser, WIKI).await;
    for headers in [
        &[][..],
        &[("sec-fetch-site", "cross-site")],
        &[("sec-fetch-site", "same-site")],
        &[("sec-fetch-site", "none")],
        &[("sec-fetch-site", "cross-site"), ("origin", WIKI)],
        &[("origin", "https://evil.example")],
        &[("origin", "null")],
        &[("origin", "https://wiki.acme.example.evil.example")],
        &[("origin", "http://wiki.acme.example")],
        &[("referer", "https://wiki.acme.example/")],
    ] {
        let answer = log_out(&browser, WIKI, headers).await;
        assert_eq!((answer.status, answer.header("set-cookie")), (403, None), "{headers:?}");
        assert!(answer.body.contains("Another website asked to sign you out"), "{}", answer.body);
        assert_eq!(answer.header("x-frame-options"), Some("DENY"));
    }
    assert_eq!(Asked::get(WIKI).from(&browser).status(&world).await, 200);
    assert_eq!(log_out(&browser, WIKI, &[("origin", WIKI)]).await.status, 303);
    assert_eq!(Asked::get(WIKI).from(&browser).status(&world).await, 401);
}

#[tokio::test]
async fn a_session_of_another_site_is_not_ended_by_its_cookie() {
    let world = World::start().await;
    let (browser, other) = (world.browser(), world.browser());
    sign_in(&world, &browser, WIKI).await;
    let cookie = browser.cookies(&WIKI.parse().expect("an address"));
    let own = cookie.split("; ").find(|pair| pair.starts_with("__Host-herald_session=")).expect("a cookie");
    let answer = log_out(&other, STAFF, &[("sec-fetch-site", "same-origin"), ("cookie", own)]).await;
    assert_eq!(answer.status, 303);
    assert_eq!(Asked::get(WIKI).from(&browser).status(&world).await, 200);
    // Two of the name end neither.
    let twice = format!("{own}; {own}");
    let answer = log_out(&other, WIKI, &[("sec-fetch-site", "same-origin"), ("cookie", &twice)]).await;
    assert_eq!((answer.status, answer.header("set-cookie")), (303, Some(CLEARED)));
    assert_eq!(Asked::get(WIKI).from(&browser).status(&world).await, 200);
    assert_eq!(log_out(&other, HERALD, &[("sec-fetch-site", "same-origin")]).await.status, 404);
}

#[tokio::test]
async fn on_an_authara_site_the_providers_session_ends_too_and_its_cookies_come_unchanged() {
    let world = World::start().await;
    let browser = world.browser();
    let signed_in = world.sandbox.control().authara().sign_in(None).expect("a session");
    for line in &signed_in.set_cookies {
        browser.plant("app.acme.example", line);
    }
    let end = browser.follow(&own_page(STAFF, "/start?rd=/desk")).await;
    assert_eq!(end.url.as_str(), format!("{STAFF}/desk"));
    let answer = log_out(&browser, STAFF, &[("sec-fetch-site", "same-origin")]).await;
    assert_eq!(answer.status, 303);
    let lines: Vec<&str> = answer
        .headers
        .iter()
        .filter(|(name, _)| name == "set-cookie")
        .map(|(_, line)| line.as_str())
        .collect();
    assert_eq!(lines[0], CLEARED);
    assert!(lines.iter().any(|line| line.starts_with("authara_access=;")), "{lines:?}");
    assert!(lines.iter().any(|line| line.starts_with("authara_refresh=;")), "{lines:?}");
    assert_eq!(world.requests(Provider::Authara, Operation::Logout), 1);
    assert_eq!(Asked::get(STAFF).from(&browser).status(&world).await, 401);
}
