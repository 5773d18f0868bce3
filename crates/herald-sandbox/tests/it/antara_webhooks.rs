//! Antara tells by itself that a message was delivered.

use std::time::{Duration, Instant};

use aws_lc_rs::hmac;
use herald_outbound::forward::JsonAnswer;
use herald_sandbox::{
    DeliveryNotice, Fault, FaultEffect, Operation, Provider, SandboxConfig, SignatureEncoding, WebhookStatus,
};
use serde_json::json;

use crate::antara_messages::{SLUG, app_token, send};
use crate::client::World;
use crate::receiver::{CLOSE, Posted, Receiver};

const SOON: Duration = Duration::from_secs(10);
const DELIVERED: &str = "message.delivered";

async fn register(world: &World, url: &str, events: &[&str]) -> JsonAnswer {
    let bearer = format!("Bearer {}", app_token(world).await);
    let body = json!({ "url": url, "events": events });
    world.post("/app/v1/webhooks", &body, &[("authorization", &bearer)]).await
}

/// A sandbox that tells `receiver`, and the id of the message `hello` that it took.
async fn told(receiver: &Receiver, notice: DeliveryNotice) -> (World, String) {
    let world = World::only(Provider::Antara).await;
    world.sandbox.control().antara().switch(|switches| {
        switches.delivery_notice = notice;
        switches.webhook_retry_ms = 1;
    });
    assert_eq!(register(&world, receiver.url.as_str(), &[DELIVERED]).await.status, 201);
    let token = app_token(&world).await;
    let answer = send(&world, &token, Some("k-1"), SLUG, "hello").await;
    let id = answer.body["data"]["messageId"].as_str().expect("an id").to_owned();
    (world, id)
}

fn mac(world: &World, body: &[u8]) -> Vec<u8> {
    let secret = &world.sandbox.credentials().antara.webhook_secret;
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
    hmac::sign(&key, body).as_ref().to_vec()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
}

#[tokio::test]
async fn an_accepted_message_is_told_once_and_signed_over_its_raw_bytes() {
    let mut receiver = Receiver::start(&[]).await;
    let (world, id) = told(&receiver, DeliveryNotice::After).await;
    let token = app_token(&world).await;
    assert_eq!(send(&world, &token, Some("k-1"), SLUG, "hello").await.status, 202, "a repeat");
    assert!(world.sandbox.control().wait_for_webhooks(DELIVERED, 1, SOON).await);
    let posted = receiver.next().await;
    assert_eq!(posted.path, "/hooks/acme/main");
    let signature = format!("sha256={}", hex(&mac(&world, &posted.body)));
    assert_eq!(posted.header("x-antara-signature"), Some(signature.as_str()));
    let body = posted.json();
    assert_eq!((&body["event"], &body["data"]["messageId"]), (&json!(DELIVERED), &json!(id)));
    assert!(body["id"].as_str().is_some_and(|id| id.starts_with("evt_")));
    let deliveries = world.get("/control/webhook-deliveries?type=message.delivered", &[]).await.body;
    let items = deliveries["items"].as_array().expect("a list");
    assert_eq!(items.len(), 1, "one for each effect: {deliveries}");
    assert_eq!((&items[0]["subject"], &items[0]["status"]), (&json!(id), &json!("delivered")));
    assert_eq!(items[0]["attempts"][0]["response_status"], 204);
}

