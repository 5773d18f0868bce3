//! Antirius: messages by phone.

use herald_outbound::forward::JsonAnswer;
use herald_sandbox::{Operation, Provider};
use serde_json::{Value, json};

use crate::antirius_login::begin;
use crate::client::World;

const PHONE: &str = "+79001234567";

async fn send(world: &World, scheme: &str, recipient: &str) -> JsonAnswer {
    let token = format!("{scheme} {}", world.sandbox.credentials().antirius.message_token);
    let body = json!({ "recipient": recipient, "message": "hello" });
    world.post("/api/v1/message/send", &body, &[("x-authorization", &token)]).await
}

#[tokio::test]
async fn only_people_who_logged_in_are_reachable_and_nothing_is_de_duplicated() {
    let world = World::only(Provider::Antirius).await;
    let unreachable = send(&world, "token", PHONE).await;
    assert_eq!((unreachable.status, &unreachable.body["success"]), (200, &json!(false)));
    let id = begin(&world).await;
    world.sandbox.control().antirius().confirm_as(&id, Some(PHONE), Some("max")).expect("pending");
    let first = send(&world, "token", PHONE).await.body;
    assert_eq!((&first["success"], &first["platform"]), (&json!(true), &json!("max")));
    assert!(
        first["sent_at"].is_string() && first["correlation_id"].as_str().is_some_and(|id| id.len() == 24)
    );
    let second = send(&world, "token", PHONE).await.body;
    assert_ne!(first["message_id"], second["message_id"]);
    let effects = world.sandbox.control().effects_of(Provider::Antirius, Operation::Send);
    assert_eq!(effects.len(), 2);
    assert_eq!((effects[0].recipient.as_str(), effects[0].body.as_deref()), (PHONE, Some("hello")));
}

#[tokio::test]
async fn a_send_is_refused_for_a_wrong_header_a_bad_phone_and_on_demand() {
    let world = World::only(Provider::Antirius).await;
    let antirius = world.sandbox.control().antirius();
    antirius.switch(|switches| switches.everyone_reachable = true);
    assert_eq!(send(&world, "Bearer", PHONE).await.status, 401);
    assert_eq!(send(&world, "token", "79001234567").await.status, 400);
    assert_eq!(send(&world, "token", PHONE).await.body["success"], true);
    antirius.switch(|switches| switches.refuse_sends = true);
    let refused = send(&world, "token", PHONE).await;
    assert_eq!((refused.status, &refused.body["success"]), (200, &json!(false)));
    antirius.switch(|switches| switches.failed_send_status = 422);
    let refused = send(&world, "token", PHONE).await;
    assert_eq!(refused.status, 422);
    assert_ne!(refused.body["error"], Value::Null);
}
