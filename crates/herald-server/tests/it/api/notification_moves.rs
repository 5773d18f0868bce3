//! What is done with an accepted notification: cancelled, sent on, sent anew.

use herald_core::error::{ErrorKind, Retry};
use herald_testkit::fake_provider::Ends;
use jiff::SignedDuration;
use serde_json::{Value, json};

use super::{
    wire::{Answer, Request, text},
    world::World,
};

fn body(more: &Value) -> Value {
    let mut body = json!({ "to": { "type": "phone", "phone_number": "+79001234567" },
        "message": { "type": "text", "text": "hi" } });
    for (member, value) in more.as_object().expect("an object") {
        body[member] = value.clone();
    }
    body
}

/// Sends this and gives its address, with the notification as it is after the wait.
async fn sent(world: &World, key: &str, more: &Value, wait: &str) -> (String, Value) {
    let request = Request::post("/v1/notifications", body(more).to_string()).header("Idempotency-Key", key);
    let answer = world.while_time_passes(world.send(request.header("Prefer", wait))).await;
    (answer.header("location").expect("an address").to_owned(), answer.json())
}

async fn post(world: &World, address: &str, deed: &str) -> Answer {
    world.send(Request::new("POST", &format!("{address}/{deed}"))).await
}

/// The notification once its outcome is known.
async fn outcome(world: &World, address: &str) -> Value {
    let waited = world.send(Request::get(address).header("Prefer", "wait=60"));
    world.while_time_passes(waited).await.json()
}

fn planned() -> Value {
    json!({ "send_at": "2026-01-03T03:04:05Z" })
}

fn refused() -> Ends {
    Ends::Fails(ErrorKind::UnknownRecipient, Retry::Never)
}

#[tokio::test]
async fn what_waits_is_cancelled_and_what_is_over_is_not() {
    let world = World::new().await;
    let (address, queued) = sent(&world, "a", &planned(), "wait=1").await;
    assert_eq!((text(&queued, "/status"), text(&queued, "/send_at")), ("queued", "2026-01-03T03:04:05.000Z"));
    for _ in 0..2 {
        let answer = post(&world, &address, "cancel").await;
        assert_eq!((answer.status, text(&answer.json(), "/status")), (200, "cancelled"), "and again");
    }
    for deed in ["next", "requeue"] {
        let code = if deed == "next" { "no_next_connection" } else { "not_requeueable" };
        assert_eq!(post(&world, &address, deed).await.problem(), (409, code.to_owned()));
    }
    let (address, done) = sent(&world, "b", &json!({}), "wait=60").await;
    assert_eq!(text(&done, "/status"), "sent");
    assert_eq!(post(&world, &address, "cancel").await.problem(), (409, "not_cancellable".to_owned()));
    assert_eq!(post(&world, &address, "requeue").await.problem(), (409, "not_requeueable".to_owned()));
    assert_eq!(world.notifier.effects().len(), 1, "what was cancelled is not sent");
}

#[tokio::test]
async fn a_notification_goes_on_to_the_next_connection() {
    let world = World::new().await;
    let route = json!({ "route": ["main", "backup"], "send_at": "2026-01-02T03:10:05Z" });
    let (address, _) = sent(&world, "a", &route, "wait=1").await;
    let answer = post(&world, &address, "next").await;
    assert_eq!((answer.status, text(&answer.json(), "/status")), (200, "queued"));
    assert_eq!(post(&world, &address, "next").await.problem(), (409, "no_next_connection".to_owned()));
    world.clock.advance(SignedDuration::from_mins(10));
    let sent = outcome(&world, &address).await;
    assert_eq!((text(&sent, "/status"), text(&sent, "/sent_by")), ("sent", "backup"));
    assert_eq!((world.notifier.effects().len(), world.backup.effects().len()), (0, 1));
    assert_eq!(post(&world, &address, "next").await.problem(), (409, "no_next_connection".to_owned()));
}

#[tokio::test]
async fn a_dead_letter_is_sent_anew_and_keeps_its_history() {
    let world = World::new().await;
    world.notifier.send_ends([refused()]);
    let (address, failed) = sent(&world, "a", &json!({}), "wait=60").await;
    assert_eq!(text(&failed, "/status"), "failed");
    assert_eq!(failed["attempts"][0]["failure"], json!({ "code": "unknown_recipient", "kind": "permanent" }));
    assert_eq!(post(&world, &address, "next").await.problem(), (409, "no_next_connection".to_owned()));
    world.clock.advance(SignedDuration::from_secs(1));
    let answer = post(&world, &address, "requeue").await;
    assert_eq!((answer.status, text(&answer.json(), "/status")), (200, "queued"));
    assert!(text(&answer.json(), "/expires_at") > text(&failed, "/expires_at"));
    let sent = outcome(&world, &address).await;
    assert_eq!((text(&sent, "/status"), text(&sent, "/attempts/1/status")), ("sent", "sent"));
    assert_eq!(text(&sent, "/attempts/0/status"), "failed");
}

#[tokio::test]
async fn what_does_not_exist_is_not_found() {
    let world = World::new().await;
    for id in ["ntf_00000000000000000000000001", "x", "%00"] {
        for deed in ["cancel", "next", "requeue"] {
            let answer = post(&world, &format!("/v1/notifications/{id}"), deed).await;
            assert_eq!(answer.problem(), (404, "not_found".to_owned()), "{id} {deed}");
        }
    }
    let answer = world.send(Request::get("/v1/notifications/ntf_00000000000000000000000001/cancel")).await;
    assert_eq!((answer.problem().0, answer.header("allow")), (405, Some("POST")));
}
