//! Questions as proxies put them on the wire, by their documentation, whole.

use herald_sandbox::Decision;

use super::proxy::sign_in;
use crate::{
    api::wire::{Answer, exchange},
    pages::world::{WIKI, World},
};

/// The page that both ask about.
const PAGE: &str = "https://wiki.acme.example/orders/7?tab=items";

/// Traefik 3, `forwardAuth` with `trustForwardHeader` off, behind its TLS entry point: the client's headers, then its own.
/// <https://doc.traefik.io/traefik/middlewares/http/forwardauth/>, "Forward-Request Headers".
const TRAEFIK: &str = "GET /v1/forward-auth/traefik HTTP/1.1\r\n\
    Host: herald:8080\r\n\
    User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0\r\n\
    Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8\r\n\
    Accept-Encoding: gzip, deflate, br, zstd\r\n\
    Accept-Language: en-US,en;q=0.5\r\n\
    {cookie}\
    Sec-Fetch-Dest: document\r\n\
    Sec-Fetch-Mode: navigate\r\n\
    Sec-Fetch-Site: none\r\n\
    Sec-Fetch-User: ?1\r\n\
    Upgrade-Insecure-Requests: 1\r\n\
    X-Forwarded-For: 203.0.113.7\r\n\
    X-Forwarded-Host: wiki.acme.example\r\n\
    X-Forwarded-Method: {method}\r\n\
    X-Forwarded-Port: 443\r\n\
    X-Forwarded-Proto: https\r\n\
    X-Forwarded-Server: traefik-0\r\n\
    X-Forwarded-Uri: /orders/7?tab=items\r\n\
    X-Real-Ip: 203.0.113.7\r\n\
    X_herald_subject: spoofed\r\n\
    Connection: close\r\n\r\n";

/// Envoy, `ext_authz` with an `http_service` whose `path_prefix` is `/v1/forward-auth/envoy` and with the
/// `allowed_headers` of `deploy/proxies/envoy.yaml`; the rest is always sent.
/// <https://www.envoyproxy.io/docs/envoy/latest/api-v3/extensions/filters/http/ext_authz/v3/ext_authz.proto>,
/// "HttpService" and "AuthorizationRequest".
const ENVOY: &str = "{method} /v1/forward-auth/envoy/orders/7?tab=items HTTP/1.1\r\n\
    host: wiki.acme.example\r\n\
    content-length: 0\r\n\
    accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8\r\n\
    accept-language: en-US,en;q=0.5\r\n\
    {cookie}\
    sec-fetch-dest: document\r\n\
    sec-fetch-mode: navigate\r\n\
    sec-fetch-site: none\r\n\
    x-forwarded-proto: https\r\n\
    x.herald.subject: spoofed\r\n\
    x-envoy-internal: true\r\n\
    x-forwarded-for: 10.0.0.5\r\n\
    x-envoy-expected-rq-timeout-ms: 250\r\n\
    connection: close\r\n\r\n";

async fn ask(world: &World, shape: &str, method: &str, cookie: &str) -> Answer {
    let cookie = if cookie.is_empty() { String::new() } else { format!("Cookie: {cookie}\r\n") };
    let question = shape.replace("{method}", method).replace("{cookie}", &cookie);
    exchange(world.addr, question.as_bytes()).await
}

#[tokio::test]
async fn traefik_and_envoy_get_a_redirect_a_refusal_or_an_identity() {
    let world = World::start().await;
    let browser = world.browser();
    sign_in(&world, &browser, WIKI).await;
    let cookie = browser.cookies(&WIKI.parse().expect("an address"));
    for shape in [TRAEFIK, ENVOY] {
        let answer = ask(&world, shape, "GET", "").await;
        let login = "https://wiki.acme.example/.herald/start?rd=/orders/7%3Ftab%3Ditems";
        assert_eq!((answer.status, answer.header("location")), (302, Some(login)), "{shape}");
        let answer = ask(&world, shape, "POST", "").await;
        assert_eq!(answer.problem(), (401, "unauthenticated".to_owned()), "{shape}");
        for method in ["GET", "POST"] {
            let answer = ask(&world, shape, method, &cookie).await;
            assert_eq!(answer.status, 200, "{shape}");
            let subject = answer.header("x-herald-subject");
            assert!(subject.is_some_and(|subject| subject.starts_with("sub_")));
            // The spelling that came through is answered for, so that the proxy overwrites it.
            let spelling = if shape == TRAEFIK { "x_herald_subject" } else { "x.herald.subject" };
            assert_eq!(answer.header(spelling), subject, "{shape}");
            assert!(answer.header("x-herald-identity").is_some());
        }
        let sent_by_another = shape.replace("ite: none", "ite: cross-site");
        let answer = ask(&world, &sent_by_another, "POST", &cookie).await;
        assert_eq!(answer.problem(), (403, "cross_site_request".to_owned()), "{shape}");
    }
}

#[tokio::test]
async fn a_person_signs_in_behind_traefik_and_behind_envoy() {
    for shape in [TRAEFIK, ENVOY] {
        let world = World::start().await;
        let browser = world.browser();
        let answer = ask(&world, shape, "GET", "").await;
        let asked = browser.follow(answer.header("location").expect("the way to the login")).await;
        let antara = world.sandbox.control().antara();
        let callback = antara.authorize(asked.url.as_str(), &Decision::default());
        let end = browser.follow(callback.expect("a consent page").expect("a way back").as_str()).await;
        assert_eq!(end.url.as_str(), PAGE, "{shape}");
        let cookie = browser.cookies(&end.url);
        assert_eq!(ask(&world, shape, "GET", &cookie).await.status, 200, "{shape}");
        assert_eq!(ask(&world, shape, "GET", "").await.status, 302, "nobody else is signed in");
    }
}

/// A WebSocket begins with a GET, which its key tells from others; a page of another site must not open one.
#[tokio::test]
async fn a_web_socket_that_another_site_opens_is_refused_behind_traefik_and_behind_envoy() {
    let world = World::start().await;
    let browser = world.browser();
    sign_in(&world, &browser, WIKI).await;
    let cookie = browser.cookies(&WIKI.parse().expect("an address"));
    for shape in [TRAEFIK, ENVOY] {
        let key = "sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
        let socket = shape.replace("{cookie}", &format!("{{cookie}}{key}"));
        assert_eq!(ask(&world, &socket, "GET", &cookie).await.status, 200, "{shape}");
        let foreign = socket.replace("ite: none", "ite: cross-site");
        let answer = ask(&world, &foreign, "GET", &cookie).await;
        assert_eq!(answer.problem(), (403, "cross_site_request".to_owned()), "{shape}");
    }
}
