//! How delivery stands, for operators.

use serde_json::json;

use super::{
    wire::{Request, text},
    world::World,
};

#[tokio::test]
async fn an_operator_sees_what_waits_and_how_connections_are() {
    let world = World::new().await;
    let ask = || Request::get("/v1/admin/delivery").key(&world.admin_key).send(world.address);
    let answer = ask().await;
    assert_eq!((answer.status, answer.header("cache-control")), (200, Some("no-store")), "{answer:?}");
    assert_eq!(answer.json()["tenants"], json!([]));
    let connections = answer.json()["connections"].as_array().unwrap().clone();
    let seen: Vec<_> = connections
        .iter()
        .map(|item| [text(item, "/tenant"), text(item, "/connection"), text(item, "/condition")])
        .collect();
    assert_eq!(
        seen,
        [
            ["acme", "backup", "available"],
            ["acme", "main", "available"],
            ["beta", "backup", "available"],
            ["beta", "main", "available"],
        ]
    );
    assert!(connections.iter().all(|item| item["since"].is_string()));

    for (key, send_at) in [("a", "2026-01-04T03:04:05Z"), ("b", "2026-01-03T03:04:05Z")] {
        let body = json!({ "to": { "type": "phone", "phone_number": "+79001234567" },
            "message": { "type": "text", "text": "hi" }, "send_at": send_at });
        let request = Request::post("/v1/notifications", body.to_string()).header("Idempotency-Key", key);
        assert_eq!(world.send(request).await.status, 202);
    }
    assert_eq!(
        ask().await.json()["tenants"],
        json!([{ "tenant": "acme", "waiting": 2, "oldest_due_at": "2026-01-03T03:04:05.000Z" }])
    );
}

#[tokio::test]
async fn nobody_else_sees_it() {
    let world = World::new().await;
    for request in [
        Request::get("/v1/admin/delivery"),
        Request::get("/v1/admin/delivery").key(&world.key),
        Request::get("/v1/admin/delivery").header("Authorization", &format!("Basic {}", world.admin_key)),
    ] {
        let answer = request.send(world.address).await;
        assert_eq!(answer.problem(), (401, "unauthenticated".to_owned()));
        assert_eq!(answer.header("www-authenticate"), Some("Bearer"));
    }
}
