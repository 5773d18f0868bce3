//! Webhooks across replicas: an endpoint made here is told what happens there, by one of them.

use std::collections::BTreeSet;

use futures_util::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};

use super::fleet::{Fleet, until};
use crate::{caller::Caller, proxy::App};

const NOTIFICATIONS: usize = 25;

#[tokio::test(flavor = "multi_thread")]
async fn an_endpoint_made_on_one_replica_is_told_what_happens_on_all_and_once() {
    let scopes =
        |config: String| config.replace("\"sessions:read\"", "\"sessions:read\", \"webhooks:write\"");
    let fleet = Fleet::start_with(3, scopes).await;
    fleet.switch("antirius", json!({ "everyone_reachable": true })).await;
    let callers = &fleet.callers("antirius");
    let receiver = App::start().await;
    let made = register(&callers[0], &receiver).await;

    // The other replicas know of it by the time their very next notification is accepted.
    let sends = (0..NOTIFICATIONS).map(|number| async move {
        let body = json!({
            "to": { "type": "phone", "phone_number": format!("+7900{number:07}") },
            "message": { "type": "text", "text": format!("message {number}") }
        });
        let sent = callers[1 + number % 2].notify(&format!("key-{number}"), &body).await;
        assert_eq!(sent.body["status"], "sent", "{:?}", sent.body);
        sent.body["id"].clone()
    });
    let ids: BTreeSet<String> = join_all(sends).await.iter().map(Value::to_string).collect();
    assert_eq!(ids.len(), NOTIFICATIONS);
    until("every webhook has arrived", async || (receiver.requests() >= NOTIFICATIONS).then_some(())).await;

    // Deleted on one replica, it is told of nothing more, while another endpoint is told of everything.
    let (other, before) = (App::start().await, receiver.requests());
    register(&callers[1], &other).await;
    let path = format!("/v1/webhook-endpoints/{}", made["id"].as_str().unwrap());
    assert_eq!(callers[2].call(Method::DELETE, &path, &[], None).await.status, 204);
    for (replica, caller) in callers.iter().enumerate() {
        assert_eq!(caller.call(Method::GET, &path, &[], None).await.status, 404, "replica {replica}");
        let body = json!({
            "to": { "type": "phone", "phone_number": "+79001112233" },
            "message": { "type": "text", "text": format!("after {replica}") }
        });
        assert_eq!(caller.notify(&format!("after-{replica}"), &body).await.body["status"], "sent");
    }
    until("the other one is told of all", async || (other.requests() >= callers.len()).then_some(())).await;
    assert_eq!(
        (other.requests(), before, receiver.requests()),
        (callers.len(), NOTIFICATIONS, NOTIFICATIONS)
    );
}

async fn register(caller: &Caller, receiver: &App) -> Value {
    let wish = json!({ "url": format!("http://{}/", receiver.address), "events": ["notification.sent"] });
    let made = caller.call(Method::POST, "/v1/webhook-endpoints", &[], Some(&wish)).await;
    assert_eq!(made.status, 201, "{:?}", made.body);
    made.body
}
