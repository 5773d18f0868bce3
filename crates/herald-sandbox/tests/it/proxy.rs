//! Authara's origin as a tenant's proxy would be: `/herald/…` goes to Herald with the prefix stripped.

use std::collections::HashMap;
use std::time::Duration;

use futures_util::TryStreamExt as _;
use herald_outbound::forward::{Forwarder, Limits};
use herald_sandbox::SandboxConfig;
use serde_json::json;

use crate::client::{World, set_cookies};
use crate::upstream::{Upstream, json_answer};

async fn world(answers: HashMap<&'static str, String>) -> (World, Upstream) {
    let herald = Upstream::start(answers).await;
    let config = SandboxConfig { herald_url: Some(herald.url.clone()), ..SandboxConfig::default() };
    (World::start(config).await, herald)
}

#[tokio::test]
async fn redirects_and_cookies_pass_unchanged_and_the_prefix_is_stripped() {
    let answer = "HTTP/1.1 303 See Other\r\nlocation: https://app.example/auth/login?return_to=%2Fx\r\n\
                  set-cookie: a=1; Path=/\r\nset-cookie: b=2; Path=/herald\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
    let (world, herald) = world(HashMap::from([("GET /login/log_1/start", answer.to_owned())])).await;
    let headers = [("cookie", "authara_access=x"), ("x-forwarded-host", "evil.example")];
    let passed = world.get("/herald/login/log_1/start?bind=1&q=%2F", &headers).await;
    assert_eq!(
        (passed.status, passed.header("location")),
        (303, Some("https://app.example/auth/login?return_to=%2Fx"))
    );
    assert_eq!(set_cookies(&passed), ["a=1; Path=/", "b=2; Path=/herald"]);
    let asked = herald.asked().concat().to_ascii_lowercase();
    assert!(asked.starts_with("get /login/log_1/start?bind=1&q=%2f http/1.1"), "{asked}");
    let own_host = world.sandbox.base_url().trim_start_matches("http://").to_owned();
    for line in [
        "cookie: authara_access=x".to_owned(),
        format!("x-forwarded-host: {own_host}"),
        "x-forwarded-proto: http".to_owned(),
        "x-forwarded-for: 127.0.0.1".to_owned(),
        "x-forwarded-prefix: /herald".to_owned(),
    ] {
        assert!(asked.contains(&format!("\r\n{line}\r\n")), "{line} in {asked}");
    }
    assert!(!asked.contains("evil.example"));
}

#[tokio::test]
async fn bodies_and_errors_pass_both_ways() {
    let problem = json!({ "code": "validation_failed" });
    let (world, herald) = world(HashMap::from([("POST /v1/logins", json_answer(422, &problem))])).await;
    let answer = world.post("/herald/v1/logins", &json!({ "a": 1 }), &[]).await;
    assert_eq!((answer.status, &answer.body), (422, &problem));
    assert!(herald.asked().concat().ends_with(r#"{"a":1}"#));
}

#[tokio::test]
async fn an_event_stream_arrives_while_it_is_open() {
    let events = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\nevent: login\ndata: {}\n\n";
    let (world, _herald) = world(HashMap::from([("GET /login/log_1/events", events.to_owned())])).await;
    let forwarder = Forwarder::new(Limits::default()).expect("a client");
    let answer = forwarder.send(world.call("GET", "/herald/login/log_1/events", &[])).await.expect("a head");
    assert_eq!(answer.header("content-type"), Some("text/event-stream"));
    let mut pieces = std::pin::pin!(answer.into_stream());
    let first = tokio::time::timeout(Duration::from_secs(5), pieces.try_next()).await.expect("in time");
    assert_eq!(&*first.expect("no error").expect("a piece"), b"event: login\ndata: {}\n\n");
}

#[tokio::test]
async fn without_a_herald_the_proxy_says_so() {
    let world = World::start(SandboxConfig::default()).await;
    assert_eq!(world.text("/herald/livez", &[]).await.0, 502);
}
