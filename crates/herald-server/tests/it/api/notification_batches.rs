//! Many notifications in one call.

use serde_json::{Value, json};

use super::{
    wire::{Answer, Request, exchange},
    world::World,
};

fn item(key: &str) -> Value {
    json!({ "idempotency_key": key, "to": { "type": "phone", "phone_number": "+79001234567" },
            "message": { "type": "text", "text": "Your parcel is here" }, "reference": key })
}

async fn send(world: &World, items: &[Value]) -> Answer {
    let body = json!({ "notifications": items }).to_string();
    world.send(Request::post("/v1/notifications/batch", body)).await
}

/// The items of an answer: index and status.
fn statuses(answer: &Answer) -> Vec<(u64, u64)> {
    assert_eq!((answer.status, answer.header("cache-control")), (200, Some("no-store")), "{answer:?}");
    let items = answer.json()["items"].as_array().expect("items").clone();
    let number = |item: &Value, member: &str| item[member].as_u64().expect("a number");
    items.iter().map(|item| (number(item, "index"), number(item, "status"))).collect()
}

/// A call for one notification with what the item says.
fn single(item: &Value) -> Request {
    let mut body = item.clone();
    let key = body.as_object_mut().and_then(|body| body.remove("idempotency_key"));
    Request::post("/v1/notifications", body.to_string())
        .header("Idempotency-Key", key.as_ref().and_then(Value::as_str).expect("a key"))
}

#[tokio::test]
async fn every_item_is_accepted_or_refused_on_its_own() {
    let world = World::new().await;
    let with = |key: &str, member: &str, value: Value| {
        let mut item = item(key);
        item[member] = value;
        item
    };
    let items = [
        item("a"),
        json!({ "to": 7 }),
        with("b", "route", json!(["main", "nope"])),
        with("c", "to", json!({ "type": "slug", "slug": "xK9mNp" })),
        with("d", "send_at", json!("2025-01-02T03:04:05Z")),
        with("e e", "more", json!(1)),
        json!("text"),
        item("f"),
    ];
    let answer = send(&world, &items).await;
    assert_eq!(
        statuses(&answer),
        [(0, 202), (1, 422), (2, 422), (3, 422), (4, 422), (5, 422), (6, 422), (7, 202)]
    );
    let items = answer.json()["items"].clone();
    assert_eq!(items[0]["notification"]["reference"], "a");
    assert_eq!(items[0]["notification"]["to"]["phone_number"], "+7900•••4567");
    assert!(items[0].get("problem").is_none() && items[1].get("notification").is_none());
    let problem = |index: usize| {
        let problem = &items[index]["problem"];
        assert_eq!((&problem["status"], &problem["retryable"]), (&json!(422), &json!(false)), "{problem}");
        assert!(problem.get("instance").is_none() && problem["request_id"].is_string(), "{problem}");
        let errors = problem["errors"].as_array().cloned().unwrap_or_default();
        let faults = errors.iter().map(|error| {
            format!("{} {}", error["pointer"].as_str().unwrap(), error["code"].as_str().unwrap())
        });
        (problem["code"].as_str().unwrap().to_owned(), faults.collect::<Vec<_>>())
    };
    let invalid = |faults: &[&str]| {
        ("validation_failed".to_owned(), faults.iter().map(|fault| (*fault).to_owned()).collect::<Vec<_>>())
    };
    assert_eq!(
        problem(1),
        invalid(&[
            "/notifications/1/idempotency_key missing",
            "/notifications/1/to wrong_type",
            "/notifications/1/message missing",
        ])
    );
    assert_eq!(
        problem(2),
        ("unknown_connection".to_owned(), vec!["/notifications/2/route/1 unknown".to_owned()])
    );
    assert_eq!(problem(3), ("unsupported_by_provider".to_owned(), Vec::new()));
    assert_eq!(problem(4), invalid(&["/notifications/4/send_at out_of_range"]));
    assert_eq!(
        problem(5),
        invalid(&[
            "/notifications/5/idempotency_key not_an_idempotency_key",
            "/notifications/5/more unknown_member",
        ])
    );
    assert_eq!(problem(6), invalid(&["/notifications/6 wrong_type"]));
    assert!(!answer.body.contains("79001234567") && !answer.body.contains("parcel is here"));
    world.while_time_passes(world.notifier.effects_reach(2)).await;
}