#[tokio::test]
async fn an_address_is_registered_once_with_known_events_by_the_app_itself() {
    let world = World::only(Provider::Antara).await;
    for (url, events) in [
        ("/relative", &[DELIVERED][..]),
        ("ftp://a.example/", &[DELIVERED]),
        ("https://user:pass@a.example/", &[DELIVERED]),
        ("https://a.example/#part", &[DELIVERED]),
        ("https://a.example/", &[]),
        ("https://a.example/", &[DELIVERED, "message.read"]),
    ] {
        let answer = register(&world, url, events).await;
        assert_eq!(answer.status, 400, "{url} {events:?}");
        assert_eq!(answer.body["error"]["code"], "INVALID_REQUEST");
    }
    let antara = world.sandbox.control().antara();
    let oit = antara.issue_identity_token(None, None, &["messages.send"]).expect("a user");
    let body = json!({ "url": "https://a.example/", "events": [DELIVERED] });
    for (bearer, status) in [("Bearer aat_nope", 401), (&format!("Bearer {oit}") as &str, 403)] {
        assert_eq!(world.post("/app/v1/webhooks", &body, &[("authorization", bearer)]).await.status, status);
    }
    assert!(world.sandbox.control().webhook_endpoints(Provider::Antara).is_empty());
    for _ in 0..2 {
        let answer = register(&world, "https://a.example/hooks", &[DELIVERED, "permission.changed"]).await;
        assert_eq!((answer.status, &answer.body["data"]["url"]), (201, &json!("https://a.example/hooks")));
    }
    assert_eq!(world.sandbox.control().webhook_endpoints(Provider::Antara).len(), 1);
    assert_eq!(world.sandbox.control().effects_of(Provider::Antara, Operation::RegisterWebhook).len(), 2);
}

#[tokio::test]
async fn header_encoding_and_id_are_what_the_switches_say() {
    use base64::Engine as _;
    let mut receiver = Receiver::start(&[]).await;
    let (world, id) = told(&receiver, DeliveryNotice::Never).await;
    let base64 = |bytes: &[u8]| base64::engine::general_purpose::STANDARD.encode(bytes);
    let control = world.sandbox.control();
    for (encoding, name, written) in [
        (
            SignatureEncoding::Hex,
            "hex",
            (|world, body| hex(&mac(world, body))) as fn(&World, &[u8]) -> String,
        ),
        (SignatureEncoding::Sha256Hex, "sha256=hex", |world, body| {
            format!("sha256={}", hex(&mac(world, body)))
        }),
    ] {
        let patch = json!({ "webhook_encoding": name, "webhook_header": "X-Hook-Signature" });
        assert_eq!(world.send("PATCH", "/control/antara/switches", &patch).await.status, 200);
        assert_eq!(control.antara().switches().webhook_encoding, encoding);
        control.antara().deliver(&id, 1, &json!({})).expect("a message");
        let posted = receiver.next().await;
        assert_eq!(posted.header("x-hook-signature"), Some(written(&world, &posted.body).as_str()));
    }
    for (encoding, prefix) in [(SignatureEncoding::Base64, ""), (SignatureEncoding::Sha256Base64, "sha256=")]
    {
        control.antara().switch(|switches| {
            switches.webhook_encoding = encoding;
            switches.webhook_has_id = false;
        });
        control.antara().deliver(&id, 1, &json!({})).expect("a message");
        let posted = receiver.next().await;
        let written = format!("{prefix}{}", base64(&mac(&world, &posted.body)));
        assert_eq!(posted.header("x-hook-signature"), Some(written.as_str()));
        assert_eq!(posted.json().get("id"), None);
    }
}

#[tokio::test]
async fn a_notice_can_overtake_the_answer_to_the_send() {
    let mut receiver = Receiver::start(&[]).await;
    let (world, id) = told(&receiver, DeliveryNotice::Before).await;
    let posted = receiver.arrived().expect("there before the answer");
    assert_eq!(posted.json()["data"]["messageId"], json!(id));
    let lost = Fault::new(Provider::Antara, Operation::Send, FaultEffect::Lost).times(1);
    world.sandbox.control().inject(lost);
    let bearer = format!("Bearer {}", app_token(&world).await);
    let headers = [("authorization", bearer.as_str()), ("idempotency-key", "k-2")];
    let call = world.call("POST", "/app/v1/messages", &headers);
    let call = call.json(&json!({ "slug": SLUG, "body": "no answer" }));
    assert!(world.try_send(call).await.is_err());
    assert!(receiver.arrived().is_some(), "delivered, though nobody knows the message's id");
}

