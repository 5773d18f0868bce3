//! What lets somebody in at a site, and what does not.

use std::sync::Arc;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use herald_app::EndWhich;
use herald_core::{clock::SystemEntropy, id::SessionId, seal::Keyring, session::SiteSecret, store::Store};
use herald_store_embedded::EmbeddedStore;
use herald_testkit::fake_clock::FakeClock;
use zeroize::Zeroizing;

use super::{
    forger::Forger,
    proxy::{Asked, Dialect, access_token, at_antara, sign_in},
};
use crate::{
    api::wire::PATIENCE,
    pages::world::{DESK, FOREIGN, PLAIN, STAFF, WIKI, World},
};

const NAME: &str = "__Host-herald_session";

/// The cookie's value that the browser has for the wiki.
async fn cookie_value(world: &World) -> String {
    let browser = world.browser();
    sign_in(world, &browser, WIKI).await;
    let cookies = browser.cookies(&WIKI.parse().expect("an address"));
    let found =
        cookies.split("; ").find_map(|pair| pair.strip_prefix(&format!("{NAME}=")).map(str::to_owned));
    found.unwrap_or_else(|| panic!("no session cookie in {cookies}"))
}

#[tokio::test]
async fn a_cookie_counts_once_under_its_own_name_and_in_one_piece() {
    let world = World::start().await;
    let value = cookie_value(&world).await;
    let good = format!("{NAME}={value}");
    let many = (0..60).map(|n| format!("a{n}=b")).collect::<Vec<_>>().join("; ") + "; ";
    let long = format!("x={}; ", "y".repeat(8192));
    for (cookie, expected) in [
        (good.clone().into_bytes(), 200),
        (format!("{many}{good}").into_bytes(), 200),
        (format!("{long}{good}").into_bytes(), 200),
        ([b"theme=\xff\xfe; ", good.as_bytes()].concat(), 200),
        (format!("{good}; {good}").into_bytes(), 401),
        (format!("{good}; {NAME}=").into_bytes(), 401),
        (format!("{NAME}=hss_x; {good}").into_bytes(), 401),
        (format!("herald_session={value}").into_bytes(), 401),
        (format!("__host-herald_session={value}").into_bytes(), 401),
        (format!("{NAME}={}", &value[..value.len() - 1]).into_bytes(), 401),
        (format!("{NAME}={value}A").into_bytes(), 401),
        (format!("{NAME}=\"{value}\"").into_bytes(), 401),
        (format!("{NAME}={}", value.to_lowercase()).into_bytes(), 401),
        (format!("{NAME}=").into_bytes(), 401),
        (format!("{NAME}={}", "h".repeat(8192)).into_bytes(), 401),
        ([NAME.as_bytes(), b"=hss_\xff"].concat(), 401),
        (b"\xff\xfe=; ;;=;".to_vec(), 401),
    ] {
        for dialect in Dialect::ALL {
            let answer = Asked::get(WIKI).header("Cookie", &cookie).ask(&world, dialect).await;
            assert_eq!(answer.status, expected, "{dialect:?} {}", cookie.escape_ascii());
        }
    }
    let two_headers = Asked::get(WIKI).header("Cookie", &good).header("Cookie", &good);
    assert_eq!(two_headers.status(&world).await, 401);
    let in_the_second = Asked::get(WIKI).header("Cookie", "a=b").header("Cookie", &good);
    assert_eq!(in_the_second.status(&world).await, 200);
}

#[tokio::test]
async fn a_session_opens_its_own_site_and_no_other() {
    let world = World::start().await;
    let value = cookie_value(&world).await;
    for (site, name) in [(DESK, NAME), (STAFF, NAME), (FOREIGN, NAME), (PLAIN, "herald_session")] {
        let asked = Asked::get(site).header("Cookie", format!("{name}={value}"));
        assert_eq!(asked.status(&world).await, 401, "{site}");
    }
    // Another session's id with this one's secret, and a secret of nobody's.
    let other = SiteSecret::generate(SessionId::from_u128(7), &SystemEntropy);
    let asked = Asked::get(WIKI).header("Cookie", format!("{NAME}={}", other.expose()));
    assert_eq!(asked.status(&world).await, 401);
}

#[tokio::test]
async fn over_plain_http_the_cookie_goes_without_prefix_and_secure() {
    let world = World::start().await;
    let browser = world.browser();
    let callback = at_antara(&world, &browser, PLAIN).await;
    let last = browser.get(&callback).await;
    let cookie = last.header("set-cookie").expect("a cookie");
    assert!(cookie.starts_with("herald_session=hss_") && !cookie.contains("Secure"), "{cookie}");
    assert_eq!(Asked::get(PLAIN).from(&browser).status(&world).await, 200);
}

