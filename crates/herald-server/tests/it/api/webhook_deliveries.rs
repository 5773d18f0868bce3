//! What a real receiver is told, and what is shown of it.

use herald_core::webhook::sign;
use serde_json::{Value, json};

use super::{
    receiver::{Got, Receiver},
    wire::{Request, text},
    world::World,
};

/// The address of an endpoint at this receiver, and its secret.
async fn endpoint(world: &World, receiver: &Receiver, events: Value) -> (String, String) {
    let body = json!({ "url": receiver.url(), "events": events }).to_string();
    let answer = world.send(Request::post("/v1/webhook-endpoints", body)).await;
    assert_eq!(answer.status, 201, "{answer:?}");
    (answer.header("location").expect("an address").to_owned(), text(&answer.json(), "/secret").to_owned())
}

async fn deliveries(world: &World, address: &str, query: &str) -> Value {
    let answer = world.send(Request::get(&format!("{address}/deliveries{query}"))).await;
    assert_eq!((answer.status, answer.header("cache-control")), (200, Some("no-store")), "{answer:?}");
    answer.json()
}

/// The deliveries once this holds of them.
async fn deliveries_once(world: &World, address: &str, is_it: impl Fn(&Value) -> bool) -> Value {
    let look = async {
        loop {
            let page = deliveries(world, address, "").await;
            if is_it(&page) {
                return page;
            }
            tokio::task::yield_now().await;
        }
    };
    world.while_time_passes(look).await
}

/// Sends a notification to its outcome, and gives its id.
async fn notify(world: &World, key: &str) -> String {
    let body = json!({ "to": { "type": "phone", "phone_number": "+79001234567" },
        "message": { "type": "text", "text": "Your parcel is here" } });
    let request = Request::post("/v1/notifications", body.to_string()).header("Idempotency-Key", key);
    let answer = world.while_time_passes(world.send(request.header("Prefer", "wait=60"))).await;
    assert_eq!(text(&answer.json(), "/status"), "sent");
    text(&answer.json(), "/id").to_owned()
}

/// Is it signed with this secret, as Standard Webhooks has it?
fn is_signed(got: &Got, secret: &str) -> bool {
    let secret = serde_json::from_value(json!(secret)).expect("a secret");
    let at: i64 = got.header("webhook-timestamp").parse().expect("seconds");
    let sent_at = jiff::Timestamp::from_second(at).expect("a time");
    let ours = sign([&secret].into_iter(), got.header("webhook-id"), sent_at, got.body.as_bytes());
    got.header("webhook-signature").split(' ').any(|theirs| theirs == ours)
}

#[tokio::test]
async fn a_receiver_is_told_what_happened_to_a_notification() {
    let (world, receiver) = (World::reaching_out().await, Receiver::start().await);
    let (address, secret) = endpoint(&world, &receiver, json!(["notification.*"])).await;
    let id = notify(&world, "a").await;
    let got = world.while_time_passes(receiver.got(2)).await;
    let mut told: Vec<_> = got.iter().map(Got::json).collect();
    told.sort_by_key(|event| text(event, "/type").to_owned());
    assert_eq!(
        [text(&told[0], "/type"), text(&told[1], "/type")],
        ["notification.queued", "notification.sent"]
    );
    for event in &told {
        assert_eq!((text(event, "/data/tenant"), text(event, "/data/notification/id")), ("acme", &*id));
        assert!(event["timestamp"].as_str().is_some_and(|at| at.ends_with('Z')));
    }
    let sent = world.send(Request::get(&format!("/v1/notifications/{id}"))).await.json();
    assert_eq!(told[1]["data"]["notification"], sent, "as it is shown");
    for got in &got {
        assert!(got.header("content-type").starts_with("application/json") && is_signed(got, &secret));
        assert!(!got.body.contains("79001234567") && !got.body.contains("parcel is here"));
    }

    let page = deliveries_once(&world, &address, |page| {
        page["items"].as_array().unwrap().iter().all(|item| item["status"] == "delivered")
    })
    .await;
    let items = page["items"].as_array().unwrap();
    assert_eq!(items.len(), 2);
    for item in items {
        assert!(text(item, "/id").starts_with("dlv_") && text(item, "/type").starts_with("notification."));
        assert!(got.iter().any(|got| got.header("webhook-id") == text(item, "/event_id")));
        assert_eq!(
            (&item["attempts"][0]["status"], &item["attempts"][0]["response_status"]),
            (&json!("delivered"), &json!(204))
        );
        assert!(item.get("next_attempt_at").is_none());
    }
    let first = deliveries(&world, &address, "?limit=1").await;
    let cursor = text(&first, "/next_cursor");
    let second = deliveries(&world, &address, &format!("?limit=1&cursor={cursor}")).await;
    assert_eq!([&first["items"][0], &second["items"][0]], [&items[0], &items[1]]);
    let (other, _) = endpoint(&world, &receiver, json!(["*"])).await;
    let elsewhere = world.send(Request::get(&format!("{other}/deliveries?cursor={cursor}"))).await;
    assert_eq!(elsewhere.problem(), (400, "invalid_parameter".to_owned()), "B94 another endpoint's");
}

