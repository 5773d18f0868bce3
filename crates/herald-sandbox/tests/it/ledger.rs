//! The ledger: every effect with its app, thousands of them at a glance, and the idempotency keys behind it.

use std::time::Duration;

use herald_sandbox::{Operation, Provider, RepeatedKey, SandboxConfig};
use serde_json::json;

use crate::antara_messages::{SLUG, app_token, send};
use crate::client::World;

const PHONE: &str = "+79001234567";

async fn send_antirius(world: &World, text: &str) {
    let token = format!("token {}", world.sandbox.credentials().antirius.message_token);
    let body = json!({ "recipient": PHONE, "message": text });
    let answer = world.post("/api/v1/message/send", &body, &[("x-authorization", &token)]).await;
    assert_eq!(answer.body["success"], true);
}

#[tokio::test]
async fn effects_are_counted_by_message_and_read_in_pieces() {
    let world = World::start(SandboxConfig::default()).await;
    let control = world.sandbox.control();
    control.antirius().make_reachable(PHONE, "telegram");
    for text in ["one", "two", "one"] {
        send_antirius(&world, text).await;
    }
    let token = app_token(&world).await;
    send(&world, &token, Some("k"), SLUG, "one").await;

    let summary = world.get("/control/ledger/summary?operation=send", &[]).await.body;
    assert_eq!((&summary["effects"], &summary["messages"]), (&json!(4), &json!(3)));
    let twice = world.get("/control/ledger/summary?operation=send&at_least=2", &[]).await.body;
    assert_eq!((&twice["effects"], twice["items"].as_array().map(Vec::len)), (&json!(4), Some(1)));
    let item = &twice["items"][0];
    assert_eq!((&item["recipient"], &item["body"]), (&json!(PHONE), &json!("one")));
    assert_eq!((&item["effects"], item["references"].as_array().map(Vec::len)), (&json!(2), Some(2)));
    let credentials = world.sandbox.credentials();
    assert_eq!(item["account"], credentials.antirius.app_id.as_str());
    let antara = control.summary_of(Provider::Antara, Operation::Send);
    assert_eq!(antara.items[0].account, credentials.antara.client_id);

    let page = world.get("/control/ledger?operation=send&after=1&limit=1", &[]).await.body;
    let items = page["items"].as_array().expect("a list");
    assert_eq!((items.len(), &items[0]["sequence"], &items[0]["body"]), (1, &json!(2), &json!("two")));
    world.send("DELETE", "/control/ledger", &json!({})).await;
    let summary = world.get("/control/ledger/summary", &[]).await.body;
    assert_eq!(summary, json!({ "effects": 0, "messages": 0, "items": [] }));
}

#[tokio::test]
async fn an_idempotency_key_is_remembered_for_a_day() {
    let world = World::only(Provider::Antara).await;
    let id = async || {
        let token = app_token(&world).await;
        send(&world, &token, Some("k"), SLUG, "hello").await.body["data"]["messageId"].clone()
    };
    let first = id().await;
    world.sandbox.control().advance(Duration::from_secs(86_399));
    assert_eq!(id().await, first);
    world.sandbox.control().advance(Duration::from_secs(1));
    assert_ne!(id().await, first);
    assert_eq!(world.sandbox.control().effects_of(Provider::Antara, Operation::Send).len(), 2);
}

#[tokio::test]
async fn a_repeated_key_is_answered_as_the_switch_says_and_has_no_second_effect() {
    let world = World::only(Provider::Antara).await;
    let token = app_token(&world).await;
    assert_eq!(send(&world, &token, Some("k"), SLUG, "hello").await.status, 202);
    for (repeated_key, status, code) in [
        (RepeatedKey::InProgress, 409, "REQUEST_IN_PROGRESS"),
        (RepeatedKey::Conflict, 409, "IDEMPOTENCY_CONFLICT"),
        (RepeatedKey::Unprocessable, 422, "IDEMPOTENCY_KEY_REUSED"),
    ] {
        world.sandbox.control().antara().switch(|switches| switches.repeated_key = repeated_key);
        let answer = send(&world, &token, Some("k"), SLUG, "hello").await;
        assert_eq!((answer.status, &answer.body["error"]["code"]), (status, &json!(code)));
    }
    assert_eq!(world.sandbox.control().effects_of(Provider::Antara, Operation::Send).len(), 1);
}

#[tokio::test]
async fn any_slug_takes_messages_when_everyone_is_reachable() {
    let world = World::only(Provider::Antara).await;
    let token = app_token(&world).await;
    assert_eq!(send(&world, &token, Some("a"), "nobody-000001", "hello").await.status, 404);
    let patch = json!({ "everyone_reachable": true });
    assert_eq!(world.send("PATCH", "/control/antara/switches", &patch).await.status, 200);
    assert_eq!(send(&world, &token, Some("b"), "nobody-000001", "hello").await.status, 202);
}
