//! Antara: the app's own token and messages by slug.

use std::time::Duration;

use herald_outbound::forward::JsonAnswer;
use herald_sandbox::{Operation, Provider};
use serde_json::json;

use crate::client::World;

pub(crate) const SLUG: &str = "xK9mNpQ2vRt7";

pub(crate) async fn app_token(world: &World) -> String {
    let key = &world.sandbox.credentials().antara.api_key;
    let answer = world.post("/auth/token/exchange", &json!({ "apiKey": key }), &[]).await;
    let data = answer.body.get("data").unwrap_or(&answer.body);
    data["accessToken"].as_str().expect("a token").to_owned()
}

pub(crate) async fn send(
    world: &World,
    token: &str,
    key: Option<&str>,
    slug: &str,
    body: &str,
) -> JsonAnswer {
    let bearer = format!("Bearer {token}");
    let mut headers = vec![("authorization", bearer.as_str())];
    headers.extend(key.map(|key| ("idempotency-key", key)));
    world.post("/app/v1/messages", &json!({ "slug": slug, "body": body }), &headers).await
}

#[tokio::test]
async fn an_api_key_becomes_a_short_lived_token_in_either_shape() {
    let world = World::only(Provider::Antara).await;
    let credentials = world.sandbox.credentials().antara.clone();
    let body = json!({ "apiKey": credentials.api_key });
    let answer = world.post("/auth/token/exchange", &body, &[]).await;
    let data = &answer.body["data"];
    assert_eq!((&data["sessionType"], &data["expiresIn"]), (&json!("app"), &json!(600)));
    assert_eq!(data["audience"], credentials.client_id.as_str());
    assert_eq!(data["app"]["appId"], credentials.client_id.as_str());
    world.sandbox.control().antara().switch(|switches| switches.bare_token_exchange = true);
    let answer = world.post("/auth/token/exchange", &body, &[]).await;
    assert!(answer.body["accessToken"].as_str().expect("a token").starts_with("aat_"));
    assert_eq!((&answer.body["expiresIn"], answer.body.get("data")), (&json!(300), None));
    assert_eq!(world.post("/auth/token/exchange", &json!({ "apiKey": "no" }), &[]).await.status, 401);

    let client = json!({ "client_id": credentials.client_id, "client_secret": credentials.api_key, "scopes": ["message"] });
    let answer = world.post("/auth/client-token", &client, &[]).await;
    assert_eq!(answer.body["data"]["scopes"], json!(["messages.send"]));
}

#[tokio::test]
async fn a_message_takes_effect_once_however_often_its_key_is_sent() {
    let world = World::only(Provider::Antara).await;
    let token = app_token(&world).await;
    let first = send(&world, &token, Some("k-1"), SLUG, "hello").await;
    assert_eq!((first.status, &first.body["data"]["status"]), (202, &json!("queued")));
    world.sandbox.control().antara().switch(|switches| switches.bare_messages = true);
    let again = send(&world, &token, Some("k-1"), SLUG, "hello").await;
    assert_eq!(again.status, 202);
    assert_eq!(again.body["messageId"], first.body["data"]["messageId"]);
    assert_eq!(send(&world, &token, Some("k-1"), SLUG, "other").await.status, 409);
    world.sandbox.control().antara().switch(|switches| switches.idempotency_conflict = false);
    assert_eq!(send(&world, &token, Some("k-1"), SLUG, "other").await.status, 202);
    let effects = world.sandbox.control().effects_of(Provider::Antara, Operation::Send);
    assert_eq!(effects.len(), 1);
    assert_eq!(effects[0].idempotency_key.as_deref(), Some("k-1"));
    assert_eq!((effects[0].recipient.as_str(), effects[0].body.as_deref()), (SLUG, Some("hello")));
    assert_eq!(effects[0].reference.as_deref(), first.body["data"]["messageId"].as_str());
}

#[tokio::test]
async fn messages_are_refused_for_the_documented_reasons() {
    let world = World::only(Provider::Antara).await;
    let antara = world.sandbox.control().antara();
    let token = app_token(&world).await;
    let oit = antara.issue_identity_token(None, None, &["messages.send"]).expect("a user");
    let code = |answer: JsonAnswer| {
        (answer.status, answer.body["error"]["code"].as_str().unwrap_or_default().to_owned())
    };
    assert_eq!(code(send(&world, &oit, Some("k"), SLUG, "x").await), (403, "FORBIDDEN".to_owned()));
    assert_eq!(code(send(&world, &token, None, SLUG, "x").await).0, 400);
    assert_eq!(code(send(&world, &token, Some("k"), "nobody", "x").await).0, 404);
    assert_eq!(code(send(&world, "aat_nope", Some("k"), SLUG, "x").await).0, 401);
    antara.set_accepts_messages(SLUG, false).expect("a user");
    let refused = code(send(&world, &token, Some("k"), SLUG, "x").await);
    assert_eq!(refused, (422, "RECIPIENT_PREFERENCES".to_owned()));
    assert!(world.sandbox.control().effects_of(Provider::Antara, Operation::Send).is_empty());
}

#[tokio::test]
async fn an_app_token_ends_by_time_and_by_revocation() {
    let world = World::only(Provider::Antara).await;
    let token = app_token(&world).await;
    assert_eq!(world.sandbox.control().antara().revoke_app_tokens(), 1);
    assert_eq!(send(&world, &token, Some("k"), SLUG, "x").await.status, 401);
    let token = app_token(&world).await;
    world.sandbox.control().advance(Duration::from_secs(601));
    assert_eq!(send(&world, &token, Some("k"), SLUG, "x").await.status, 401);
    let answer = world.post("/auth/introspect", &json!({ "token": token }), &[]).await;
    assert_eq!(answer.body["data"], json!({ "active": false }));
}

#[tokio::test]
async fn a_capability_writes_to_its_own_slug_only() {
    let world = World::only(Provider::Antara).await;
    let token = world.sandbox.control().antara().issue_capability(Some(SLUG)).expect("a user");
    assert_eq!(send(&world, &token, Some("k"), &format!("{SLUG}@useantara.com"), "x").await.status, 202);
    assert_eq!(send(&world, &token, Some("l"), "hT4wZbL8sYc3@useantara.com", "x").await.status, 404);
    assert_eq!(send(&world, &token, Some("m"), SLUG, "x").await.status, 404);
}
