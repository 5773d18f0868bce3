//! Authara tells by itself what happened to its users.

use std::time::Duration;

use aws_lc_rs::hmac;
use herald_sandbox::{Provider, WebhookStatus};
use serde_json::json;

use crate::client::World;
use crate::receiver::{Posted, Receiver};

const IVAN: &str = "a8f7c1f5-5d2b-4a3a-91c5-1c87b6e19c41";

async fn told(receiver: &Receiver) -> World {
    let world = World::only(Provider::Authara).await;
    world.sandbox.control().authara().switch(|switches| switches.webhook_retry_ms = 1);
    let body = json!({ "url": receiver.url });
    assert_eq!(world.post("/control/authara/webhooks", &body, &[]).await.status, 200);
    world
}

fn is_signed(world: &World, posted: &Posted) -> bool {
    let secret = &world.sandbox.credentials().authara.webhook_secret;
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
    let mac = hmac::sign(&key, &posted.body);
    let hex = mac.as_ref().iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"));
    posted.header("x-authara-signature") == Some(&format!("sha256={hex}"))
}

#[tokio::test]
async fn a_deleted_user_is_told_with_the_measured_headers_and_bytes() {
    let mut receiver = Receiver::start(&[]).await;
    let world = told(&receiver).await;
    let signed_in = world.sandbox.control().authara().sign_in(Some(IVAN)).expect("a user");
    let answer = world.send("DELETE", &format!("/control/authara/users/{IVAN}"), &json!({})).await;
    assert_eq!(answer.status, 200);
    let posted = receiver.next().await;
    assert!(is_signed(&world, &posted));
    assert_eq!(posted.header("x-authara-event"), Some("user.deleted"));
    assert_eq!(posted.header("content-type"), Some("application/json"));
    let body = posted.json();
    let id = body["id"].as_str().expect("an id");
    assert_eq!(posted.header("x-authara-delivery"), Some(id));
    assert!(uuid::Uuid::parse_str(id).is_ok(), "a bare UUID: {id}");
    let created_at = body["created_at"].as_str().expect("a time");
    assert_eq!(created_at.split_once('.').map(|(_, fraction)| fraction.len()), Some("123456789Z".len()));
    let text = format!(
        r#"{{"id": "{id}", "data": {{"user_id": "{IVAN}"}}, "type": "user.deleted", "created_at": "{created_at}"}}"#
    );
    assert_eq!(String::from_utf8(posted.body.clone()).expect("UTF-8"), text);
    let user = world.get("/auth/api/v1/user", &[("cookie", &signed_in.cookie)]).await;
    assert_eq!(user.status, 401);
    assert!(world.sandbox.control().authara().sign_in(Some(IVAN)).is_err());
    let gone = world.send("DELETE", &format!("/control/authara/users/{IVAN}"), &json!({})).await;
    assert_eq!(gone.status, 404);
}

#[tokio::test]
async fn a_new_user_and_a_changed_one_are_told_too() {
    let mut receiver = Receiver::start(&[]).await;
    let world = told(&receiver).await;
    let user = world.post("/control/authara/users", &json!({ "email": "zoe@demo.example" }), &[]).await.body;
    let posted = receiver.next().await;
    assert_eq!(posted.header("x-authara-event"), Some("user.created"));
    assert_eq!(posted.json()["data"], json!({ "user_id": user["id"] }));
    assert!(world.sandbox.control().authara().sign_in(Some("zoe@demo.example")).is_ok());
    let again = world.post("/control/authara/users", &json!({ "email": "zoe@demo.example" }), &[]).await;
    assert_eq!(again.status, 409);
    let patch = json!({ "disabled": true, "username": "zoe.b" });
    assert_eq!(world.send("PATCH", "/control/authara/users/zoe@demo.example", &patch).await.status, 200);
    let posted = receiver.next().await;
    assert_eq!(posted.header("x-authara-event"), Some("user.updated"));
    assert_eq!(posted.json()["data"], json!({ "user_id": user["id"] }));
    let users = world.sandbox.control().authara().users();
    assert!(users.iter().any(|user| user.username == "zoe.b" && user.disabled));
}

#[tokio::test]
async fn three_tries_are_made_and_a_repeat_has_the_same_id_and_bytes() {
    let mut receiver = Receiver::start(&[429, 503]).await;
    let world = told(&receiver).await;
    let control = world.sandbox.control();
    control.authara().delete_user(IVAN).expect("a user");
    assert!(control.wait_for_webhooks("user.deleted", 1, Duration::from_secs(10)).await);
    let delivery = control.webhook_deliveries().remove(0);
    assert_eq!((delivery.status, delivery.attempts.len()), (WebhookStatus::Delivered, 3));
    let first = receiver.next().await;
    assert_eq!(
        (receiver.next().await.body, receiver.next().await.body),
        (first.body.clone(), first.body.clone())
    );
    let path = format!("/control/webhook-deliveries/{}/repeat", delivery.id);
    assert_eq!(world.post(&path, &json!({}), &[]).await.status, 200);
    let again = receiver.next().await;
    assert_eq!(again.header("x-authara-delivery"), first.header("x-authara-delivery"));
    assert_eq!((&again.body, is_signed(&world, &again)), (&first.body, true));
    assert_eq!(world.post("/control/webhook-deliveries/99/repeat", &json!({}), &[]).await.status, 404);
}

#[tokio::test]
async fn any_event_can_be_made_up_old_or_wrongly_signed() {
    let mut receiver = Receiver::start(&[]).await;
    let world = told(&receiver).await;
    let event = json!({
        "type": "organization.membership.created",
        "data": { "user_id": IVAN, "role": "member" },
        "id": "00000000-0000-4000-8000-000000000000",
        "created_at": "2020-01-01T00:00:00.000000001Z",
    });
    let answer = world.post("/control/authara/webhooks/send", &event, &[]).await;
    assert_eq!(answer.body["items"][0]["subject"], IVAN);
    let posted = receiver.next().await;
    assert!(is_signed(&world, &posted));
    assert_eq!(posted.json(), event);
    let event = json!({ "type": "user.deleted", "data": { "user_id": IVAN }, "signature": "sha256=00" });
    world.post("/control/authara/webhooks/send", &event, &[]).await;
    let posted = receiver.next().await;
    assert_eq!(posted.header("x-authara-signature"), Some("sha256=00"));
    assert!(!is_signed(&world, &posted));
    assert_eq!(world.post("/control/antirius/webhooks/send", &event, &[]).await.status, 400);
}
