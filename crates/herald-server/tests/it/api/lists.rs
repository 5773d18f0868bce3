//! Lists: pages, cursors, filters.

use serde_json::{Value, json};

use super::{wire::Request, world::World};

async fn page(world: &World, query: &str) -> Value {
    let answer = world.send(Request::get(&format!("/v1/logins{query}"))).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.json()
}

fn ids(page: &Value) -> Vec<&str> {
    page["items"].as_array().expect("items").iter().map(|item| item["id"].as_str().expect("an id")).collect()
}

#[tokio::test]
async fn pages_give_every_login_once_newest_first() {
    let world = World::new().await;
    let mut started = Vec::new();
    for number in 0..5 {
        world.clock.advance(jiff::SignedDuration::from_secs(1));
        let login = world.start(json!({ "reference": format!("cart-{}", number % 2) })).await;
        started.push(login["id"].as_str().unwrap().to_owned());
    }
    started.reverse();
    let all = page(&world, "").await;
    assert_eq!(ids(&all), started);
    assert!(all.get("next_cursor").is_none(), "the last page has no next one");
    assert!(all["items"][0].get("claim_secret").is_none());

    let mut found = Vec::new();
    let mut query = "?limit=2".to_owned();
    loop {
        let page = page(&world, &query).await;
        assert!(ids(&page).len() <= 2);
        found.extend(ids(&page).into_iter().map(str::to_owned));
        let Some(cursor) = page.get("next_cursor") else { break };
        query = format!("?limit=2&cursor={}", cursor.as_str().unwrap());
    }
    assert_eq!(found, started);

    assert_eq!(ids(&page(&world, "?reference=cart-1").await).len(), 2);
    assert_eq!(ids(&page(&world, "?reference=cart-1&status=claimed").await).len(), 0);
    assert_eq!(ids(&page(&world, "?status=pending").await).len(), 5);
}

#[tokio::test]
async fn a_cursor_that_this_list_did_not_give_out_is_refused() {
    let world = World::new().await;
    world.start(json!({})).await;
    world.start(json!({})).await;
    let first = page(&world, "?limit=1").await;
    let cursor = first["next_cursor"].as_str().unwrap();
    let path = format!("/v1/logins?cursor={cursor}");
    let foreign = Request::get(&path).key(&world.other_key).send(world.address).await;
    assert_eq!(foreign.problem(), (400, "invalid_parameter".to_owned()), "B94 another tenant's");
    for forged in ["", "x", &cursor[1..], &"A".repeat(64), &"A".repeat(10_240)] {
        let answer = world.send(Request::get(&format!("/v1/logins?cursor={forged}"))).await;
        assert_eq!(answer.problem(), (400, "invalid_parameter".to_owned()), "B94 {} long", forged.len());
    }
}

#[tokio::test]
async fn a_cursor_is_good_with_its_filters_only() {
    let world = World::new().await;
    world.start(json!({ "reference": "a" })).await;
    world.start(json!({ "reference": "a" })).await;
    let first = page(&world, "?limit=1&reference=a&status=pending").await;
    let cursor = first["next_cursor"].as_str().unwrap();
    assert_eq!(
        ids(&page(&world, &format!("?status=pending&cursor={cursor}&reference=a&limit=7")).await).len(),
        1
    );
    for filters in ["", "&reference=a", "&reference=b&status=pending", "&reference=a&status=claimed"] {
        let answer = world.send(Request::get(&format!("/v1/logins?cursor={cursor}{filters}"))).await;
        assert_eq!(answer.problem(), (400, "invalid_parameter".to_owned()), "B94 {filters}");
    }
}

#[tokio::test]
async fn what_a_list_does_not_know_is_refused_and_not_repeated() {
    let world = World::new().await;
    for query in [
        "limit=0",
        "limit=-1",
        "limit=10001",
        "limit=201",
        "limit=abc",
        "limit=",
        "limit=1&limit=2",
        "status=done",
        "reference=",
        "reference=%00",
        "phone_number=%2B79001234567",
        "phone=79001234567",
    ] {
        let answer = world.send(Request::get(&format!("/v1/logins?{query}"))).await;
        assert_eq!(answer.problem(), (400, "invalid_parameter".to_owned()), "B95, B96 {query}");
        assert!(!answer.body.contains("79001234567"), "B96");
    }
}
