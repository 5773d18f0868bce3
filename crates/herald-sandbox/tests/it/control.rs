//! The control API over HTTP: what README's curl lines do.

use herald_sandbox::{Provider, Sandbox, SandboxConfig};
use serde_json::{Value, json};

use crate::antara_login::authorize_path;
use crate::antirius_login::{begin, poll};
use crate::client::{World, param};

async fn post(world: &World, path: &str, body: &Value) -> Value {
    let answer = world.post(path, body, &[]).await;
    assert!(matches!(answer.status, 200 | 204), "{path}: {} {}", answer.status, answer.body);
    answer.body
}

#[tokio::test]
async fn the_latest_antirius_session_is_confirmed_by_one_line() {
    let world = World::start(SandboxConfig::default()).await;
    let id = begin(&world).await;
    let call = world.call("POST", "/control/antirius/sessions/latest/confirm", &[]);
    let answer = world.try_send(call).await.expect("an answer");
    assert_eq!(
        (answer.status, &answer.body["status"], &answer.body["id"]),
        (200, &json!("confirmed"), &json!(id))
    );
    let again = world.post("/control/antirius/sessions/latest/confirm", &json!({}), &[]).await;
    assert_eq!((again.status, &again.body["error"]["code"]), (409, &json!("not_possible")));
    assert_eq!(world.post("/control/antirius/sessions/latest/dance", &json!({}), &[]).await.status, 404);
    assert_eq!(world.post("/control/antirius/sessions/nope/open", &json!({}), &[]).await.status, 404);
    let other = begin(&world).await;
    let body = json!({ "person": "+79007654321", "messenger": "whatsapp" });
    post(&world, &format!("/control/antirius/sessions/{other}/confirm"), &body).await;
    assert_eq!(poll(&world, &other, "").await.body["user"]["first_name"], "Anna");
    assert_eq!(world.get("/control/antirius/sessions", &[]).await.body["items"][0]["id"], json!(id));
}

#[tokio::test]
async fn an_antara_authorization_is_completed_without_a_browser() {
    let world = World::start(SandboxConfig::default()).await;
    let url = world.url(&authorize_path(&[]));
    let yes =
        post(&world, "/control/antara/authorize", &json!({ "authorize_url": url, "user": "hT4wZbL8sYc3" }))
            .await;
    let back = yes["callback_url"].as_str().expect("an address");
    assert!(param(back, "code").is_some() && param(back, "state").as_deref() == Some("st-1"));
    let no =
        post(&world, "/control/antara/authorize", &json!({ "authorize_url": url, "decision": "refuse" }))
            .await;
    assert_eq!(
        param(no["callback_url"].as_str().expect("an address"), "error").as_deref(),
        Some("access_denied")
    );
    let bad = json!({ "authorize_url": url, "decision": "maybe" });
    assert_eq!(world.post("/control/antara/authorize", &bad, &[]).await.status, 400);
}

#[tokio::test]
async fn an_authara_user_is_signed_in_without_a_browser() {
    let world = World::start(SandboxConfig::default()).await;
    let signed_in = post(&world, "/control/authara/sign-in", &json!({ "user": "anna@demo.example" })).await;
    let cookie = signed_in["cookie"].as_str().expect("a header");
    let user = world.get("/auth/api/v1/user", &[("cookie", cookie)]).await;
    assert_eq!(user.body["roles"], json!(["authara:admin"]));
    let answer =
        world.send("PATCH", "/control/authara/users/anna@demo.example", &json!({ "disabled": true })).await;
    assert_eq!(answer.status, 200);
    let user = world.get("/auth/api/v1/user", &[("cookie", cookie)]).await;
    assert_eq!(user.body["disabled"], true);
    assert_eq!(world.post("/control/authara/sign-in", &json!({ "user": "nobody" }), &[]).await.status, 404);
}

#[tokio::test]
async fn switches_are_patched_and_unknown_ones_refused() {
    let world = World::start(SandboxConfig::default()).await;
    for (provider, patch) in [
        ("antara", json!({ "flat_errors": true })),
        ("antirius", json!({ "messengers": ["max"] })),
        ("authara", json!({ "rotation": "always", "has_redis": true })),
    ] {
        let path = format!("/control/{provider}/switches");
        let answer = world.send("PATCH", &path, &patch).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        let (name, value) = patch.as_object().expect("an object").iter().next().expect("a member");
        assert_eq!(&world.get(&path, &[]).await.body[name], value);
        assert_eq!(world.send("PATCH", &path, &json!({ "nope": 1 })).await.status, 400);
    }
    assert!(world.sandbox.control().authara().switches().has_redis);
}