#[tokio::test]
async fn a_notice_comes_late_or_twice_or_with_other_content() {
    let mut receiver = Receiver::start(&[]).await;
    let (world, first) = told(&receiver, DeliveryNotice::Never).await;
    let patch = json!({
        "delivery_notice": "after",
        "delivery_delay_ms": 80,
        "delivery_copies": 2,
        "delivery_patch": { "data": { "slug": null, "status": "read" } },
    });
    assert_eq!(world.send("PATCH", "/control/antara/switches", &patch).await.status, 200);
    let token = app_token(&world).await;
    let began = Instant::now();
    let answer = send(&world, &token, Some("k-2"), SLUG, "second").await;
    let (one, two) = (receiver.next().await, receiver.next().await);
    assert!(began.elapsed() >= Duration::from_millis(80));
    let signature = |posted: &Posted| posted.header("x-antara-signature").map(str::to_owned);
    assert_eq!((&one.body, signature(&one)), (&two.body, signature(&two)), "the same id and bytes");
    let data = one.json()["data"].clone();
    assert_eq!(data["messageId"], answer.body["data"]["messageId"]);
    assert_eq!((&data["status"], data.get("slug")), (&json!("read"), None));

    // The first message is the only one that was not told of.
    let answer = world.post("/control/antara/messages/all/deliver", &json!({}), &[]).await;
    let items = answer.body["items"].as_array().expect("a list");
    assert_eq!((items.len(), &items[0]["subject"]), (1, &json!(first)));
    assert_eq!(receiver.next().await.json()["data"]["messageId"], json!(first));
    let unknown = world.post("/control/antara/messages/msg_nope/deliver", &json!({}), &[]).await;
    assert_eq!(unknown.status, 404);
}

#[tokio::test]
async fn a_notice_is_tried_again_after_5xx_and_broken_connections_and_after_nothing_else() {
    for (script, status, attempts) in [
        (&[500, CLOSE][..], WebhookStatus::Delivered, 3),
        (&[503, 503, 429], WebhookStatus::Failed, 3),
        (&[401], WebhookStatus::Failed, 1),
        (&[302], WebhookStatus::Failed, 1),
    ] {
        let receiver = Receiver::start(script).await;
        let (world, _) = told(&receiver, DeliveryNotice::After).await;
        assert!(world.sandbox.control().wait_for_webhooks(DELIVERED, 1, SOON).await);
        let delivery = world.sandbox.control().webhook_deliveries().remove(0);
        assert_eq!((delivery.status, delivery.attempts.len()), (status, attempts), "{script:?}");
        assert!(
            delivery
                .attempts
                .iter()
                .all(|attempt| { attempt.response_status.is_some() != attempt.error.is_some() })
        );
    }
}

#[tokio::test]
async fn a_reset_keeps_the_configured_address_and_forgets_the_others() {
    let receiver = Receiver::start(&[]).await;
    let mut config = SandboxConfig::only(Provider::Antara);
    config.antara.webhook_url = Some(receiver.url.clone());
    let world = World::start(config).await;
    let body = json!({ "url": "https://a.example/", "events": [DELIVERED], "secret": "another-secret" });
    assert_eq!(world.post("/control/antara/webhooks", &body, &[]).await.status, 200);
    let listed = world.get("/control/antara/webhooks", &[]).await.body;
    assert_eq!(listed["items"].as_array().map(Vec::len), Some(2));
    assert!(!listed.to_string().contains("secret"));
    world.sandbox.control().reset();
    let listed = world.get("/control/antara/webhooks", &[]).await.body;
    assert_eq!(listed["items"][0]["url"], receiver.url.as_str());
    assert_eq!(listed["items"].as_array().map(Vec::len), Some(1));
    assert_eq!(world.send("DELETE", "/control/antara/webhooks", &json!({})).await.status, 204);
    assert!(world.sandbox.control().webhook_endpoints(Provider::Antara).is_empty());
    assert_eq!(world.post("/control/antirius/webhooks", &body, &[]).await.status, 400);
}
