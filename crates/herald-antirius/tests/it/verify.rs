//! Tokens that somebody presents.

use std::time::Duration;

use herald_core::{
    credential::{Credential, CredentialState},
    error::ErrorKind,
};
use herald_sandbox::Operation;
use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::harness::{Bench, NOW, PERSON, PHONE, after, status, verdict};

fn claims(bench: &Bench) -> Value {
    json!({ "_id": PERSON, "user_id": "1", "type": "telegram", "phone": PHONE, "first_name": "Ivan", "last_name": null,
        "username": null, "app_id": bench.config.app_id, "iss": bench.config.issuer, "iat": NOW.as_second(),
        "exp": NOW.as_second() + 3600 })
}

fn with(bench: &Bench, name: &str, value: Value) -> String {
    let mut claims = claims(bench);
    claims[name] = value;
    bench.control().sign(&claims)
}

async fn state(bench: &Bench, token: &str) -> CredentialState {
    bench.antirius.verifier.verify(Credential::Token(token)).await.unwrap()
}

#[tokio::test]
async fn a_good_token_is_active() {
    let bench = Bench::new().await;
    let token = bench.control().sign(&claims(&bench));
    assert!(bench.antirius.verifier.recognizes(Credential::Token(&token)));
    let CredentialState::Active { profile, expires_at, provider_session: None } = state(&bench, &token).await
    else {
        panic!("it is good")
    };
    assert_eq!(profile.user_key, PERSON);
    assert_eq!(profile.authenticated_at, NOW);
    assert_eq!(expires_at, Some(NOW + Duration::from_secs(3600)));
}

#[tokio::test]
async fn a_token_ends() {
    let bench = Bench::new().await;
    let token = bench.control().sign(&claims(&bench));
    bench.clock.advance(SignedDuration::from_secs(3600 + 29));
    assert!(matches!(state(&bench, &token).await, CredentialState::Active { .. }));
    bench.clock.advance(SignedDuration::from_secs(1));
    assert_eq!(state(&bench, &token).await, CredentialState::NotActive);
}

#[tokio::test]
async fn only_tokens_of_this_app_are_recognised() {
    let bench = Bench::new().await;
    for foreign in [
        with(&bench, "app_id", json!("000000000000000000000000")),
        with(&bench, "app_id", json!([bench.config.app_id])),
        with(&bench, "iss", json!("https://id.antirius.com")),
        "oit_0123456789".to_owned(),
        String::new(),
        "eyJhbGciOiJIUzI1NiJ9.e30.AAAA".to_owned(),
    ] {
        assert!(!bench.antirius.verifier.recognizes(Credential::Token(&foreign)), "{foreign}");
        assert_eq!(state(&bench, &foreign).await, CredentialState::NotActive, "{foreign}");
    }
    let cookies = Credential::Cookies("authara_access=x");
    assert!(!bench.antirius.verifier.recognizes(cookies));
    assert_eq!(bench.antirius.verifier.verify(cookies).await.unwrap(), CredentialState::NotActive);
    assert_eq!(bench.requests(Operation::Jwks), 0, "a foreign token asks nobody for keys");
}

#[tokio::test]
async fn what_is_recognised_is_still_checked_in_full() {
    let bench = Bench::new().await;
    for bad in [
        with(&bench, "exp", json!(NOW.as_second() - 31)),
        with(&bench, "iat", json!(NOW.as_second() + 31)),
        with(&bench, "_id", json!("x")),
        with(&bench, "phone", json!(null)),
    ] {
        assert!(bench.antirius.verifier.recognizes(Credential::Token(&bad)));
        assert_eq!(state(&bench, &bad).await, CredentialState::NotActive);
    }
    let good = bench.control().sign(&claims(&bench));
    let (signed, signature) = good.rsplit_once('.').unwrap();
    let forged = format!("{signed}.AAAA{}", &signature[4..]);
    assert_eq!(state(&bench, &forged).await, CredentialState::NotActive);
}

#[tokio::test]
async fn a_flood_of_unknown_keys_is_not_passed_on() {
    let bench = Bench::new().await;
    let good = bench.control().sign(&claims(&bench));
    assert!(matches!(state(&bench, &good).await, CredentialState::Active { .. }));
    // Tokens of keys that are not in the set: signed by another sandbox.
    let other = Bench::new().await;
    for _ in 0..100 {
        let stranger = other.control().sign(&claims(&bench));
        assert_eq!(state(&bench, &stranger).await, CredentialState::NotActive);
    }
    assert_eq!(bench.requests(Operation::Jwks), 1);
}

#[tokio::test]
async fn without_keys_nobody_can_say() {
    let bench = Bench::new().await;
    bench.breaks(Operation::Jwks, status(503));
    let token = bench.control().sign(&claims(&bench));
    let checked = bench.antirius.verifier.verify(Credential::Token(&token)).await;
    assert_eq!(verdict(checked), (ErrorKind::Unavailable, after(30)));
    bench.heal();
    bench.clock.advance(SignedDuration::from_secs(30));
    assert!(matches!(state(&bench, &token).await, CredentialState::Active { .. }));
}