#[tokio::test]
async fn a_batch_and_single_calls_share_one_space_of_keys() {
    let world = World::new().await;
    let first = world.send(single(&item("a"))).await;
    assert_eq!(first.status, 202);
    let items = [item("a"), item("b")];
    let answer = send(&world, &items).await;
    assert_eq!(answer.json()["items"][0]["notification"]["id"], first.json()["id"]);
    let ids = |answer: &Answer| {
        let items = answer.json()["items"].as_array().unwrap().clone();
        items.iter().map(|item| item["notification"]["id"].clone()).collect::<Vec<_>>()
    };
    world.while_time_passes(world.notifier.effects_reach(2)).await;
    for item in &items {
        let wait = world.send(single(item).header("Prefer", "wait=30"));
        assert_eq!(world.while_time_passes(wait).await.status, 200);
    }
    let again = send(&world, &items).await;
    assert_eq!(statuses(&again), [(0, 200), (1, 200)], "as a single call: the outcome is known");
    assert_eq!(ids(&again), ids(&answer));
    for (index, item) in items.iter().enumerate() {
        let replay = world.send(single(item)).await;
        assert_eq!((replay.status, replay.header("idempotency-replayed")), (200, Some("true")));
        assert_eq!(replay.json()["id"], ids(&answer)[index]);
    }
    assert_eq!(world.notifier.effects().len(), 2, "one by one they add none");
}

#[tokio::test]
async fn a_key_twice_in_one_batch_is_one_notification() {
    let world = World::new().await;
    // Planned: one that is sent at once may have its outcome when the next item comes, which is then 200.
    let mut planned = item("a");
    planned["send_at"] = json!("2026-01-03T03:04:05Z");
    let mut other = planned.clone();
    other["message"]["text"] = json!("Something else");
    let answer = send(&world, &[planned.clone(), planned, other]).await;
    let items = answer.json()["items"].clone();
    assert_eq!([&items[0]["status"], &items[1]["status"], &items[2]["status"]], [202, 202, 422]);
    assert_eq!(items[0]["notification"]["id"], items[1]["notification"]["id"]);
    assert_eq!(items[2]["problem"]["code"], "idempotency_key_reused");
}

#[tokio::test]
async fn a_batch_has_1_to_1000_items_and_no_more_than_4_mib() {
    let world = World::new().await;
    for (count, is_good) in [(0, false), (1_000, true), (1_001, false)] {
        let items: Vec<_> = (0..count).map(|number| item(&format!("k{number}"))).collect();
        let answer = send(&world, &items).await;
        if is_good {
            assert_eq!(statuses(&answer), (0..count).map(|index| (index, 202)).collect::<Vec<_>>());
        } else {
            assert_eq!(answer.problem(), (422, "validation_failed".to_owned()), "{count}");
            assert_eq!(answer.faults(), ["/notifications out_of_range"], "{count}");
        }
    }
    let padded = |length: usize| {
        let body = json!({ "notifications": [item("pad")] }).to_string();
        format!("{body}{}", " ".repeat(length - body.len()))
    };
    let largest = 4 * 1024 * 1024;
    let fits = world.send(Request::post("/v1/notifications/batch", padded(largest))).await;
    assert_eq!(statuses(&fits), [(0, 202)]);
    let announced = world.send(Request::post("/v1/notifications/batch", padded(largest + 1))).await;
    assert_eq!(announced.problem(), (413, "body_too_large".to_owned()));
    let chunked = Request::post("/v1/notifications/batch", padded(largest + 1)).key(&world.key);
    let chunked = exchange(world.address, &chunked.chunked_bytes()).await;
    assert_eq!(chunked.problem(), (413, "body_too_large".to_owned()));
    let elsewhere = world.send(single(&item("x")).header("Content-Length", "65537")).await;
    assert_eq!(elsewhere.problem(), (413, "body_too_large".to_owned()), "only a batch may be so large");
}

#[tokio::test]
async fn what_is_no_batch_is_refused_as_a_whole() {
    let world = World::new().await;
    let many_values = format!(r#"{{"notifications":[{}]}}"#, vec!["{}"; 50_000].join(","));
    for (body, status, code) in [
        ("", 400, "malformed_body"),
        ("[]", 400, "malformed_body"),
        (&*many_values, 400, "malformed_body"),
        (r#"{"notifications":[{"to":1,"to":2}]}"#, 400, "malformed_body"),
        ("{}", 422, "validation_failed"),
        (r#"{"notifications":{}}"#, 422, "validation_failed"),
        (r#"{"notifications":[{}],"more":1}"#, 422, "validation_failed"),
    ] {
        let answer = world.send(Request::post("/v1/notifications/batch", body)).await;
        assert_eq!(answer.problem(), (status, code.to_owned()), "{body}");
    }
}
