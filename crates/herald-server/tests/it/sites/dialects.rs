//! Pages and everything else, signed in and not, in each dialect.

use super::proxy::{Asked, Dialect, sign_in};
use crate::pages::world::{PLAIN, WIKI, World};

const PAGE: &str = "https://wiki.acme.example/a/b?c=d&e=%2Ff";
const LOGIN: &str = "https://wiki.acme.example/.herald/start?rd=/a/b%3Fc%3Dd%26e%3D%252Ff";

#[tokio::test]
async fn who_opens_a_page_is_led_to_the_login_and_everybody_else_is_refused() {
    let world = World::start().await;
    let old_browser = |method| Asked::new(method, PAGE).header("Accept", "text/html");
    let script = Asked::get(PAGE).header("Accept", "*/*").header("Sec-Fetch-Mode", "cors");
    for dialect in Dialect::ALL {
        for (asked, is_page) in [
            (Asked::page(PAGE), true),
            (old_browser("GET"), true),
            (old_browser("HEAD"), true),
            (old_browser("POST"), false),
            (Asked::new("POST", PAGE).header("Sec-Fetch-Mode", "navigate"), false),
            (script.clone(), false),
            (Asked::get(PAGE).header("Sec-Fetch-Mode", "websocket"), false),
            (Asked::get(PAGE).header("Accept", "application/json"), false),
            (Asked::get(PAGE), false),
            (Asked::new("OPTIONS", PAGE).header("Accept", "text/html"), false),
        ] {
            let answer = asked.ask(&world, dialect).await;
            let shown = format!("{dialect:?} {asked:?} {answer:?}");
            assert_eq!(answer.header("cache-control"), Some("no-store"), "{shown}");
            if is_page && dialect != Dialect::Nginx {
                assert_eq!((answer.status, answer.header("location")), (302, Some(LOGIN)), "{shown}");
                continue;
            }
            assert_eq!(answer.problem(), (401, "unauthenticated".to_owned()), "{shown}");
            assert_eq!(answer.header("www-authenticate"), Some("Bearer"), "{shown}");
            assert_eq!(answer.header("location"), None, "{shown}");
            assert_eq!(answer.header("x-herald-login"), is_page.then_some(LOGIN), "{shown}");
        }
    }
}

#[tokio::test]
async fn who_is_signed_in_may_pass_with_any_method() {
    let world = World::start().await;
    let browser = world.browser();
    assert_eq!(sign_in(&world, &browser, PAGE).await, PAGE);
    for dialect in Dialect::ALL {
        for method in ["GET", "HEAD", "OPTIONS", "POST", "PUT", "DELETE", "PROPFIND"] {
            let answer = Asked::new(method, PAGE).from(&browser).ask(&world, dialect).await;
            assert_eq!(answer.status, 200, "{dialect:?} {method} {answer:?}");
            assert_eq!(answer.body, "");
            assert_eq!(answer.header("cache-control"), Some("no-store"));
        }
        assert_eq!(Asked::page(PAGE).from(&browser).ask(&world, dialect).await.status, 200);
    }
}

#[tokio::test]
async fn the_other_dialects_are_asked_with_get() {
    let world = World::start().await;
    for path in ["nginx", "traefik", "caddy"] {
        for method in ["POST", "PUT", "DELETE"] {
            let request = format!(
                "{method} /v1/forward-auth/{path} HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
            );
            let answer = crate::api::wire::exchange(world.addr, request.as_bytes()).await;
            assert_eq!((answer.status, answer.header("allow")), (405, Some("GET")), "{method} {path}");
        }
    }
    for path in
        ["/v1/forward-auth", "/v1/forward-auth/", "/v1/forward-auth/haproxy", "/v1/forward-auth/nginx/x"]
    {
        let request = format!("GET {path} HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
        assert_eq!(crate::api::wire::exchange(world.addr, request.as_bytes()).await.status, 404, "{path}");
    }
}

#[tokio::test]
async fn what_is_too_long_to_come_back_to_leads_to_the_front_page() {
    let world = World::start().await;
    let long = format!("{WIKI}/{}", "a".repeat(2048));
    let answer = Asked::page(&long).ask(&world, Dialect::Traefik).await;
    assert_eq!(answer.header("location"), Some("https://wiki.acme.example/.herald/start?rd=/"));
}

#[tokio::test]
async fn envoy_may_leave_the_scheme_out() {
    let world = World::start().await;
    for (site, host) in [(WIKI, "wiki.acme.example"), (PLAIN, "plain.acme.example")] {
        let request = format!(
            "GET /v1/forward-auth/envoy/x HTTP/1.1\r\nHost: {host}\r\nAccept: text/html\r\nConnection: close\r\n\r\n"
        );
        let answer = crate::api::wire::exchange(world.addr, request.as_bytes()).await;
        assert_eq!(
            (answer.status, answer.header("location")),
            (302, Some(&*format!("{site}/.herald/start?rd=/x")))
        );
    }
}

#[tokio::test]
async fn none_of_it_is_in_the_document_for_services() {
    let document = herald_server::openapi::document_json();
    for path in ["forward-auth", "\"/start\"", "/logout", "/signed-out"] {
        assert!(!document.contains(path), "{path}");
    }
}
