//! Webhook endpoints.

use herald_outbound::{OutboundCourier, Reach};
use serde_json::{Value, json};

use super::{
    wire::{Answer, Request, text},
    world::World,
};

const ALL: &str = "/v1/webhook-endpoints";

fn wish() -> Value {
    json!({ "url": "https://shop.acme.example/events?x=1", "events": ["notification.*", "login.claimed"],
            "description": "the shop" })
}

async fn create(world: &World, wish: &Value) -> Answer {
    world.send(Request::post(ALL, wish.to_string())).await
}

/// The address of a new endpoint, and the answer that made it.
async fn made(world: &World) -> (String, Value) {
    let answer = create(world, &wish()).await;
    assert_eq!((answer.status, answer.header("cache-control")), (201, Some("no-store")), "{answer:?}");
    (answer.header("location").expect("an address").to_owned(), answer.json())
}

#[tokio::test]
async fn an_endpoint_shows_its_secret_when_it_is_made_and_never_again() {
    let world = World::new().await;
    let (address, created) = made(&world).await;
    let secret = text(&created, "/secret");
    assert!(secret.starts_with("whsec_") && secret.len() == 6 + 44, "32 bytes");
    assert_eq!(address, format!("{ALL}/{}", text(&created, "/id")));
    let mut shown = created.clone();
    shown.as_object_mut().unwrap().remove("secret");
    let mut expected = wish();
    expected["is_enabled"] = json!(true);
    expected["id"] = created["id"].clone();
    expected["created_at"] = json!("2026-01-02T03:04:05.000Z");
    assert_eq!(shown, expected);

    let got = world.send(Request::get(&address)).await;
    assert_eq!(got.json(), shown);
    let listed = world.send(Request::get(ALL)).await;
    assert_eq!(listed.json(), json!({ "items": [shown] }));
    let changed = world.send(Request::patch(&address, r#"{"is_enabled":false,"description":""}"#)).await;
    assert_eq!((changed.status, &changed.json()["is_enabled"]), (200, &json!(false)));
    assert!(changed.json().get("description").is_none());
    for answer in [&got, &listed, &changed] {
        assert!(!answer.body.contains("whsec_"), "{}", answer.body);
    }

    let rotated = world.send(Request::new("POST", &format!("{address}/rotate-secret"))).await;
    assert_eq!((rotated.status, rotated.header("cache-control")), (200, Some("no-store")));
    let fresh = rotated.json();
    assert!(text(&fresh, "/secret").starts_with("whsec_") && fresh["secret"] != created["secret"]);
    assert_eq!(fresh.as_object().unwrap().len(), 1);
}

#[tokio::test]
async fn an_endpoint_is_changed_member_by_member_and_deleted_once() {
    let world = World::new().await;
    let (address, _) = made(&world).await;
    let patch = |body: Value| world.send(Request::patch(&address, body.to_string()));
    let same = patch(json!({})).await.json();
    assert_eq!(same["events"], json!(["notification.*", "login.claimed"]));
    let changed = patch(json!({ "url": "https://other.acme.example/", "events": ["*"] })).await.json();
    assert_eq!((&changed["url"], &changed["events"]), (&json!("https://other.acme.example/"), &json!(["*"])));
    for (bad, fault) in [
        (json!({ "url": "http://shop.acme.example/" }), "/url"),
        (json!({ "events": [] }), "/events"),
        (json!({ "events": ["login.claimed", "login.nope"] }), "/events/1"),
        (json!({ "is_enabled": "no" }), "/is_enabled"),
        (json!({ "secret": "whsec_x" }), "/secret"),
    ] {
        let answer = patch(bad.clone()).await;
        assert_eq!(answer.problem(), (422, "validation_failed".to_owned()), "{bad}");
        assert!(answer.faults()[0].starts_with(&format!("{fault} ")), "{bad}: {:?}", answer.faults());
    }
    assert_eq!(world.send(Request::get(&address)).await.json(), changed, "nothing of what was refused");

    assert_eq!(world.send(Request::delete(&address)).await.status, 204);
    for request in [
        Request::get(&address),
        Request::delete(&address),
        Request::patch(&address, "{}"),
        Request::new("POST", &format!("{address}/test")),
        Request::new("POST", &format!("{address}/rotate-secret")),
        Request::post(&format!("{address}/replay"), r#"{"since":"2026-01-01T00:00:00Z"}"#),
        Request::get(&format!("{address}/deliveries")),
        Request::get(&format!("{ALL}/x")),
        Request::delete(&format!("{ALL}/%00")),
    ] {
        let answer = world.send(request.clone()).await;
        assert_eq!(answer.problem(), (404, "not_found".to_owned()), "{request:?}");
    }
    assert_eq!(world.send(Request::get(ALL)).await.json(), json!({ "items": [] }));
}

#[tokio::test]
async fn an_address_that_must_not_be_called_is_refused() {
    // What carries webhooks says which addresses it would reach.
    let world = World::told_by(std::sync::Arc::new(OutboundCourier::open(Reach::Private).unwrap())).await;
    let (address, made) = made(&world).await;
    let long = format!("https://{}.example/", "a".repeat(300));
    let longer = format!("https://shop.acme.example/{}", "a".repeat(2_000));
    for url in [
        "",
        "x",
        "/events",
        "ftp://shop.acme.example/",
        "http://shop.acme.example/",
        "https://127.0.0.1/",
        "https://10.0.0.1/",
        "https://100.64.0.1/",
        "https://[fd00::1]/",
        "https://[64:ff9b::a00:1]/",
        "https://169.254.169.254/latest/",
        "https://localhost/",
        "https://[::1]/",
        "https://[::ffff:127.0.0.1]/",
        "https://0/",
        "https://017700000001/",
        "https://2130706433/",
        "https://a:b@shop.acme.example/",
        "https://shop.acme.example:22/",
        "https://shop.acme.example:8443/",
        "https://db.internal/",
        "https://db.internal./",
        "https://db/",
        "https://metadata.google.internal/",
        "https://shop.acme.example/#x",
        "https://shop.acme.example/a b",
        &long,
        &longer,
    ] {
        let created = create(&world, &json!({ "url": url, "events": ["*"] })).await;
        let changed = world.send(Request::patch(&address, json!({ "url": url }).to_string())).await;
        for answer in [created, changed] {
            assert_eq!(answer.problem(), (422, "validation_failed".to_owned()), "B77 {url}");
            assert_eq!(answer.json()["errors"][0]["pointer"], "/url", "B77 {url}");
            assert!(url.len() < 10 || !answer.body.contains(url), "B77 {url}");
        }
    }
    let items = world.send(Request::get(ALL)).await.json();
    assert_eq!(items["items"].as_array().unwrap().len(), 1);
    assert_eq!(items["items"][0]["url"], made["url"]);
}

#[tokio::test]
async fn a_tenant_has_at_most_20() {
    let world = World::new().await;
    for _ in 0..20 {
        made(&world).await;
    }
    let answer = create(&world, &wish()).await;
    assert_eq!(answer.problem(), (422, "validation_failed".to_owned()));
    assert_eq!(answer.faults(), [" too_many_endpoints"]);
    let other = Request::post(ALL, wish().to_string()).key(&world.other_key).send(world.address).await;
    assert_eq!(other.status, 201, "another tenant has its own");
    let items = world.send(Request::get(ALL)).await.json();
    assert_eq!(items["items"].as_array().unwrap().len(), 20);
}

#[tokio::test]
async fn pages_give_every_endpoint_once_newest_first() {
    let world = World::new().await;
    let mut all = Vec::new();
    for _ in 0..5 {
        world.clock.advance(jiff::SignedDuration::from_secs(1));
        all.insert(0, made(&world).await.1["id"].clone());
    }
    let (mut found, mut query) = (Vec::new(), "?limit=2".to_owned());
    loop {
        let page = world.send(Request::get(&format!("{ALL}{query}"))).await.json();
        let items = page["items"].as_array().unwrap();
        assert!(items.len() <= 2, "{page}");
        found.extend(items.iter().map(|item| item["id"].clone()));
        let Some(cursor) = page.get("next_cursor") else { break };
        query = format!("?limit=2&cursor={}", cursor.as_str().unwrap());
    }
    assert_eq!(found, all);
    let fits = world.send(Request::get(&format!("{ALL}?limit=5"))).await.json();
    assert!(fits["items"].as_array().unwrap().len() == 5 && fits.get("next_cursor").is_none(), "{fits}");
    let foreign = Request::get(&format!("{ALL}{query}")).key(&world.other_key).send(world.address).await;
    assert_eq!(foreign.problem(), (400, "invalid_parameter".to_owned()), "another tenant's cursor");
}

#[tokio::test]
async fn what_is_wrong_with_a_wish_is_pointed_at() {
    let world = World::new().await;
    let good = "https://shop.acme.example/";
    for (body, faults) in [
        (json!({}), vec!["/url missing", "/events missing"]),
        (
            json!({ "url": 1, "events": ["nope", 2], "is_enabled": true }),
            vec!["/url wrong_type", "/events/1 wrong_type", "/is_enabled unknown_member"],
        ),
        (json!({ "url": good, "events": ["*", "nope"] }), vec!["/events/1 unknown_event"]),
        (json!({ "url": good, "events": [] }), vec!["/events too_few_items"]),
        (json!({ "url": good, "events": vec!["*"; 51] }), vec!["/events too_many_items"]),
        (
            json!({ "url": good, "events": ["*"], "description": "é".repeat(501) }),
            vec!["/description invalid_description"],
        ),
    ] {
        let answer = create(&world, &body).await;
        assert_eq!(answer.problem(), (422, "validation_failed".to_owned()), "{body}");
        assert_eq!(answer.faults(), faults, "{body}");
    }
    for query in ["?limit=0", "?limit=201", "?cursor=x", "?url=x"] {
        let answer = world.send(Request::get(&format!("{ALL}{query}"))).await;
        assert_eq!(answer.problem(), (400, "invalid_parameter".to_owned()), "{query}");
    }
}
