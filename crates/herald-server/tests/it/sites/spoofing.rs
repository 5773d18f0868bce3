//! Who may ask at all, and that nothing a client writes decides anything.

use super::proxy::{Asked, Dialect, sign_in};
use crate::{
    api::wire::{Answer, exchange},
    pages::world::{WIKI, World},
};

async fn raw(world: &World, head: &str) -> Answer {
    exchange(world.addr, format!("{head}Connection: close\r\n\r\n").as_bytes()).await
}

#[tokio::test]
async fn a_peer_that_is_no_trusted_proxy_is_refused_whatever_it_says() {
    let world = World::start_with(|text| text.replace("\"127.0.0.1\"", "\"10.0.0.1\"")).await;
    for dialect in Dialect::ALL {
        for lies in [
            &[][..],
            &[("X-Forwarded-For", "10.0.0.1"), ("Forwarded", "for=10.0.0.1"), ("X-Real-IP", "10.0.0.1")],
            &[("X_Forwarded_For", "10.0.0.1"), ("True-Client-IP", "10.0.0.1")],
        ] {
            let asked = lies.iter().fold(Asked::page(WIKI), |asked, (name, value)| asked.header(name, value));
            let answer = asked.ask(&world, dialect).await;
            assert_eq!(answer.problem(), (403, "untrusted_proxy".to_owned()), "{dialect:?} {lies:?}");
            assert!(answer.header("location").is_none() && answer.header("x-herald-login").is_none());
        }
    }
}

#[tokio::test]
async fn a_host_that_is_no_site_is_refused() {
    let world = World::start().await;
    let browser = world.browser();
    sign_in(&world, &browser, WIKI).await;
    let cookie = browser.cookies(&WIKI.parse().expect("an address"));
    for origin in [
        "https://login.example",
        "https://wiki.acme.example:8443",
        "http://wiki.acme.example",
        "https://wiki.acme.example.",
        "https://x.wiki.acme.example",
        "https://acme.example",
    ] {
        for dialect in Dialect::ALL {
            let answer = Asked::page(origin).header("Cookie", &cookie).ask(&world, dialect).await;
            assert_eq!(answer.problem(), (403, "untrusted_proxy".to_owned()), "{dialect:?} {origin}");
        }
    }
    // The same origin in another spelling is the same site.
    for origin in ["https://wiki.acme.example:443", "https://WIKI.acme.EXAMPLE"] {
        let head = format!(
            "GET /v1/forward-auth/nginx HTTP/1.1\r\nHost: h\r\nX-Original-Method: GET\r\nX-Original-URL: {origin}/\r\n"
        );
        assert_eq!(raw(&world, &format!("{head}Cookie: {cookie}\r\n")).await.status, 200, "{origin}");
    }
}

