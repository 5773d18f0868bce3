//! What anybody may know of a tenant: keys and endpoints.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use super::{
    wire::{Answer, Request},
    world::{PUBLIC_URL, World},
};

const KEYS: &str = "/t/acme/.well-known/jwks.json";
const METADATA: &str = "/.well-known/oauth-authorization-server/t/acme";

/// Asks without a key.
async fn get(world: &World, path: &str) -> Answer {
    Request::get(path).send(world.address).await
}

#[tokio::test]
async fn the_key_set_has_the_key_of_the_tokens_and_no_private_member() {
    let world = World::new().await;
    let claim = world.sign_in().await;
    let answer = get(&world, KEYS).await;
    assert_eq!((answer.status, answer.header("content-type")), (200, Some("application/json")));
    let keys = answer.json()["keys"].as_array().unwrap().clone();
    assert_eq!(keys.len(), 2, "the one that signs, and the one that will");
    for key in &keys {
        let members: Vec<_> = key.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(members, ["alg", "crv", "kid", "kty", "use", "x", "y"]);
        assert_eq!((&key["alg"], &key["use"]), (&json!("ES256"), &json!("sig")));
    }
    let token = claim["session"]["access_token"].as_str().unwrap();
    let header = URL_SAFE_NO_PAD.decode(token.split('.').next().unwrap()).unwrap();
    let header: Value = serde_json::from_slice(&header).unwrap();
    assert_eq!(header, json!({ "alg": "ES256", "typ": "at+jwt", "kid": keys[0]["kid"] }));
    let other = get(&world, "/t/beta/.well-known/jwks.json").await.json();
    assert!(other["keys"].as_array().unwrap().iter().all(|key| !keys.contains(key)), "each has its own");
}

#[tokio::test]
async fn the_metadata_leads_to_what_there_is() {
    let world = World::new().await;
    let answer = get(&world, METADATA).await;
    assert_eq!((answer.status, answer.header("content-type")), (200, Some("application/json")));
    let issuer = format!("{PUBLIC_URL}/t/acme");
    let metadata = answer.json();
    assert_eq!(
        metadata,
        json!({
            "issuer": issuer,
            "jwks_uri": format!("{issuer}/.well-known/jwks.json"),
            "introspection_endpoint": format!("{PUBLIC_URL}/v1/oauth/introspect"),
            "introspection_endpoint_auth_methods_supported": ["Bearer"],
            "revocation_endpoint": format!("{PUBLIC_URL}/v1/oauth/revoke"),
            "revocation_endpoint_auth_methods_supported": ["Bearer"],
            "response_types_supported": [],
            "grant_types_supported": [],
            "id_token_signing_alg_values_supported": ["ES256"],
            "backchannel_logout_supported": true,
            "backchannel_logout_session_supported": true,
        })
    );
    let keys = metadata["jwks_uri"].as_str().unwrap().strip_prefix(PUBLIC_URL).unwrap();
    assert_eq!(get(&world, keys).await.status, 200);
}

#[tokio::test]
async fn both_may_be_kept_and_asked_for_again_only_if_they_changed() {
    let world = World::new().await;
    for path in [KEYS, METADATA] {
        let answer = get(&world, path).await;
        assert_eq!(answer.header("cache-control"), Some("public, max-age=300"), "{path}");
        let tag = answer.header("etag").unwrap();
        assert_eq!(get(&world, path).await.header("etag"), Some(tag), "{path}");
        let again = Request::get(path).header("If-None-Match", tag).send(world.address).await;
        assert_eq!((again.status, &*again.body, again.header("etag")), (304, "", Some(tag)), "{path}");
        assert_eq!(again.header("cache-control"), Some("public, max-age=300"), "{path}");
        let other = Request::get(path).header("If-None-Match", "\"x\"").send(world.address).await;
        assert_eq!((other.status, other.body), (200, answer.body), "{path}");
    }
    let tag = get(&world, KEYS).await.header("etag").unwrap().to_owned();
    let rotate = Request::post("/v1/admin/tenants/acme/signing-keys/rotate", "").key(&world.admin_key);
    assert_eq!(rotate.send(world.address).await.status, 200);
    let changed = Request::get(KEYS).header("If-None-Match", &tag).send(world.address).await;
    assert_eq!((changed.status, changed.json()["keys"].as_array().unwrap().len()), (200, 3));
}

#[tokio::test]
async fn head_is_get_without_a_body() {
    let world = World::new().await;
    for path in [KEYS, METADATA] {
        let got = get(&world, path).await;
        let head = Request::new("HEAD", path).send(world.address).await;
        assert_eq!((head.status, head.body.as_str()), (200, ""), "{path}");
        for header in ["content-type", "content-length", "etag", "cache-control"] {
            assert_eq!(head.header(header), got.header(header), "{path} {header}");
        }
    }
    let nowhere = Request::new("HEAD", "/t/nobody/.well-known/jwks.json").send(world.address).await;
    assert_eq!((nowhere.status, nowhere.body.as_str()), (404, ""));
}

#[tokio::test]
async fn a_tenant_that_does_not_exist_has_nothing() {
    let world = World::new().await;
    for path in [
        "/t/nobody/.well-known/jwks.json",
        "/t/Acme/.well-known/jwks.json",
        "/t/%00/.well-known/jwks.json",
        "/t//.well-known/jwks.json",
        "/.well-known/oauth-authorization-server/t/nobody",
        "/.well-known/oauth-authorization-server/t/acme/",
        "/.well-known/oauth-authorization-server",
        "/.well-known/openid-configuration",
    ] {
        assert_eq!(get(&world, path).await.problem(), (404, "not_found".to_owned()), "{path}");
    }
    let posted = Request::post(KEYS, "{}").send(world.address).await;
    assert_eq!((posted.problem().0, posted.header("allow")), (405, Some("GET, HEAD")));
}