#[tokio::test]
async fn an_endpoint_is_tried_out_and_what_failed_is_tried_again() {
    let (world, receiver) = (World::reaching_out().await, Receiver::start().await);
    let (address, secret) = endpoint(&world, &receiver, json!(["session.ended"])).await;
    let disabled = world.send(Request::patch(&address, r#"{"is_enabled":false}"#)).await;
    assert_eq!(disabled.json()["is_enabled"], false);
    receiver.answers(["500 Internal Server Error"]);
    let answer = world.send(Request::new("POST", &format!("{address}/test"))).await;
    assert_eq!(answer.status, 202, "{answer:?}");
    let delivery = answer.json();
    assert_eq!((text(&delivery, "/type"), text(&delivery, "/status")), ("webhook_endpoint.test", "pending"));
    let got = world.while_time_passes(receiver.got(1)).await;
    assert!(is_signed(&got[0], &secret));
    assert_eq!(got[0].header("webhook-id"), text(&delivery, "/event_id"));
    let event = got[0].json();
    let origin = receiver.url().replace("/events?of=acme", "");
    assert_eq!(event["data"]["webhook_endpoint"]["origin"], origin.as_str());
    assert_eq!(event["data"].as_object().unwrap().len(), 2);
    let page = deliveries_once(&world, &address, |page| page["items"][0]["attempts"][0].is_object()).await;
    let attempt = &page["items"][0]["attempts"][0];
    assert_eq!((text(attempt, "/status"), text(attempt, "/failure")), ("failed", "refused"));
    assert_eq!(attempt["response_status"], 500);
}

#[tokio::test]
async fn a_replay_tells_everything_again_under_the_same_ids() {
    let (world, receiver) = (World::reaching_out().await, Receiver::start().await);
    let (address, secret) = endpoint(&world, &receiver, json!(["notification.sent"])).await;
    notify(&world, "a").await;
    let first = world.while_time_passes(receiver.got(1)).await;
    deliveries_once(&world, &address, |page| page["items"][0]["status"] == "delivered").await;
    let rotated = world.send(Request::new("POST", &format!("{address}/rotate-secret"))).await.json();
    let replay =
        |since: &str| Request::post(&format!("{address}/replay"), json!({ "since": since }).to_string());
    world.clock.advance(jiff::SignedDuration::from_secs(1));
    let answer = world.send(replay("2026-01-02T00:00:00Z")).await;
    assert_eq!((answer.status, text(&answer.json(), "/replaying_since")), (202, "2026-01-02T00:00:00.000Z"));
    let both = world.while_time_passes(receiver.got(2)).await;
    assert_eq!(both[1].header("webhook-id"), first[0].header("webhook-id"));
    assert_eq!(both[1].body, first[0].body, "the same bytes");
    assert!(
        is_signed(&both[1], &secret) && is_signed(&both[1], text(&rotated, "/secret")),
        "both secrets sign"
    );
    let seen = async {
        loop {
            let shown = world.send(Request::get(&address)).await.json();
            if shown.get("replaying_since").is_none() {
                return;
            }
        }
    };
    world.while_time_passes(seen).await;
    assert_eq!(world.send(replay("yesterday")).await.faults(), ["/since not_a_time"]);
}
