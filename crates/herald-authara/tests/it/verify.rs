//! Tokens that somebody presents, verified by the server.

use herald_core::{
    credential::{Credential, CredentialState},
    error::ErrorKind,
};
use serde_json::json;

use crate::harness::{Fixture, IVAN, is_active};

/// `{"alg":"RS256","kid":"k"}`, `{"alg":"HS256"}` and `{"alg":"none","kid":"k"}` with empty claims.
const FOREIGN: [&str; 3] = [
    "eyJhbGciOiJSUzI1NiIsImtpZCI6ImsifQ.e30.c2ln",
    "eyJhbGciOiJIUzI1NiJ9.e30.c2ln",
    "eyJhbGciOiJub25lIiwia2lkIjoiayJ9.e30.c2ln",
];

#[tokio::test]
async fn an_hs256_token_and_a_session_cookie_are_recognised() {
    let fixture = Fixture::remote().await;
    let verifier = fixture.verifier();
    let session = fixture.sign_in();
    assert!(verifier.recognizes(Credential::Token(&session.access_token)));
    assert!(verifier.recognizes(Credential::Cookies(&session.cookie)));
    for foreign in FOREIGN.into_iter().chain(["oit_abc", "a.b.c", ""]) {
        assert!(!verifier.recognizes(Credential::Token(foreign)), "{foreign}");
    }
    assert!(!verifier.recognizes(Credential::Cookies("authara_refresh=abc; theme=dark")));
    assert_eq!(fixture.requests(), 0);
}

#[tokio::test]
async fn a_session_is_its_person_by_token_and_by_cookie() {
    for fixture in [Fixture::remote().await, Fixture::local().await] {
        let verifier = fixture.verifier();
        let session = fixture.sign_in();
        let ends_at = fixture.control().now().as_second() + 600;
        for credential in [Credential::Token(&session.access_token), Credential::Cookies(&session.cookie)] {
            let state = verifier.verify(credential).await.unwrap();
            let CredentialState::Active { profile, expires_at, provider_session } = state else {
                panic!("{credential:?}")
            };
            assert_eq!(profile.user_key, IVAN);
            assert_eq!(expires_at.unwrap().as_second(), ends_at);
            assert_eq!(provider_session.as_deref(), Some(session.session_id.as_str()));
        }
    }
}

#[tokio::test]
async fn of_cookies_the_access_token_and_nothing_else_makes_two_the_same() {
    for fixture in [Fixture::remote().await, Fixture::local().await] {
        let verifier = fixture.verifier();
        let digest = |header: &str| verifier.digest(Credential::Cookies(header));
        let one = digest("authara_access=a.b.c");
        for same in [
            "theme=dark; authara_access=a.b.c",
            "authara_access=a.b.c; authara_refresh=r1; authara_csrf=c1",
            "authara_refresh=r2;authara_access=a.b.c ;theme=light",
        ] {
            assert_eq!(digest(same), one, "{same}");
        }
        let two = "authara_access=x.y.z; authara_access=a.b.c";
        for other in ["", "authara_access=", "authara_access=a.b.d", "Authara_Access=a.b.c", two] {
            assert_ne!(digest(other), one, "{other}");
        }
        assert_ne!(digest(two), digest("authara_access=x.y.z"));
        let whole = |token| verifier.digest(Credential::Token(token));
        assert!(whole("a.b.c") == whole("a.b.c") && whole("a.b.c") != whole("a.b.d"));
        assert_eq!(fixture.requests(), 0);
    }
}

#[tokio::test]
async fn what_is_not_active_is_a_value() {
    let fixture = Fixture::remote().await;
    let verifier = fixture.verifier();
    let authara = fixture.control().authara();
    for bad in FOREIGN.into_iter().chain(["", "a b", "a;authara_access=b"]) {
        assert!(!is_active(&*verifier, Credential::Token(bad)).await, "{bad}");
    }
    assert!(!is_active(&*verifier, Credential::Cookies("")).await);
    let gone = fixture.sign_in();
    fixture.advance(601);
    assert!(!is_active(&*verifier, Credential::Cookies(&gone.cookie)).await, "expired");
    let dropped = fixture.sign_in();
    authara.rotate_keys(false);
    assert!(!is_active(&*verifier, Credential::Cookies(&dropped.cookie)).await, "its key was dropped");
    let ended = fixture.sign_in();
    authara.end_session(&ended.session_id).unwrap();
    assert!(
        is_active(&*verifier, Credential::Cookies(&ended.cookie)).await,
        "a server without its cache cannot see it"
    );
    authara.switch(|switches| switches.has_redis = true);
    assert!(!is_active(&*verifier, Credential::Cookies(&ended.cookie)).await, "ended");
    let disabled = fixture.sign_in();
    authara.set_disabled("ivan", true).unwrap();
    assert!(!is_active(&*verifier, Credential::Cookies(&disabled.cookie)).await, "disabled");
}

#[tokio::test]
async fn several_session_cookies_are_nobodys() {
    for fixture in [Fixture::remote().await, Fixture::local().await] {
        let verifier = fixture.verifier();
        let (mine, tossed) = (fixture.sign_in(), fixture.sign_in());
        let header = format!("authara_access={}; {}", tossed.access_token, mine.cookie);
        assert!(verifier.recognizes(Credential::Cookies(&header)));
        assert!(!is_active(&*verifier, Credential::Cookies(&header)).await);
        assert_eq!(fixture.requests(), 0);
    }
}

#[tokio::test]
async fn an_authara_that_is_down_is_an_error_and_not_a_verdict() {
    let fixture = Fixture::remote().await;
    let verifier = fixture.verifier();
    let session = fixture.sign_in();
    for (status, kind) in
        [(500, ErrorKind::Unavailable), (429, ErrorKind::RateLimited), (302, ErrorKind::Protocol)]
    {
        fixture.answer_once(status, json!({ "error": { "code": "internal_error" } }));
        let error = verifier.verify(Credential::Cookies(&session.cookie)).await.unwrap_err();
        assert_eq!((error.kind(), error.provider_code()), (kind, Some("internal_error")), "{status}");
    }
}

#[tokio::test]
async fn a_success_without_a_person_is_not_active() {
    let fixture = Fixture::remote().await;
    let verifier = fixture.verifier();
    let session = fixture.sign_in();
    for user in [json!({}), json!({ "id": null }), json!({ "id": IVAN, "disabled": "yes" })] {
        fixture.answer_once(200, user.clone());
        assert!(!is_active(&*verifier, Credential::Cookies(&session.cookie)).await, "{user}");
    }
}
