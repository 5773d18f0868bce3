//! What operators do: signing keys.

use herald_core::{clock::SystemEntropy, secret::AdminKey};
use serde_json::{Value, json};

use super::{
    wire::{Answer, Request, text},
    world::World,
};

const KEYS: &str = "/v1/admin/tenants/acme/signing-keys";

async fn ask(world: &World, method: &str, path: &str) -> Answer {
    Request::new(method, path).key(&world.admin_key).send(world.address).await
}

/// The keys in an answer, as `status` and `kid`.
fn keys(answer: &Answer) -> Vec<(String, String)> {
    assert_eq!((answer.status, answer.header("cache-control")), (200, Some("no-store")), "{answer:?}");
    let items = answer.json()["items"].as_array().expect("items").clone();
    items.iter().map(|item| (text(item, "/status").to_owned(), text(item, "/kid").to_owned())).collect()
}

async fn is_active(world: &World, token: &Value) -> bool {
    let body = json!({ "credential": { "type": "token", "token": token } }).to_string();
    world.send(Request::post("/v1/sessions/verify", body)).await.json()["active"] == true
}

#[tokio::test]
async fn a_rotation_takes_the_next_key_and_keeps_the_old_one_for_its_tokens() {
    let world = World::new().await;
    let token = world.sign_in().await["session"]["access_token"].clone();
    let answer = ask(&world, "GET", KEYS).await;
    let before = keys(&answer);
    assert_eq!(before.iter().map(|(status, _)| &**status).collect::<Vec<_>>(), ["current", "next"]);
    let item = &answer.json()["items"][0];
    assert_eq!(item["algorithm"], "ES256");
    assert!(item["created_at"].is_string() && item.get("verifies_until").is_none(), "{item}");

    let rotated = ask(&world, "POST", &format!("{KEYS}/rotate")).await;
    let after = keys(&rotated);
    assert_eq!(after.iter().map(|(status, _)| &**status).collect::<Vec<_>>(), ["current", "next", "retired"]);
    assert_eq!((&after[0].1, &after[2].1), (&before[1].1, &before[0].1));
    assert!(rotated.json()["items"][2]["verifies_until"].is_string());
    assert_eq!(keys(&ask(&world, "GET", KEYS).await), after);
    assert!(is_active(&world, &token).await, "what was signed before is good");
}

#[tokio::test]
async fn a_revocation_makes_every_token_worthless_and_no_session() {
    let world = World::new().await;
    let session = world.sign_in().await["session"].clone();
    assert!(is_active(&world, &session["access_token"]).await, "the caches are warm");
    let before = keys(&ask(&world, "GET", KEYS).await);
    let after = keys(&ask(&world, "POST", &format!("{KEYS}/revoke")).await);
    assert_eq!(after.iter().map(|(status, _)| &**status).collect::<Vec<_>>(), ["current", "next"]);
    assert!(after.iter().all(|(_, kid)| before.iter().all(|(_, known)| kid != known)));
    assert!(!is_active(&world, &session["access_token"]).await);
    let body = json!({ "refresh_token": session["refresh_token"] }).to_string();
    let refreshed = world.send(Request::post("/v1/sessions/refresh", body)).await.json();
    assert!(is_active(&world, &refreshed["access_token"]).await, "the session goes on");
}

#[tokio::test]
async fn only_an_operators_key_opens_it() {
    let world = World::new().await;
    let (unknown, long) = (AdminKey::generate(&SystemEntropy), format!("ha_{}", "a".repeat(10_240)));
    for (method, path) in
        [("GET", KEYS.to_owned()), ("POST", format!("{KEYS}/rotate")), ("POST", format!("{KEYS}/revoke"))]
    {
        let request = || Request::new(method, &path);
        for request in [
            request(),
            request().key(&world.key),
            request().key(&world.other_key),
            request().key(unknown.expose()),
            request().key(&long),
            request().key(&world.admin_key.to_lowercase().replace("ha_", "HA_")),
            request().header("Authorization", &format!("Basic {}", world.admin_key)),
        ] {
            let answer = request.send(world.address).await;
            assert_eq!(answer.problem(), (401, "unauthenticated".to_owned()), "{method} {path}");
            assert_eq!(answer.header("www-authenticate"), Some("Bearer"));
        }
        let twice = request().key(&world.admin_key).key(&world.admin_key).send(world.address).await;
        assert_eq!(twice.problem(), (400, "invalid_header".to_owned()));
    }
    let key = &world.admin_key;
    let elsewhere = Request::get("/v1/sessions").key(key).send(world.address).await;
    assert_eq!(elsewhere.problem(), (401, "unauthenticated".to_owned()), "and opens nothing else");
    assert_eq!(keys(&ask(&world, "GET", KEYS).await).len(), 2, "nothing was rotated");
}

#[tokio::test]
async fn a_tenant_that_does_not_exist_has_no_keys() {
    let world = World::new().await;
    for tenant in ["nobody", "ACME", "%2e%2e", "acme%00"] {
        for (method, deed) in [("GET", ""), ("POST", "/rotate"), ("POST", "/revoke")] {
            let answer = ask(&world, method, &format!("/v1/admin/tenants/{tenant}/signing-keys{deed}")).await;
            assert_eq!(answer.problem(), (404, "not_found".to_owned()), "{tenant} {deed}");
        }
    }
    let answer = ask(&world, "DELETE", KEYS).await;
    assert_eq!((answer.problem().0, answer.header("allow")), (405, Some("GET")));
}
