//! Tokens verified here: HS256 with a configured key, and nothing else.

use herald_authara::Verify;
use herald_core::credential::{Credential, CredentialVerifier};
use serde_json::{Value, json};

use crate::harness::{Fixture, IVAN, is_active, is_rejected, person};

fn claims(fixture: &Fixture) -> Value {
    let now = fixture.control().now().as_second();
    json!({
        "sub": IVAN, "sid": "s1", "org_id": "o1", "org_role": "member", "roles": null,
        "iss": fixture.sandbox.credentials().authara.issuer, "aud": ["app"], "iat": now, "exp": now + 600,
    })
}

async fn is_good(
    fixture: &Fixture,
    verifier: &dyn CredentialVerifier,
    change: impl FnOnce(&mut Value),
) -> bool {
    let mut claims = claims(fixture);
    change(&mut claims);
    is_active(verifier, Credential::Token(&fixture.control().authara().sign(&claims))).await
}

#[tokio::test]
async fn a_token_is_verified_without_a_call() {
    let fixture = Fixture::local().await;
    let provider = fixture.login();
    let issued_at = fixture.control().now().as_second();
    let session = fixture.sign_in();
    fixture.advance(60);
    let answer = fixture.redeemed(&*provider, &session).await;
    let profile = person(&*provider, &answer).await;
    assert_eq!(profile.user_key, IVAN);
    assert_eq!(profile.authenticated_at.as_second(), issued_at);
    assert_eq!(profile.attributes.roles, Some(Vec::new()), "null in the token");
    let organization = profile.attributes.organization.unwrap();
    assert_eq!((organization.name, organization.role.as_deref()), (None, Some("member")));
    assert!(profile.email.is_none() && profile.preferred_username.is_none());
    assert_eq!(fixture.requests(), 0);
    fixture.advance(3_600);
    assert_eq!(person(&*provider, &answer).await.user_key, IVAN, "it held when it was looked at");
}

#[tokio::test]
async fn a_token_that_is_over_signs_nobody_in() {
    let fixture = Fixture::local().await;
    let provider = fixture.login();
    let session = fixture.sign_in();
    fixture.advance(631);
    assert!(is_rejected(&*provider, &fixture.redeemed(&*provider, &session).await).await);
    assert!(!is_active(&*fixture.verifier(), Credential::Token(&session.access_token)).await);
}

#[tokio::test]
async fn every_claim_that_matters_is_checked() {
    let fixture = Fixture::local().await;
    let verifier = fixture.verifier();
    assert!(is_good(&fixture, &*verifier, |_| {}).await);
    assert!(is_good(&fixture, &*verifier, |claims| claims["aud"] = json!(["admin", "app"])).await);
    assert!(is_good(&fixture, &*verifier, |claims| claims["roles"] = json!(["authara:admin"])).await);
    for older in ["org_id", "org_role", "sid", "roles"] {
        assert!(
            is_good(&fixture, &*verifier, |claims| drop(claims.as_object_mut().unwrap().remove(older))).await
        );
    }
    for needed in ["sub", "iss", "aud", "exp", "iat"] {
        let without = |claims: &mut Value| drop(claims.as_object_mut().unwrap().remove(needed));
        assert!(!is_good(&fixture, &*verifier, without).await, "{needed}");
    }
    let now = fixture.control().now().as_second();
    let bad = [
        ("sub", json!("")),
        ("sub", json!(7)),
        ("iss", json!("authara/")),
        ("iss", json!(["authara"])),
        ("aud", json!(["admin"])),
        ("exp", json!(now - 31)),
        ("exp", json!((now + 600).to_string())),
        ("exp", json!(now + 100_000)),
        ("iat", json!(now + 86_400)),
        ("nbf", json!(now + 86_400)),
    ];
    for (name, value) in bad {
        let changed = |claims: &mut Value| claims[name] = value.clone();
        assert!(!is_good(&fixture, &*verifier, changed).await, "{name} {value}");
    }
}

#[tokio::test]
async fn a_key_that_is_not_configured_verifies_nothing() {
    let fixture = Fixture::local().await;
    let (provider, verifier) = (fixture.login(), fixture.verifier());
    fixture.control().authara().rotate_keys(true);
    let session = fixture.sign_in();
    assert!(!verifier.recognizes(Credential::Token(&session.access_token)));
    assert!(!is_active(&*verifier, Credential::Token(&session.access_token)).await);
    assert!(is_rejected(&*provider, &fixture.redeemed(&*provider, &session).await).await);
    let reconfigured = fixture.verifier();
    assert!(reconfigured.recognizes(Credential::Token(&session.access_token)));
    assert!(is_active(&*reconfigured, Credential::Token(&session.access_token)).await);
}

#[tokio::test]
async fn a_configured_name_with_another_key_verifies_nothing() {
    let fixture = Fixture::local().await;
    let mut config = fixture.config();
    let Verify::Local { keys, .. } = &mut config.verify else { panic!("local") };
    keys[0].1 = vec![7; 32].into();
    let verifier = fixture.open(config).unwrap().verifier;
    let session = fixture.sign_in();
    assert!(verifier.recognizes(Credential::Token(&session.access_token)));
    assert!(!is_active(&*verifier, Credential::Token(&session.access_token)).await);
}

#[tokio::test]
async fn what_local_verification_cannot_see_is_known() {
    let fixture = Fixture::local().await;
    let session = fixture.sign_in();
    fixture.control().authara().set_disabled("ivan", true).unwrap();
    fixture.control().authara().end_session(&session.session_id).unwrap();
    assert!(is_active(&*fixture.verifier(), Credential::Token(&session.access_token)).await);
}
