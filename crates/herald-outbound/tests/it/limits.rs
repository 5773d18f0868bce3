//! What a client refuses to send, to read, and to do at once.

use std::{sync::Arc, time::Duration};

use herald_core::error::{ErrorKind, Retry};
use herald_outbound::{Client, ClientConfig, Lane, Method, Reach};
use secrecy::SecretString;
use tokio::sync::Semaphore;

use crate::peer::{Act, Called as _, Peer, answer, flood, json};

#[tokio::test]
async fn a_body_over_the_cap_is_not_read() {
    let announced = b"HTTP/1.1 200 OK\r\ncontent-length: 1073741824\r\n\r\n".to_vec();
    let endless = b"HTTP/1.1 200 OK\r\n\r\n".to_vec();
    for act in [Act::SayAndHold(announced), flood(endless)] {
        let peer = Peer::start(act).await;
        let error = peer.client().one_shot("send", Method::Post, &["x"]).send().await.unwrap_err();
        assert_eq!((error.kind(), error.retry()), (ErrorKind::Protocol, Retry::OutcomeUnknown), "{error:?}");
    }
    let whole = Peer::start(answer("200 OK", "", &"x".repeat(256 * 1024))).await;
    let response = whole.client().repeatable("look", Method::Get, &["x"]).send().await.unwrap();
    assert_eq!(response.bytes().len(), 256 * 1024);
}

#[tokio::test]
async fn a_head_without_end_is_not_read() {
    let peer = Peer::start(flood(*b"HTTP/1.1 200 OK\r\nx-a: ")).await;
    let error = peer.client().one_shot("send", Method::Post, &["x"]).send().await.unwrap_err();
    assert_eq!((error.kind(), error.retry()), (ErrorKind::Unavailable, Retry::OutcomeUnknown), "{error:?}");
    let many = format!("HTTP/1.1 200 OK\r\n{}\r\n", "x-a: 1\r\n".repeat(10_000));
    let peer = Peer::start(Act::Say(many.into())).await;
    let error = peer.client().one_shot("send", Method::Post, &["x"]).send().await.unwrap_err();
    assert_eq!(error.retry(), Retry::OutcomeUnknown, "{error:?}");
}

#[tokio::test]
async fn who_finds_no_place_in_time_has_sent_nothing() {
    let peer = Peer::start(Act::SayAndHold(Vec::new())).await;
    let client =
        Client::open(ClientConfig { max_in_flight: 1, timeout: Duration::from_millis(400), ..peer.config() });
    let client = client.unwrap();
    let first = client.one_shot("send", Method::Post, &["first"]).timeout(Duration::from_secs(5));
    let first = tokio::spawn(first.send());
    peer.has_read(1).await;
    let error = client.one_shot("send", Method::Post, &["second"]).send().await.unwrap_err();
    assert_eq!((error.kind(), error.retry()), (ErrorKind::Timeout, Retry::After(Duration::from_secs(2))));
    assert_eq!(peer.requests().len(), 1);
    first.abort();
}

#[tokio::test]
async fn a_lane_of_its_own_does_not_wait_for_the_shared_one() {
    let peer = Peer::start(Act::SayAndHold(Vec::new())).await;
    let client = Client::open(ClientConfig { max_in_flight: 1, ..peer.config() }).unwrap();
    let first = tokio::spawn(client.repeatable("poll", Method::Get, &["first"]).send());
    peer.has_read(1).await;
    peer.now_does(json("{}"));
    let own = Arc::new(Semaphore::new(1));
    let held = Arc::clone(&own).try_acquire_owned().unwrap();
    client.one_shot("send", Method::Post, &["second"]).lane(Lane::Held(held)).send().await.unwrap();
    assert_eq!(own.available_permits(), 1, "the place is given back");
    client.one_shot("send", Method::Post, &["third"]).lane(Lane::Own(own)).send().await.unwrap();
    first.abort();
}

#[tokio::test]
async fn a_path_is_made_of_segments_that_stay_what_they_are() {
    let peer = Peer::start(json("{}")).await;
    let request = peer.client().repeatable("look", Method::Get, &["a b", "c/../d", "%2e%2e", "é?x#y"]);
    request.query(&[("type", "status"), ("q", "a&b=c d")]).send().await.unwrap();
    let head = peer.requests()[0].lines().next().unwrap().to_owned();
    assert_eq!(
        head,
        "GET /base/a%20b/c%2F..%2Fd/%252e%252e/%C3%A9%3Fx%23y?type=status&q=a%26b%3Dc+d HTTP/1.1"
    );
    for bad in ["", ".", ".."] {
        let error = peer.client().one_shot("look", Method::Get, &["a", bad]).send().await.unwrap_err();
        assert_eq!((error.kind(), error.retry()), (ErrorKind::InvalidInput, Retry::Never));
    }
    assert_eq!(peer.requests().len(), 1);
}

#[tokio::test]
async fn a_header_cannot_be_broken_out_of() {
    let peer = Peer::start(json("{}")).await;
    for bad in ["a\r\nx-evil: 1", "a\nb", "a\0b", "a\u{7f}"] {
        let request = peer.client().one_shot("send", Method::Post, &["x"]).header("x-a", bad);
        let error = request.send().await.unwrap_err();
        assert_eq!((error.kind(), error.retry()), (ErrorKind::InvalidInput, Retry::Never), "{bad:?}");
    }
    assert_eq!(peer.connections(), 0);
}

#[tokio::test]
async fn secrets_arrive_and_never_show() {
    let peer = Peer::start(Act::ResetAfterRequest).await;
    let secret = SecretString::from("canary-1");
    let request = peer
        .client()
        .one_shot("send", Method::Post, &["canary-2"])
        .query(&[("q", "canary-3")])
        .secret_header("x-authorization", &secret)
        .bearer(&SecretString::from("canary-4"));
    let shown = format!("{request:?}");
    let error = request.send().await.unwrap_err();
    let shown = format!("{shown} {error} {error:?}");
    assert!(!shown.contains("canary"), "{shown}");
    let arrived = &peer.requests()[0];
    for canary in ["canary-1", "canary-2", "canary-3", "Bearer canary-4"] {
        assert!(arrived.contains(canary), "{arrived}");
    }
}

#[tokio::test]
async fn a_name_of_the_own_network_is_for_private_clients() {
    let canary = Peer::start(json("{}")).await;
    let mut base_url = canary.url();
    base_url.set_host(Some("localhost")).unwrap();
    let allowed =
        Client::open(ClientConfig { base_url: base_url.clone(), reach: Reach::Private, ..canary.config() });
    allowed.unwrap().repeatable("look", Method::Get, &["x"]).send().await.unwrap();
    assert_eq!(canary.connections(), 1);

    let public = "https://localhost/".parse().unwrap();
    assert!(
        Client::open(ClientConfig { base_url: public, reach: Reach::Public, ..canary.config() }).is_err()
    );
}

#[tokio::test]
async fn a_client_that_could_do_nothing_does_not_open() {
    let peer = Peer::start(json("{}")).await;
    assert!(Client::open(ClientConfig { max_in_flight: 0, ..peer.config() }).is_err());
    assert!(Client::open(ClientConfig { timeout: Duration::ZERO, ..peer.config() }).is_err());
    assert!(Client::open(ClientConfig { reach: Reach::Public, ..peer.config() }).is_err());
}
