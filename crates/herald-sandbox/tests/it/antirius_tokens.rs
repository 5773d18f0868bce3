//! Antirius: the token, its claims and its keys.

use herald_sandbox::Provider;
use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde_json::{Value, json};

use crate::antirius_login::{begin, poll};
use crate::client::World;

async fn consume(world: &World) -> Value {
    let id = begin(world).await;
    world.sandbox.control().antirius().confirm(&id).expect("a pending session");
    poll(world, &id, "?type=full").await.body
}

async fn key_set(world: &World) -> JwkSet {
    let answer = world.get("/.well-known/jwks.json", &[]).await;
    serde_json::from_value(answer.body).expect("a key set")
}

#[expect(clippy::disallowed_methods, reason = "the test reads the token as any other verifier would")]
fn kid(token: &str) -> String {
    let header = jsonwebtoken::decode_header(token).expect("a JWT");
    assert_eq!(header.alg, Algorithm::RS256);
    header.kid.expect("a kid")
}

#[expect(clippy::disallowed_methods, reason = "the test reads the token as any other verifier would")]
fn claims(token: &str, keys: &JwkSet) -> Option<Value> {
    let jwk = keys.find(&kid(token))?;
    let mut rules = Validation::new(Algorithm::RS256);
    rules.validate_aud = false;
    let key = DecodingKey::from_jwk(jwk).expect("a key");
    let read = jsonwebtoken::decode::<Value>(token, &key, &rules);
    Some(read.expect("a good signature").claims)
}

#[tokio::test]
async fn the_token_has_exactly_the_documented_claims() {
    let world = World::only(Provider::Antirius).await;
    let full = consume(&world).await;
    let keys = key_set(&world).await;
    let claims = claims(full["token"].as_str().expect("a token"), &keys).expect("a published key");
    let names: Vec<&String> = claims.as_object().expect("an object").keys().collect();
    let expected = [
        "_id",
        "app_id",
        "exp",
        "first_name",
        "iat",
        "iss",
        "last_name",
        "phone",
        "type",
        "user_id",
        "username",
    ];
    assert_eq!(names, expected);
    assert_eq!(
        (&claims["iss"], &claims["phone"]),
        (&json!(world.sandbox.base_url()), &json!("+79001234567"))
    );
    assert_eq!(claims["exp"].as_i64().expect("a time") - claims["iat"].as_i64().expect("a time"), 3600);
    for member in ["_id", "user_id", "type", "first_name", "last_name", "username", "phone"] {
        assert_eq!(claims[member], full["user"][member], "{member}");
    }
    assert_ne!(full["expires_at"], Value::Null);
}

#[tokio::test]
async fn keys_rotate_with_or_without_the_old_one() {
    let world = World::only(Provider::Antirius).await;
    let first = consume(&world).await["token"].as_str().expect("a token").to_owned();
    let antirius = world.sandbox.control().antirius();
    let second_kid = antirius.rotate_keys(true);
    let keys = key_set(&world).await;
    assert_eq!(keys.keys.len(), 2);
    assert!(claims(&first, &keys).is_some(), "the old key is kept");
    let second = consume(&world).await["token"].as_str().expect("a token").to_owned();
    assert_eq!(kid(&second), second_kid);
    antirius.rotate_keys(false);
    let keys = key_set(&world).await;
    assert_eq!(keys.keys.len(), 1);
    assert!(claims(&first, &keys).is_none() && claims(&second, &keys).is_none());
}

#[tokio::test]
async fn hostile_answers_are_given_on_demand() {
    let world = World::only(Provider::Antirius).await;
    let antirius = world.sandbox.control().antirius();
    antirius.switch(|switches| {
        switches.user_id_mismatch = true;
        switches.app_id_mismatch = true;
        switches.phone_null = true;
        switches.claims_patch.insert("iss".to_owned(), json!("https://evil.example"));
        switches.claims_removed.push("username".to_owned());
        switches.jwks_without_alg = true;
    });
    let full = consume(&world).await;
    let raw = world.get("/.well-known/jwks.json", &[]).await.body;
    assert!(raw["keys"][0].get("alg").is_none() && raw["keys"][0]["use"] == "sig");
    let claims =
        claims(full["token"].as_str().expect("a token"), &key_set(&world).await).expect("a known key");
    assert_ne!(full["user"]["_id"], claims["_id"]);
    assert_eq!((&claims["app_id"], &claims["phone"]), (&json!("000000000000000000000000"), &Value::Null));
    assert_eq!((&claims["iss"], claims.get("username")), (&json!("https://evil.example"), None));
}
