//! What each way to break means for a repeatable and for a one-shot request.

use std::time::Duration;

use herald_core::error::{ErrorKind, ProviderError, Retry};
use herald_outbound::{Client, Method, Response};
use serde_json::{Value, json};

use crate::peer::{Act, Called as _, Peer, answer, json as json_answer};

const AGAIN: Retry = Retry::After(Duration::from_secs(2));

async fn repeatable(client: &Client) -> Result<Response, ProviderError> {
    client.repeatable("look", Method::Get, &["thing"]).send().await
}

async fn one_shot(client: &Client) -> Result<Response, ProviderError> {
    client.one_shot("send", Method::Post, &["thing"]).json(&json!({ "text": "hi" })).send().await
}

/// Both kinds fail with `kind`; the repeatable one may go again, of the one-shot one nobody knows.
async fn is_unclear(client: &Client, kind: ErrorKind) {
    let error = repeatable(client).await.unwrap_err();
    assert_eq!((error.kind(), error.retry()), (kind, AGAIN), "{error:?}");
    let error = one_shot(client).await.unwrap_err();
    assert_eq!((error.kind(), error.retry()), (kind, Retry::OutcomeUnknown), "{error:?}");
}

/// Both kinds fail with `kind` and may go again.
async fn is_not_sent(client: &Client, kind: ErrorKind) {
    for error in [repeatable(client).await.unwrap_err(), one_shot(client).await.unwrap_err()] {
        assert_eq!((error.kind(), error.retry()), (kind, AGAIN), "{error:?}");
    }
}