#[tokio::test]
async fn a_bearer_token_of_the_sites_tenant_opens_it() {
    let world = World::start().await;
    let (antara, _) = access_token(&world, "antara").await;
    let (antirius, _) = access_token(&world, "antirius").await;
    for (site, token, expected) in [
        (WIKI, &antara, 200),
        (WIKI, &antirius, 200),
        // A site that names a connection takes only sessions of that provider account.
        (DESK, &antirius, 200),
        (DESK, &antara, 401),
        (STAFF, &antara, 401),
        (FOREIGN, &antara, 401),
    ] {
        for dialect in Dialect::ALL {
            let answer = Asked::get(site).bearer(token).ask(&world, dialect).await;
            assert_eq!(answer.status, expected, "{dialect:?} {site}");
        }
    }
    for bad in ["", "x", "eyJhbGciOiJub25lIn0.e30.", &"a".repeat(20_000)] {
        assert_eq!(Asked::get(WIKI).bearer(bad).status(&world).await, 401, "{}", bad.len());
    }
    for value in [
        format!("Basic {antara}"),
        antara.clone(),
        format!("Bearer {antara}, Bearer {antara}"),
        "Bearer".to_owned(),
    ] {
        assert_eq!(Asked::get(WIKI).header("Authorization", &value).status(&world).await, 401);
    }
    assert_eq!(Asked::get(WIKI).bearer(&antara).bearer(&antara).status(&world).await, 401);
    assert_eq!(
        Asked::get(WIKI).header("Authorization", format!("bearer {antara}")).status(&world).await,
        200
    );
    world.advance(601);
    assert_eq!(Asked::get(WIKI).bearer(&antara).status(&world).await, 401);
}

#[tokio::test]
async fn a_bearer_token_that_is_not_good_opens_nothing_whoever_signed_it() {
    let key = "IYsydP6wZuvDATXtgczymYavknC5tIc6Zrn/IM655yc=";
    let store: Arc<dyn Store> =
        Arc::new(EmbeddedStore::in_memory(Arc::new(FakeClock::default())).expect("a store in memory opens"));
    let sealing = format!("[store]\nencryption_keys = [\"{key}\"]\n");
    let world =
        World::start_on(Some(Arc::clone(&store)), |text| text.replacen("[store]\n", &sealing, 1)).await;
    let (good, _) = access_token(&world, "antara").await;
    let key = STANDARD.decode(key).expect("base64").try_into().expect("32 bytes");
    let keyring = Keyring::new(&[Zeroizing::new(key)]).expect("a key");
    let forger = Forger::of(&*store, &keyring, "acme", &good).await;
    for (row, token) in forger.bad() {
        for dialect in Dialect::ALL {
            let answer = Asked::get(WIKI).bearer(&token).ask(&world, dialect).await;
            assert_eq!(answer.problem(), (401, "unauthenticated".to_owned()), "{dialect:?} {row}: {token}");
            assert!(answer.header("x-herald-subject").is_none(), "{dialect:?} {row}");
        }
    }
    for good in [good, forger.unchanged()] {
        assert_eq!(Asked::get(WIKI).bearer(&good).status(&world).await, 200, "the others were not");
    }
}

#[tokio::test]
async fn a_good_cookie_goes_before_a_bearer_token_and_a_bad_one_behind_it() {
    let world = World::start().await;
    let browser = world.browser();
    sign_in(&world, &browser, WIKI).await;
    let (token, session) = access_token(&world, "antirius").await;
    let both = Asked::get(WIKI).from(&browser).bearer(&token).ask(&world, Dialect::Traefik).await;
    assert_ne!(both.header("x-herald-session"), Some(session.to_string().as_str()));
    assert_eq!(both.header("x-herald-provider"), Some("antara"));
    // An application's own token is none of our business.
    assert_eq!(Asked::get(WIKI).from(&browser).bearer("their-own").status(&world).await, 200);
    let bad = Asked::get(WIKI).header("Cookie", format!("{NAME}=hss_x")).bearer(&token);
    let answer = bad.ask(&world, Dialect::Traefik).await;
    assert_eq!(answer.header("x-herald-session"), Some(session.to_string().as_str()));
    // Of two cookies somebody else may have set one: whoever did that must not choose who it is.
    let two = Asked::get(WIKI).header("Cookie", format!("{NAME}=a; {NAME}=b")).bearer(&token);
    assert_eq!(two.status(&world).await, 401);
}

