//! Sessions by the many: listed, and ended together.

use herald_core::id::SubjectId;
use serde_json::{Value, json};

use super::{
    wire::{Request, text},
    world::World,
};

async fn page(world: &World, query: &str) -> Value {
    let answer = world.send(Request::get(&format!("/v1/sessions{query}"))).await;
    assert_eq!((answer.status, answer.header("cache-control")), (200, Some("no-store")), "{answer:?}");
    answer.json()
}

fn ids(page: &Value) -> Vec<&str> {
    page["items"].as_array().expect("items").iter().map(|item| item["id"].as_str().expect("an id")).collect()
}

/// Three sessions of two people, newest first: each with its subject.
async fn three(world: &World) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for user in ["ivan", "anna", "ivan"] {
        world.clock.advance(jiff::SignedDuration::from_secs(1));
        world.person.user_is(user);
        let claim = world.sign_in().await;
        found.push((text(&claim, "/session/id").to_owned(), text(&claim, "/subject").to_owned()));
    }
    found.reverse();
    found
}

async fn end(world: &World, key: &str, body: Value) -> Value {
    let answer = Request::post("/v1/sessions/end", body.to_string()).key(key).send(world.address).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.json()["ended_count"].clone()
}

#[tokio::test]
async fn pages_give_every_session_once_newest_first() {
    let world = World::new().await;
    let sessions = three(&world).await;
    let all: Vec<&str> = sessions.iter().map(|(id, _)| id.as_str()).collect();
    let whole = page(&world, "").await;
    assert_eq!(ids(&whole), all);
    assert!(whole.get("next_cursor").is_none());
    let first = page(&world, "?limit=2").await;
    let cursor = first["next_cursor"].as_str().unwrap();
    let second = page(&world, &format!("?limit=2&cursor={cursor}")).await;
    assert_eq!([ids(&first), ids(&second)].concat(), all);
    assert!(second.get("next_cursor").is_none());

    let (ivan, anna) = (&sessions[0].1, &sessions[1].1);
    assert_eq!(ids(&page(&world, &format!("?subject={ivan}")).await), [all[0], all[2]]);
    assert_eq!(ids(&page(&world, &format!("?subject={anna}&connection=main")).await), [all[1]]);
    assert_eq!(ids(&page(&world, "?connection=web").await), [""; 0]);
    let foreign = Request::get(&format!("/v1/sessions?cursor={cursor}")).key(&world.other_key);
    assert_eq!(foreign.send(world.address).await.problem(), (400, "invalid_parameter".to_owned()));
    let filtered = world.send(Request::get(&format!("/v1/sessions?connection=main&cursor={cursor}"))).await;
    assert_eq!(filtered.problem(), (400, "invalid_parameter".to_owned()), "B94: its filters are none");
    let other_list = world.send(Request::get(&format!("/v1/logins?cursor={cursor}"))).await;
    assert_eq!(other_list.problem(), (400, "invalid_parameter".to_owned()));
}

#[tokio::test]
async fn what_the_list_does_not_know_is_refused() {
    let world = World::new().await;
    for query in [
        "subject=x",
        "subject=",
        "connection=Main",
        "status=active",
        "limit=0",
        "limit=201",
        "cursor=x",
        "sub=1",
    ] {
        let answer = world.send(Request::get(&format!("/v1/sessions?{query}"))).await;
        assert_eq!(answer.problem(), (400, "invalid_parameter".to_owned()), "{query}");
    }
}

#[tokio::test]
async fn all_sessions_of_a_person_of_a_connection_or_of_the_tenant_are_ended_together() {
    let world = World::new().await;
    let sessions = three(&world).await;
    let nobody = SubjectId::from_u128(1).to_string();
    assert_eq!(end(&world, &world.key, json!({ "subject": nobody })).await, 0);
    assert_eq!(
        end(&world, &world.other_key, json!({ "all": true })).await,
        0,
        "another tenant ends its own only"
    );
    assert_eq!(end(&world, &world.key, json!({ "connection": "web" })).await, 0);
    assert_eq!(end(&world, &world.key, json!({ "subject": sessions[1].1 })).await, 1);
    let statuses = |page: Value| -> Vec<Value> {
        page["items"].as_array().unwrap().iter().map(|item| item["status"].clone()).collect()
    };
    assert_eq!(statuses(page(&world, "").await), ["active", "ended", "active"]);
    assert_eq!(end(&world, &world.key, json!({ "connection": "main" })).await, 2);
    assert_eq!(statuses(page(&world, "").await), ["ended"; 3]);
    assert_eq!(end(&world, &world.key, json!({ "all": true })).await, 0, "what has ended does not end again");
}