#[tokio::test]
async fn a_whole_answer_is_read() {
    let peer = Peer::start(answer("200 OK", "x-name: one\r\nx-name: two\r\n", r#"{"a":1}"#)).await;
    let response = one_shot(&peer.client()).await.unwrap();
    assert!(response.is_success());
    assert_eq!(response.json::<Value>().unwrap(), json!({ "a": 1 }));
    assert_eq!(response.header("x-name"), Some("one"));
    let request = &peer.requests()[0];
    assert!(request.starts_with("POST /base/thing HTTP/1.1\r\n"), "{request}");
    assert!(request.contains("user-agent: herald/"), "{request}");
    assert!(request.ends_with(r#"{"text":"hi"}"#), "{request}");
}

#[tokio::test]
async fn a_refused_connection_has_sent_nothing() {
    let [closed] = herald_testkit::ports::free();
    let peer = Peer::start(json_answer("{}")).await;
    let mut config = peer.config();
    config.base_url.set_port(Some(closed)).unwrap();
    is_not_sent(&Client::open(config).unwrap(), ErrorKind::Unavailable).await;
}

#[tokio::test]
async fn an_unknown_name_has_sent_nothing() {
    let peer = Peer::start(json_answer("{}")).await;
    let mut config = peer.config();
    config.base_url.set_host(Some("no-such-host.invalid")).unwrap();
    is_not_sent(&Client::open(config).unwrap(), ErrorKind::Unavailable).await;
}

#[tokio::test]
async fn a_peer_that_does_not_speak_tls_has_been_sent_nothing() {
    let peer = Peer::start(Act::Greet(b"HTTP/1.1 400 Bad Request\r\n\r\n".to_vec())).await;
    let mut config = peer.config();
    config.base_url = peer.url().as_str().replace("http://", "https://").parse().unwrap();
    is_not_sent(&Client::open(config).unwrap(), ErrorKind::Unavailable).await;
}

#[tokio::test]
async fn a_connection_that_never_comes_about_has_sent_nothing() {
    // TLS that is never answered: connecting takes longer than its share of the total time.
    let peer = Peer::start(Act::SayAndHold(Vec::new())).await;
    let mut config = peer.config();
    config.base_url = peer.url().as_str().replace("http://", "https://").parse().unwrap();
    config.timeout = Duration::from_millis(300);
    is_not_sent(&Client::open(config).unwrap(), ErrorKind::Timeout).await;
}

#[tokio::test]
async fn a_reset_is_unclear() {
    let peer = Peer::start(Act::ResetAfterRequest).await;
    is_unclear(&peer.client(), ErrorKind::Unavailable).await;
    assert_eq!(peer.requests().len(), 2, "nothing is sent twice");
    peer.now_does(Act::ResetAtOnce);
    is_unclear(&peer.client(), ErrorKind::Unavailable).await;
}

#[tokio::test]
async fn a_silent_peer_is_unclear() {
    let peer = Peer::start(Act::SayAndHold(Vec::new())).await;
    is_unclear(&peer.impatient(), ErrorKind::Timeout).await;
}

#[tokio::test]
async fn a_half_answer_is_unclear() {
    let half = b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n{\"a\"".to_vec();
    let peer = Peer::start(Act::Say(half.clone())).await;
    is_unclear(&peer.client(), ErrorKind::Protocol).await;
    peer.now_does(Act::Say(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\n{\"a\"".to_vec()));
    is_unclear(&peer.client(), ErrorKind::Protocol).await;
    peer.now_does(Act::SayAndHold(half));
    is_unclear(&peer.impatient(), ErrorKind::Timeout).await;
    peer.now_does(Act::Say(b"HTTP/1.1 200 OK\r\ncontent-le".to_vec()));
    is_unclear(&peer.client(), ErrorKind::Unavailable).await;
}

#[tokio::test]
async fn a_slow_answer_ends_with_the_total_time() {
    let slow =
        b"HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n{\"a\":\"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
            .to_vec();
    let peer = Peer::start(Act::Drip(slow, Duration::from_millis(5))).await;
    is_unclear(&peer.impatient(), ErrorKind::Timeout).await;
}

#[tokio::test]
async fn what_is_no_http_is_unclear() {
    let peer = Peer::start(Act::Say(b"hello\r\n\r\n".to_vec())).await;
    is_unclear(&peer.client(), ErrorKind::Unavailable).await;
}

#[tokio::test]
async fn garbage_never_goes_again_and_of_a_one_shot_nobody_knows() {
    for garbage in ["", "<html>", "[]", r#"{"a":1,"a":2}"#, "{\"a\":\"\u{0}"] {
        let peer = Peer::start(json_answer(garbage)).await;
        let error = repeatable(&peer.client()).await.unwrap().json::<Value>().unwrap_err();
        assert_eq!((error.kind(), error.retry()), (ErrorKind::Protocol, Retry::Never), "{garbage}");
        let error = one_shot(&peer.client()).await.unwrap().json::<Value>().unwrap_err();
        assert_eq!((error.kind(), error.retry()), (ErrorKind::Protocol, Retry::OutcomeUnknown), "{garbage}");
    }
}

#[tokio::test]
async fn a_429_says_when() {
    for (header, seconds) in [
        ("retry-after: 2\r\n", 2),
        ("retry-after: 0\r\n", 1),
        ("retry-after: 1000000000\r\n", 3600),
        ("date: Sun, 06 Nov 1994 08:49:37 GMT\r\nretry-after: Sun, 06 Nov 1994 08:50:07 GMT\r\n", 30),
        ("retry-after: -1\r\n", 5),
        ("retry-after: soon\r\n", 5),
        ("", 5),
    ] {
        let peer = Peer::start(answer("429 Too Many Requests", header, "{}")).await;
        let error = one_shot(&peer.client()).await.unwrap().error();
        let expected = (ErrorKind::RateLimited, Retry::After(Duration::from_secs(seconds)));
        assert_eq!((error.kind(), error.retry()), expected, "{header}");
    }
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let canary = Peer::start(json_answer("{}")).await;
    for status in
        ["301 Moved", "302 Found", "303 See Other", "307 Temporary Redirect", "308 Permanent Redirect"]
    {
        let location = format!("location: {}\r\n", canary.url());
        let peer = Peer::start(answer(status, &location, "")).await;
        let error = one_shot(&peer.client()).await.unwrap().error();
        assert_eq!((error.kind(), error.retry()), (ErrorKind::Protocol, Retry::Never), "{status}");
    }
    assert_eq!(canary.connections(), 0);
}