#[tokio::test]
async fn a_proxy_that_does_not_say_once_and_clearly_what_was_asked_for_is_refused() {
    let world = World::start().await;
    let nginx = "GET /v1/forward-auth/nginx HTTP/1.1\r\nHost: h\r\n";
    let traefik = "GET /v1/forward-auth/traefik HTTP/1.1\r\nHost: h\r\n";
    let url = "X-Original-URL: https://wiki.acme.example/\r\n";
    let method = "X-Original-Method: GET\r\n";
    let host = "X-Forwarded-Host: wiki.acme.example\r\n";
    let rest = "X-Forwarded-Method: GET\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Uri: /\r\n";
    for (head, expected) in [
        (format!("{nginx}{method}{url}"), 401),
        (format!("{traefik}{rest}{host}"), 401),
        (format!("{nginx}{method}"), 403),
        (format!("{nginx}{url}"), 403),
        (format!("{nginx}{method}{url}{url}"), 403),
        (format!("{nginx}{method}{method}{url}"), 403),
        (format!("{nginx}{method}X-Original-URL: /\r\n"), 403),
        (format!("{nginx}{method}X-Original-URL: https://wiki.acme.example@evil.example/\r\n"), 403),
        (format!("{nginx}{method}X-Original-URL: https://evil.example\\@wiki.acme.example/\r\n"), 403),
        // One proxy's headers are nothing in another's dialect.
        (format!("{nginx}{rest}{host}"), 403),
        (format!("{traefik}{method}{url}"), 403),
        (format!("{traefik}{rest}"), 403),
        (format!("{traefik}{rest}{host}{host}"), 403),
        (format!("{traefik}{rest}X-Forwarded-Host: evil.example, wiki.acme.example\r\n"), 403),
        (format!("{traefik}{rest}Forwarded: host=wiki.acme.example;proto=https\r\n"), 403),
        (format!("{traefik}{rest}X_Forwarded_Host: wiki.acme.example\r\n"), 403),
        (format!("{traefik}{}{host}", rest.replace("https", "https,http")), 403),
        ("GET /v1/forward-auth/envoy HTTP/1.1\r\nHost: wiki.acme.example\r\n".to_owned(), 403),
        ("GET /v1/forward-auth/envoy/ HTTP/1.1\r\nHost: evil.example\r\n".to_owned(), 403),
        (format!("GET /v1/forward-auth/envoy/ HTTP/1.1\r\nHost: evil.example\r\n{host}"), 403),
    ] {
        let answer = raw(&world, &head).await;
        assert_eq!(answer.status, expected, "{head}");
        if expected == 403 {
            assert_eq!(answer.problem().1, "untrusted_proxy", "{head}");
        }
    }
}

#[tokio::test]
async fn no_path_no_query_and_no_browser_is_let_through() {
    let world = World::start().await;
    for path in [
        "/public/../admin",
        "/public/..%2fadmin",
        "/%70ublic",
        "/public%23x",
        "/a?next=/public",
        "/a?x=/.herald/start",
        "/.herald",
        "/.herald/start",
        "/.herald/login/../../admin",
        "/health",
        "/favicon.ico",
        "/robots.txt",
        "//evil.example",
    ] {
        for agent in ["kube-probe/1.30", "ELB-HealthChecker/2.0", "GoogleHC/1.0"] {
            for (dialect, first) in [
                (
                    Dialect::Nginx,
                    format!(
                        "GET /v1/forward-auth/nginx HTTP/1.1\r\nHost: h\r\nX-Original-Method: GET\r\nX-Original-URL: {WIKI}{path}\r\n"
                    ),
                ),
                (
                    Dialect::Traefik,
                    format!(
                        "GET /v1/forward-auth/traefik HTTP/1.1\r\nHost: h\r\nX-Forwarded-Method: GET\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Host: wiki.acme.example\r\nX-Forwarded-Uri: {path}\r\n"
                    ),
                ),
                (
                    Dialect::Envoy,
                    format!("GET /v1/forward-auth/envoy{path} HTTP/1.1\r\nHost: wiki.acme.example\r\n"),
                ),
            ] {
                let answer = raw(&world, &format!("{first}User-Agent: {agent}\r\n")).await;
                assert_eq!(answer.status, 401, "{dialect:?} {path} {agent}");
            }
        }
    }
}

#[tokio::test]
async fn what_a_client_says_of_its_request_beside_the_proxy_decides_nothing() {
    let world = World::start().await;
    let lies = [
        ("X_Original_URL", "https://wiki.globex.example/"),
        ("X_Forwarded_Uri", "/public"),
        ("X-Rewrite-URL", "/public"),
        ("X-HTTP-Method-Override", "OPTIONS"),
        ("X-Herald-Subject", "sub_00000000000000000000000000"),
        ("X_Herald_Identity", "eyJ"),
        ("Connection", "x-herald-subject, cookie"),
        ("Forwarded", "host=wiki.globex.example"),
    ];
    for dialect in Dialect::ALL {
        let asked = lies.iter().fold(Asked::page(WIKI), |asked, (name, value)| asked.header(name, value));
        let answer = asked.ask(&world, dialect).await;
        let place = if dialect == Dialect::Nginx { "x-herald-login" } else { "location" };
        assert_eq!(answer.header(place), Some("https://wiki.acme.example/.herald/start?rd=/"), "{dialect:?}");
    }
}
