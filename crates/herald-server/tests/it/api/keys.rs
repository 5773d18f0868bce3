//! Keys and scopes.

use herald_app::{Tenant, Tenants};
use herald_core::secret::Digest;
use herald_testkit::fake_provider::Person;

use super::{
    wire::{Request, document, exchange},
    world::World,
};

#[tokio::test]
async fn without_a_good_key_there_is_nothing() {
    let world = World::new().await;
    let get = || Request::get("/v1/logins");
    let long = format!("hk_{}", "a".repeat(10_240));
    let unknown = format!("hk_{}", "a".repeat(43));
    let revoked = &world.scoped["logins:read"];
    let mut tenants: Vec<Tenant> =
        world.herald.tenants().iter().map(|tenant| Tenant::clone(tenant)).collect();
    for tenant in &mut tenants {
        tenant.keys.retain(|key| key.sha256 != Digest::of(revoked));
    }
    tenants.retain(|tenant| tenant.id.as_str() == "acme");
    world.herald.replace_tenants(Tenants::new(tenants));
    let mut bodies = Vec::new();
    for (row, request) in [
        ("B1", get()),
        ("B2 empty", get().header("Authorization", "Bearer ")),
        ("B2 no key", get().header("Authorization", "Bearer")),
        ("B2 Basic", get().header("Authorization", &format!("Basic {}", world.key))),
        ("B3 unknown", get().key(&unknown)),
        ("B3 revoked", get().key(revoked)),
        ("B3 of a tenant that is gone", get().key(&world.other_key)),
        ("B5", Request::get(&format!("/v1/logins?api_key={}", world.key))),
        ("B6", get().key(&long)),
        ("lower case", get().key(&world.key.to_lowercase())),
    ] {
        let answer = exchange(world.address, &request.header("X-Request-Id", "same").bytes()).await;
        assert_eq!(answer.problem(), (401, "unauthenticated".to_owned()), "{row}");
        assert_eq!(answer.header("www-authenticate"), Some("Bearer"), "{row}");
        bodies.push(answer.body);
    }
    bodies.dedup();
    assert_eq!(bodies.len(), 1, "the same body, whatever was wrong");
}

#[tokio::test]
async fn two_keys_are_no_key() {
    let world = World::new().await;
    let request = Request::get("/v1/logins").key(&world.key).key(&world.key);
    let answer = exchange(world.address, &request.bytes()).await;
    assert_eq!(answer.problem(), (400, "invalid_header".to_owned()), "B4");
}

/// The address of a notification of acme that waits.
async fn notify(world: &World) -> String {
    let body = serde_json::json!({ "to": { "type": "phone", "phone_number": "+79001234567" },
        "message": { "type": "text", "text": "hi" }, "send_at": "2026-01-03T03:04:05Z" });
    let request = Request::post("/v1/notifications", body.to_string()).header("Idempotency-Key", "k");
    world.send(request).await.header("location").expect("an address").to_owned()
}

/// The address of a webhook endpoint of acme, to which nothing is sent.
async fn make_endpoint(world: &World) -> String {
    let body = r#"{"url":"https://shop.acme.example/events","events":["session.ended"]}"#;
    let answer = world.send(Request::post("/v1/webhook-endpoints", body)).await;
    answer.header("location").expect("an address").to_owned()
}

/// Which scope an operation needs, by its name; nothing for those that no tenant's key opens.
fn scope_of(operation: &str) -> Option<&'static str> {
    Some(match operation {
        "startLogin" | "claimLogin" | "cancelLogin" => "logins:write",
        "listLogins" | "getLogin" | "streamLoginEvents" => "logins:read",
        "sendNotification"
        | "sendNotificationBatch"
        | "cancelNotification"
        | "nextNotificationConnection"
        | "requeueNotification" => "notifications:write",
        "getNotification" | "listNotifications" => "notifications:read",
        "createWebhookEndpoint"
        | "listWebhookEndpoints"
        | "getWebhookEndpoint"
        | "updateWebhookEndpoint"
        | "deleteWebhookEndpoint"
        | "rotateWebhookSecret"
        | "testWebhookEndpoint"
        | "listWebhookDeliveries"
        | "replayWebhookDeliveries" => "webhooks:write",
        "verifyCredential" | "introspectToken" => "sessions:verify",
        "refreshSession" | "refreshCookies" | "endSessions" | "endSession" | "revokeToken" => {
            "sessions:write"
        }
        "listSessions" | "getSession" => "sessions:read",
        "getKeySet"
        | "getAuthorizationServerMetadata"
        | "getDeliveryState"
        | "listSigningKeys"
        | "rotateSigningKeys"
        | "revokeSigningKeys" => {
            return None;
        }
        other => panic!("{other} has no scope here: say which one it needs"),
    })
}

