//! Tokens that somebody presents.

use herald_core::{
    credential::{Credential, CredentialState, CredentialVerifier},
    error::ErrorKind,
    identity::Profile,
};
use herald_sandbox::Operation;
use jiff::Timestamp;
use serde_json::json;

use crate::harness::{Fixture, SLUG};

async fn active(verifier: &dyn CredentialVerifier, token: &str) -> (Profile, Option<Timestamp>) {
    match verifier.verify(Credential::Token(token)).await.expect("Antara answers") {
        CredentialState::Active { profile, expires_at, provider_session: None } => (*profile, expires_at),
        other => panic!("it should be active, of no session: {other:?}"),
    }
}

async fn is_active(verifier: &dyn CredentialVerifier, token: &str) -> bool {
    verifier.verify(Credential::Token(token)).await.expect("Antara answers") != CredentialState::NotActive
}

#[tokio::test]
async fn only_a_persons_token_is_recognised() {
    let fixture = Fixture::start().await;
    let verifier = fixture.antara().verifier;
    assert!(verifier.recognizes(Credential::Token("oit_abc")));
    for other in ["aat_abc", "cap_abc", "uat_abc", "eyJhbGciOiJSUzI1NiJ9.e30.x", "oit_", ""] {
        assert!(!verifier.recognizes(Credential::Token(other)), "{other}");
        assert!(!is_active(&*verifier, other).await, "{other}");
    }
    assert!(!verifier.recognizes(Credential::Cookies("oit_abc=oit_abc")));
    assert_eq!(fixture.requests(Operation::Introspect), 0);
}

#[tokio::test]
async fn a_token_given_to_this_app_is_its_person() {
    let fixture = Fixture::with(|switches| switches.circle_id = Some("circle-1".to_owned())).await;
    let verifier = fixture.antara().verifier;
    let token = fixture.control().antara().issue_identity_token(None, None, &["identity.read"]).unwrap();
    let (profile, expires_at) = active(&*verifier, &token).await;
    assert_eq!((profile.user_key.as_str(), profile.name.as_deref()), (SLUG, Some("Ivan Petrov")));
    assert_eq!(profile.attributes.slug.as_deref(), Some(SLUG));
    assert_eq!(profile.attributes.circle_id.as_deref(), Some("circle-1"));
    assert_eq!(profile.attributes.scopes.unwrap(), ["identity.read"]);
    assert_eq!(expires_at.unwrap().as_second(), fixture.control().now().as_second() + 3600);
    fixture.control().antara().revoke_circle("circle-1");
    assert!(!is_active(&*verifier, &token).await, "the circle's owner revoked it");
}

#[tokio::test]
async fn a_token_of_another_app_is_not_active() {
    let fixture = Fixture::start().await;
    let verifier = fixture.antara().verifier;
    let others =
        fixture.control().antara().issue_identity_token(None, Some("another-app"), &["identity.read"]);
    assert!(!is_active(&*verifier, &others.unwrap()).await);
    let good = json!({ "active": true, "audience": fixture.config().client_id });
    for body in [
        json!({ "active": true }),
        json!({ "active": true, "audience": null }),
        json!({ "active": true, "audience": [fixture.config().client_id] }),
        json!({ "active": false, "audience": fixture.config().client_id }),
        json!({ "active": true, "audience": fixture.config().client_id, "expiresAt": 1_000 }),
    ] {
        fixture.answer_once(Operation::Introspect, 200, json!({ "data": body }));
        assert!(!is_active(&*verifier, "oit_abc").await, "{body}");
    }
    assert_eq!(fixture.requests(Operation::Lookup), 0);
    fixture.answer_once(Operation::Introspect, 200, good);
    fixture.answer_once(Operation::Lookup, 200, json!({ "slug": "s1", "displayAlias": "A", "active": true }));
    assert!(is_active(&*verifier, "oit_abc").await, "a bare answer will do");
}

#[tokio::test]
async fn what_is_not_active_is_a_value() {
    let fixture = Fixture::start().await;
    let verifier = fixture.antara().verifier;
    let antara = fixture.control().antara();
    assert!(!is_active(&*verifier, "oit_unknown").await);
    let revoked = antara.issue_identity_token(None, None, &["identity.read"]).unwrap();
    antara.revoke(&revoked);
    assert!(!is_active(&*verifier, &revoked).await);
    let expired = antara.issue_identity_token(None, None, &["identity.read"]).unwrap();
    fixture.advance(3_601);
    assert!(!is_active(&*verifier, &expired).await);
    for status in [400, 401, 404, 422] {
        fixture.answer_once(Operation::Introspect, status, json!({}));
        assert!(!is_active(&*verifier, "oit_abc").await, "{status}");
    }
}

#[tokio::test]
async fn an_antara_that_is_down_is_an_error_and_not_a_verdict() {
    let fixture = Fixture::start().await;
    let verifier = fixture.antara().verifier;
    let token = fixture.control().antara().issue_identity_token(None, None, &["identity.read"]).unwrap();
    for operation in [Operation::Introspect, Operation::Lookup] {
        fixture.answer_once(operation, 503, json!({}));
        let error = verifier.verify(Credential::Token(&token)).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unavailable);
    }
    let unscoped = fixture.control().antara().issue_identity_token(None, None, &["profile.basic"]).unwrap();
    let error = verifier.verify(Credential::Token(&unscoped)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Misconfigured, "identity.read was not asked for");
}

#[tokio::test]
async fn userinfo_gives_a_name_where_lookup_has_none_and_may_fail() {
    let fixture = Fixture::start().await;
    let verifier = fixture.antara().verifier;
    let token = fixture.control().antara().issue_identity_token(None, None, &["identity.read"]).unwrap();
    let nameless = || {
        fixture.answer_once(
            Operation::Lookup,
            200,
            json!({ "slug": SLUG, "displayAlias": null, "active": true }),
        );
    };
    nameless();
    let (profile, _) = active(&*verifier, &token).await;
    assert_eq!(
        (profile.name.as_deref(), profile.attributes.trust_level.as_deref()),
        (Some("Ivan Petrov"), Some("L1"))
    );
    nameless();
    fixture.answer_once(Operation::Userinfo, 500, json!({}));
    assert_eq!(active(&*verifier, &token).await.0.name, None);
}