#[tokio::test]
async fn time_faults_ledger_and_counters_are_told_and_reset() {
    let world = World::start(SandboxConfig::default()).await;
    let id = begin(&world).await;
    let clock = post(&world, "/control/clock/advance", &json!({ "seconds": 301 })).await;
    assert_eq!(clock["advanced_seconds"], 301);
    assert_eq!(poll(&world, &id, "?type=status").await.body["status"], "expired");
    let fault = json!({ "provider": "antirius", "operation": "status", "times": 1, "effect": { "type": "status", "status": 500 } });
    post(&world, "/control/faults", &fault).await;
    assert_eq!(poll(&world, &id, "?type=status").await.status, 500);
    let nonsense = json!({ "provider": "antirius", "effect": { "type": "nope" } });
    assert_eq!(world.post("/control/faults", &nonsense, &[]).await.status, 400);
    assert_eq!(
        world.get("/control/counters", &[]).await.body["antirius"],
        json!({ "begin": 1, "status": 2 })
    );
    let ledger = world.get("/control/ledger?provider=antirius&operation=begin", &[]).await.body;
    assert_eq!((&ledger["items"][0]["recipient"], &ledger["items"][0]["sequence"]), (&json!(id), &json!(1)));
    post(&world, "/control/reset", &json!({})).await;
    assert_eq!(world.get("/control/ledger", &[]).await.body["items"], json!([]));
    assert_eq!(poll(&world, &id, "?type=status").await.status, 404);
}

#[tokio::test]
async fn keys_tokens_and_reachability_are_at_hand() {
    let world = World::start(SandboxConfig::default()).await;
    let kid = post(&world, "/control/antirius/keys/rotate", &json!({})).await["kid"].clone();
    assert_eq!(world.get("/.well-known/jwks.json", &[]).await.body["keys"][0]["kid"], kid);
    assert!(post(&world, "/control/antirius/sign", &json!({ "a": 1 })).await["token"].is_string());
    assert!(post(&world, "/control/authara/sign", &json!({ "a": 1 })).await["token"].is_string());
    post(&world, "/control/antirius/reachable", &json!({ "phone": "+16502530000" })).await;
    let token =
        post(&world, "/control/antara/tokens", &json!({ "kind": "capability" })).await["token"].clone();
    assert!(token.as_str().expect("a token").starts_with("cap_"));
    let revoked = post(&world, "/control/antara/tokens/revoke", &json!({ "token": token })).await;
    assert_eq!(revoked["revoked_count"], 1);
    let credentials = world.get("/control/credentials", &[]).await.body;
    assert_eq!(credentials["antirius"]["app_id"], "683f1a2b3c4d5e6f70819a2b");
}

#[tokio::test]
async fn the_start_page_tells_what_is_accepted() {
    let world = World::start(SandboxConfig::default()).await;
    let (status, page) = world.text("/", &[]).await;
    assert_eq!(status, 200);
    for word in
        ["3f0c8a52-6d1e-4b7a-9c35-5a2b7e9d1c40", "sandbox-message-token-9f2c4e6a", "ivan@demo.example"]
    {
        assert!(page.contains(word), "{word}");
    }
}

#[tokio::test]
async fn one_provider_alone_answers_nothing_of_the_others() {
    let world = World::only(Provider::Authara).await;
    assert_eq!(world.get("/auth/api/v1/csrf", &[]).await.status, 200);
    assert_eq!(world.get("/.well-known/jwks.json", &[]).await.status, 404);
    assert_eq!(world.get("/.well-known/openid-configuration", &[]).await.status, 404);
}

#[tokio::test]
async fn a_stopped_sandbox_gives_its_port_back() {
    let first = Sandbox::start(SandboxConfig::default()).await.expect("it starts");
    let port = first.url().port().expect("a port");
    first.stop().await;
    let listen = std::net::SocketAddr::from(([127, 0, 0, 1], port));
    let config =
        SandboxConfig { listen, public_host: Some("localhost".to_owned()), ..SandboxConfig::default() };
    let second = Sandbox::start(config).await.expect("the port is free");
    assert_eq!(second.base_url(), format!("http://localhost:{port}"));
}