#[tokio::test]
async fn every_operation_needs_a_key_with_its_scope() {
    let world = World::new().await;
    let mut seen = 0;
    for (path, item) in document()["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            seen += 1;
            let name = operation["operationId"].as_str().unwrap();
            let Some(needed) = scope_of(name) else { continue };
            let path = path.replace("{id}", "log_00000000000000000000000001");
            let is_oauth = path.starts_with("/v1/oauth/");
            let code = if is_oauth { "invalid_client" } else { "unauthenticated" };
            let unauthenticated = (401, code.to_owned());
            let request = || {
                let request = Request::new(&method.to_uppercase(), &path);
                let form = operation.pointer("/requestBody/content/application~1x-www-form-urlencoded");
                match method.as_str() {
                    "post" if form.is_some() => Request::form(&path, &[]),
                    "post" => Request::post(&path, "{}"),
                    "patch" => Request::patch(&path, "{}"),
                    _ => request,
                }
            };
            let answer = request().send(world.address).await;
            assert_eq!(answer.refusal(&path), unauthenticated, "{name}");
            assert_eq!(answer.header("www-authenticate"), Some("Bearer"), "{name}");
            let answer = request().key(&world.admin_key).send(world.address).await;
            assert_eq!(answer.refusal(&path), unauthenticated, "{name} with an operator's key");
            for (scope, key) in &world.scoped {
                let answer = request().key(key).send(world.address).await;
                let is_refused = answer.status == 403;
                assert_eq!(is_refused, *scope != needed, "{name} with {scope}: {answer:?}");
                if is_refused {
                    assert_eq!(answer.refusal(&path).1, "insufficient_scope", "B7 {name} with {scope}");
                }
            }
        }
    }
    assert_eq!(seen, 37, "the document lists every operation");
}

#[tokio::test]
async fn what_belongs_to_another_tenant_is_as_unknown_as_what_does_not_exist() {
    let world = World::new().await;
    let session = world.sign_in().await["session"]["id"].as_str().unwrap().to_owned();
    world.person.person_is(Person::Silent);
    let (notification, endpoint) = (notify(&world).await, make_endpoint(&world).await);
    let login = world.start_usual().await;
    let id = login["id"].as_str().unwrap();
    let secret = login["claim_secret"].as_str().unwrap();
    let claim = format!(r#"{{"claim_secret":"{secret}"}}"#);
    for request in [
        Request::get(&format!("/v1/logins/{id}")),
        Request::get(&format!("/v1/logins/{id}")).header("Prefer", "wait=5"),
        Request::get(&format!("/v1/logins/{id}/events")),
        Request::post(&format!("/v1/logins/{id}/claim"), claim),
        Request::delete(&format!("/v1/logins/{id}")),
        Request::get(&format!("/v1/sessions/{session}")),
        Request::delete(&format!("/v1/sessions/{session}")),
        Request::get(&notification),
        Request::get(&notification).header("Prefer", "wait=5"),
        Request::post(&format!("{notification}/cancel"), ""),
        Request::post(&format!("{notification}/next"), ""),
        Request::post(&format!("{notification}/requeue"), ""),
        Request::get(&endpoint),
        Request::patch(&endpoint, r#"{"is_enabled":false}"#),
        Request::delete(&endpoint),
        Request::post(&format!("{endpoint}/rotate-secret"), ""),
        Request::post(&format!("{endpoint}/test"), ""),
        Request::post(&format!("{endpoint}/replay"), r#"{"since":"2026-01-01T00:00:00Z"}"#),
        Request::get(&format!("{endpoint}/deliveries")),
    ] {
        let answer = request.clone().key(&world.other_key).send(world.address).await;
        assert_eq!(answer.problem(), (404, "not_found".to_owned()), "B8 {request:?}");
    }
    for list in ["/v1/logins", "/v1/sessions", "/v1/notifications", "/v1/webhook-endpoints"] {
        let list = Request::get(list).key(&world.other_key).send(world.address).await;
        assert_eq!(list.json()["items"].as_array().unwrap().len(), 0, "B8");
    }
    let still = world.send(Request::get(&format!("/v1/logins/{id}"))).await;
    assert_eq!(still.json()["status"], "pending", "nothing was done to it");
    let still = world.send(Request::get(&format!("/v1/sessions/{session}"))).await;
    assert_eq!(still.json()["status"], "active", "nothing was done to it");
    let still = world.send(Request::get(&notification)).await;
    assert_eq!(still.json()["status"], "queued", "nothing was done to it");
    let still = world.send(Request::get(&endpoint)).await;
    assert_eq!(still.json()["is_enabled"], true, "nothing was done to it");
    let deliveries = world.send(Request::get(&format!("{endpoint}/deliveries"))).await.json();
    assert_eq!(deliveries["items"], serde_json::json!([]), "nothing was sent to it");
}