#[tokio::test]
async fn an_ended_session_is_refused_at_once_however_warm_the_caches() {
    let world = World::start().await;
    let browser = world.browser();
    sign_in(&world, &browser, WIKI).await;
    let (token, session) = access_token(&world, "antara").await;
    let (by_cookie, by_token) = (Asked::get(WIKI).from(&browser), Asked::get(WIKI).bearer(&token));
    for _ in 0..3 {
        assert_eq!((by_cookie.status(&world).await, by_token.status(&world).await), (200, 200));
    }
    let sessions = world.herald.sessions();
    assert!(sessions.end(&world.acme(), session).await.expect("the store"));
    assert_eq!((by_cookie.status(&world).await, by_token.status(&world).await), (200, 401));
    assert_eq!(sessions.end_all(&world.acme(), EndWhich::All).await.expect("the store"), 1);
    for dialect in Dialect::ALL {
        let answer = Asked::page(WIKI).from(&browser).ask(&world, dialect).await;
        assert!(matches!(answer.status, 302 | 401), "{dialect:?} {answer:?}");
    }
}

#[tokio::test]
async fn a_session_ends_when_it_is_not_used_and_lives_when_it_is() {
    let world = World::start_with(|text| {
        text.replace(
            "login = \"antara\"\n[tenants.acme.",
            "login = \"antara\"\nsessions = { idle_seconds = 600, absolute_seconds = 3000 }\n[tenants.acme.",
        )
    })
    .await;
    let browser = world.browser();
    sign_in(&world, &browser, WIKI).await;
    let asked = Asked::get(WIKI).from(&browser);
    for _ in 0..6 {
        let answer = asked.ask(&world, Dialect::Traefik).await;
        assert_eq!(answer.status, 200);
        until_its_use_is_noted(&world, answer.header("x-herald-session").expect("a session")).await;
        world.advance(500);
    }
    assert_eq!(asked.status(&world).await, 401);
    let other = world.browser();
    sign_in(&world, &other, WIKI).await;
    world.advance(601);
    assert_eq!(Asked::get(WIKI).from(&other).status(&world).await, 401);
}

/// Nobody waits for that but a test: the answer goes out before.
async fn until_its_use_is_noted(world: &World, session: &str) {
    let (tenant, id) = (world.acme(), SessionId::parse(session).expect("an id"));
    let noted = async {
        loop {
            let session =
                world.herald.sessions().get(&tenant, id).await.expect("the store").expect("the session");
            if session.last_used_at.as_second() == world.now_seconds() {
                return;
            }
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, noted).await.expect("noted in time");
}

#[tokio::test]
async fn on_an_authara_site_another_users_cookie_takes_access_away() {
    let world = World::start().await;
    let browser = world.browser();
    let users = world.sandbox.control().authara().users();
    let (first, second) = (&users[0].id, &users[1].id);
    let sign_in_there =
        |user: &str| world.sandbox.control().authara().sign_in(Some(user)).expect("a session");
    let signed_in = sign_in_there(first);
    for line in &signed_in.set_cookies {
        browser.plant("app.acme.example", line);
    }
    let start = Asked::page(&format!("{STAFF}/desk")).from(&browser).ask(&world, Dialect::Traefik).await;
    let end = browser.follow(start.header("location").expect("the login")).await;
    assert_eq!(end.url.as_str(), format!("{STAFF}/desk"));
    let asked = || Asked::get(STAFF).from(&browser);
    assert_eq!(asked().status(&world).await, 200);

    let other = sign_in_there(second);
    let theirs = other.set_cookies.iter().find(|line| line.starts_with("authara_access=")).expect("a cookie");
    browser.plant("app.acme.example", theirs);
    for dialect in Dialect::ALL {
        assert_eq!(asked().ask(&world, dialect).await.status, 401, "{dialect:?}");
    }
    for unclear in ["authara_access=x; Path=/", "authara_access=\u{ff}; Path=/"] {
        browser.plant("app.acme.example", unclear);
        assert_eq!(asked().status(&world).await, 401, "{unclear}");
    }
    // The first one again, and then none at all.
    let again =
        signed_in.set_cookies.iter().find(|line| line.starts_with("authara_access=")).expect("a cookie");
    browser.plant("app.acme.example", again);
    assert_eq!(asked().status(&world).await, 200);
    let cookies = browser.cookies(&STAFF.parse().expect("an address"));
    let own: Vec<&str> = cookies.split("; ").filter(|pair| pair.starts_with(NAME)).collect();
    assert_eq!(Asked::get(STAFF).header("Cookie", own.join("; ")).status(&world).await, 200);
    // Their cookies mean nothing on a site of another provider.
    let wiki = world.browser();
    sign_in(&world, &wiki, WIKI).await;
    wiki.plant("wiki.acme.example", theirs);
    assert_eq!(Asked::get(WIKI).from(&wiki).status(&world).await, 200);
}
