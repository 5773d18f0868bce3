//! The list of notifications.

use serde_json::{Value, json};

use super::{
    wire::{Request, text},
    world::World,
};

/// Sends a notification with this reference through this route and gives its id once its outcome is known.
async fn sent(world: &World, key: &str, reference: &str, route: Value) -> String {
    let body = json!({ "to": { "type": "phone", "phone_number": "+79001234567" },
        "message": { "type": "text", "text": "hi" }, "reference": reference, "route": route });
    let request = Request::post("/v1/notifications", body.to_string()).header("Idempotency-Key", key);
    let answer = world.while_time_passes(world.send(request.header("Prefer", "wait=60"))).await;
    assert_eq!((answer.status, &answer.json()["status"]), (200, &json!("sent")));
    world.clock.advance(jiff::SignedDuration::from_secs(1));
    text(&answer.json(), "/id").to_owned()
}

async fn page(world: &World, query: &str) -> Value {
    let answer = world.send(Request::get(&format!("/v1/notifications{query}"))).await;
    assert_eq!((answer.status, answer.header("cache-control")), (200, Some("no-store")), "{answer:?}");
    assert!(!answer.body.contains("79001234567"));
    answer.json()
}

fn ids(page: &Value) -> Vec<&str> {
    page["items"].as_array().expect("items").iter().map(|item| text(item, "/id")).collect()
}

/// All pages one after the other.
async fn all(world: &World, query: &str) -> Vec<String> {
    let (mut found, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = page(world, &format!("?{query}{cursor}")).await;
        found.extend(ids(&page).into_iter().map(str::to_owned));
        let Some(next) = page.get("next_cursor") else { return found };
        cursor = format!("&cursor={}", next.as_str().expect("a cursor"));
    }
}

#[tokio::test]
async fn pages_give_every_notification_once_newest_first() {
    let world = World::new().await;
    let mut sent_ids = Vec::new();
    for number in 0..5 {
        let route = if number == 2 { json!(["backup"]) } else { json!(["main"]) };
        sent_ids.push(sent(&world, &format!("k{number}"), &format!("parcel-{}", number % 2), route).await);
    }
    sent_ids.reverse();
    assert_eq!(ids(&page(&world, "").await), sent_ids);
    assert_eq!(all(&world, "limit=2").await, sent_ids);
    assert_eq!(all(&world, "limit=1&reference=parcel-1").await, [&*sent_ids[1], &*sent_ids[3]]);
    assert_eq!(all(&world, "connection=backup").await, [&*sent_ids[2]]);
    assert_eq!(all(&world, "status=sent&connection=main").await.len(), 4);
    assert_eq!(all(&world, "status=failed").await, [""; 0]);
    assert_eq!(all(&world, "subject=sub_00000000000000000000000001").await, [""; 0]);

    let middle = page(&world, "").await["items"][2]["created_at"].as_str().unwrap().to_owned();
    assert_eq!(all(&world, &format!("created_after={middle}")).await, sent_ids[..3]);
    assert_eq!(all(&world, &format!("created_before={middle}")).await, sent_ids[3..]);
    assert_eq!(all(&world, &format!("created_after={middle}&created_before={middle}")).await, [""; 0]);
}

#[tokio::test]
async fn notifications_for_a_person_are_found_by_the_person() {
    let world = World::new().await;
    let claim = world.sign_in().await;
    let subject = text(&claim, "/subject");
    let other = sent(&world, "a", "x", json!(["main"])).await;
    let body = json!({ "to": { "type": "subject", "subject": subject }, "message": { "type": "text", "text": "hi" } });
    let request = Request::post("/v1/notifications", body.to_string()).header("Idempotency-Key", "b");
    let id = text(&world.send(request).await.json(), "/id").to_owned();
    assert_eq!(all(&world, &format!("subject={subject}")).await, [&*id]);
    assert_eq!(all(&world, "limit=200").await, [&*id, &*other]);
}

#[tokio::test]
async fn a_cursor_is_good_for_its_own_list_with_its_filters() {
    let world = World::new().await;
    for key in ["a", "b", "c"] {
        sent(&world, key, "x", json!(["main"])).await;
    }
    let first = page(&world, "?limit=1&reference=x&status=sent").await;
    let cursor = text(&first, "/next_cursor");
    assert_eq!(ids(&page(&world, &format!("?status=sent&reference=x&cursor={cursor}")).await).len(), 2);
    let (long, broken) = ("A".repeat(10_240), &cursor[1..]);
    for query in [
        format!("cursor={cursor}"),
        format!("reference=x&cursor={cursor}"),
        format!("reference=y&status=sent&cursor={cursor}"),
        format!("reference=x&status=sent&connection=main&cursor={cursor}"),
        format!("cursor={long}"),
        format!("reference=x&status=sent&cursor={broken}"),
        "cursor=".to_owned(),
    ] {
        let answer = world.send(Request::get(&format!("/v1/notifications?{query}"))).await;
        assert_eq!(answer.problem(), (400, "invalid_parameter".to_owned()), "B94 {query}");
    }
    let path = format!("/v1/notifications?reference=x&status=sent&cursor={cursor}");
    let foreign = Request::get(&path).key(&world.other_key).send(world.address).await;
    assert_eq!(foreign.problem(), (400, "invalid_parameter".to_owned()), "B94 another tenant's");
    let elsewhere = world.send(Request::get(&format!("/v1/logins?cursor={cursor}"))).await;
    assert_eq!(elsewhere.problem(), (400, "invalid_parameter".to_owned()), "B94 another list's");
}

#[tokio::test]
async fn what_the_list_does_not_know_is_refused_and_not_repeated() {
    let world = World::new().await;
    for query in [
        "limit=0",
        "limit=-1",
        "limit=10001",
        "limit=abc",
        "status=done",
        "status=sent&status=failed",
        "subject=x",
        "connection=Main",
        "reference=",
        "reference=%00",
        "created_after=yesterday",
        "created_after=2026-01-02T03:04:05",
        "created_before=1767323045",
        "phone_number=%2B79001234567",
        "to=79001234567",
    ] {
        let answer = world.send(Request::get(&format!("/v1/notifications?{query}"))).await;
        assert_eq!(answer.problem(), (400, "invalid_parameter".to_owned()), "B95, B96 {query}");
        assert!(!answer.body.contains("79001234567"), "B96");
    }
}
