//! What is special about Authara's logins.

use std::time::Duration;

use herald_core::{
    clock::Clock as _,
    error::{ErrorKind, Retry},
    provider::{Answer, IdentityProvider, Look, Observed, Progress, Rejection, Step, Verified},
};
use herald_sandbox::FaultEffect;
use serde_json::json;
use url::Url;

use crate::harness::{Fixture, IVAN, cookies, is_rejected, person, returned};

/// The provider's session that an answer names beside a person.
async fn provider_session(provider: &dyn IdentityProvider, answer: &Answer) -> Option<String> {
    match provider.identify(answer).await.expect("identify asks nobody") {
        Verified::Identity { provider_session, .. } => provider_session,
        Verified::Rejected(why) => panic!("the answer should hold: {why:?}"),
    }
}

#[tokio::test]
async fn the_browser_goes_to_the_login_page_with_a_relative_path_and_comes_back_to_it() {
    let fixture = Fixture::remote().await;
    let provider = fixture.login();
    let request = fixture.request();
    let started = provider.begin(&request).await.unwrap();
    let Step::Redirect { url } = &started.step else { panic!("{:?}", started.step) };
    let path = format!("/herald/callback/acme/staff/{}", request.state.expose());
    let query: Vec<_> = url.query_pairs().into_owned().collect();
    assert_eq!(url.path(), "/auth/login");
    assert_eq!(query, [("return_to".to_owned(), path.clone())]);
    assert_eq!(fixture.follow(&started.step, &fixture.sign_in()).await.path(), path);
    assert_eq!(started.expires_in.as_secs(), 600);
    assert_eq!(provider.info().progress, Progress::Return);
    assert_eq!(fixture.requests(), 0);
}

#[tokio::test]
async fn the_account_is_autharas_origin_and_so_is_every_callback() {
    let fixture = Fixture::remote().await;
    let provider = fixture.login();
    assert_eq!(provider.info().account.account, fixture.sandbox.base_url());
    let mut elsewhere = fixture.request();
    elsewhere.callback = Url::parse("https://login.example/callback/acme/staff").unwrap();
    let error = provider.begin(&elsewhere).await.unwrap_err();
    assert_eq!((error.kind(), error.retry()), (ErrorKind::Misconfigured, Retry::Never));
}

#[tokio::test]
async fn a_login_gives_what_the_server_says_of_the_person() {
    let fixture = Fixture::remote().await;
    let provider = fixture.login();
    let anna = fixture.control().authara().sign_in(Some("anna")).unwrap();
    let answer = fixture.redeemed(&*provider, &anna).await;
    let redeemed_at = fixture.clock.now();
    fixture.advance(90);
    let profile = person(&*provider, &answer).await;
    assert_eq!(profile.user_key, "b1c2d3e4-f506-4718-92a3-b4c5d6e7f809");
    assert_eq!(profile.email.as_deref(), Some("anna@demo.example"));
    assert_eq!(profile.preferred_username.as_deref(), Some("anna"));
    assert!(profile.name.is_none() && profile.amr.is_empty());
    assert_eq!(profile.authenticated_at, redeemed_at);
    assert_eq!(profile.attributes.roles.unwrap(), ["authara:admin"]);
    let organization = profile.attributes.organization.unwrap();
    assert_eq!(
        (organization.name.as_deref(), organization.role.as_deref()),
        (Some("Demo Organization"), Some("owner"))
    );
    assert_eq!(fixture.requests(), 1);
}

#[tokio::test]
async fn an_older_server_knows_no_organization() {
    for fixture in [Fixture::remote().await, Fixture::local().await] {
        fixture.control().authara().switch(|switches| switches.older_server = true);
        let provider = fixture.login();
        let profile = person(&*provider, &fixture.redeemed(&*provider, &fixture.sign_in()).await).await;
        assert_eq!(profile.user_key, IVAN);
        assert!(profile.attributes.organization.is_none());
        assert_eq!(profile.attributes.roles, Some(Vec::new()));
    }
}

#[tokio::test]
async fn a_login_names_the_session_that_its_token_names() {
    for fixture in [Fixture::remote().await, Fixture::local().await] {
        let provider = fixture.login();
        let session = fixture.sign_in();
        let answer = fixture.redeemed(&*provider, &session).await;
        assert_eq!(provider_session(&*provider, &answer).await, Some(session.session_id));

        let now = fixture.clock.now().as_second();
        let issuer = fixture.control().credentials().authara.issuer;
        for sid in [None, Some(json!("")), Some(json!("a b")), Some(json!(7)), Some(json!(null))] {
            let mut claims =
                json!({ "sub": IVAN, "iss": issuer, "aud": ["app"], "iat": now, "exp": now + 600 });
            if let Some(sid) = &sid {
                claims["sid"] = sid.clone();
            }
            let memo = fixture.ready(&*provider, &fixture.control().authara().sign(&claims)).await;
            if !fixture.is_local() {
                fixture.answer_once(200, json!({ "id": IVAN }));
            }
            let answer = provider.redeem(&memo).await.unwrap();
            assert_eq!(provider_session(&*provider, &answer).await, None, "{sid:?}");
        }
    }
}

#[tokio::test]
async fn a_plain_persons_roles_may_be_null() {
    let fixture = Fixture::remote().await;
    let provider = fixture.login();
    for user in
        [json!({ "id": "u1", "roles": null }), json!({ "id": "u1", "roles": [] }), json!({ "id": "u1" })]
    {
        let memo = fixture.ready(&*provider, &fixture.sign_in().access_token).await;
        fixture.answer_once(200, user);
        let profile = person(&*provider, &provider.redeem(&memo).await.unwrap()).await;
        assert_eq!((profile.user_key.as_str(), profile.attributes.roles), ("u1", Some(Vec::new())));
    }
}

#[tokio::test]
async fn a_disabled_person_is_sent_back_by_authara_and_refused_by_us() {
    let fixture = Fixture::remote().await;
    let provider = fixture.login();
    let session = fixture.sign_in();
    fixture.control().authara().set_disabled("ivan", true).unwrap();
    let started = provider.begin(&fixture.request()).await.unwrap();
    fixture.follow(&started.step, &session).await;
    assert!(is_rejected(&*provider, &fixture.redeemed(&*provider, &session).await).await);
}

#[tokio::test]
async fn a_session_that_the_server_does_not_know_is_no_identity() {
    let fixture = Fixture::remote().await;
    let provider = fixture.login();
    let session = fixture.sign_in();
    fixture.control().authara().switch(|switches| switches.has_redis = true);
    fixture.control().authara().end_session(&session.session_id).unwrap();
    assert!(is_rejected(&*provider, &fixture.redeemed(&*provider, &session).await).await);
    let memo = fixture.ready(&*provider, "not.a.session").await;
    assert!(is_rejected(&*provider, &provider.redeem(&memo).await.unwrap()).await);
}

#[tokio::test]
async fn a_return_without_exactly_one_session_fails() {
    let fixture = Fixture::remote().await;
    let provider = fixture.login();
    let started = provider.begin(&fixture.request()).await.unwrap();
    let good = fixture.sign_in().access_token;
    let bad = [
        cookies(&[]),
        cookies(&[("authara_refresh", "abc"), ("authara_csrf", "def")]),
        cookies(&[("authara_access", "")]),
        cookies(&[("authara_access", &good), ("authara_access", &good)]),
        cookies(&[("authara_access", "tossed.by.sibling"), ("a", "b"), ("authara_access", &good)]),
        cookies(&[("authara_access", &format!("{good}; authara_csrf=x"))]),
        cookies(&[("authara_access", &"a".repeat(5000))]),
    ];
    for cookies in bad {
        let observed = returned(&*provider, &started.memo, &cookies).await;
        assert!(matches!(observed, Observed::Rejected(Rejection::Failed { .. })), "{observed:?}");
    }
    let observed = returned(&*provider, &started.memo, &cookies(&[("authara_access", &good)])).await;
    assert!(matches!(observed, Observed::Ready { .. }));
    assert_eq!(fixture.requests(), 0);
}

#[tokio::test]
async fn polling_asks_nobody() {
    let fixture = Fixture::remote().await;
    let provider = fixture.login();
    let started = provider.begin(&fixture.request()).await.unwrap();
    let observed = provider.observe(&started.memo, Look::Poll { is_last: true }).await.unwrap();
    assert!(matches!(observed, Observed::Pending { is_opened: false, .. }), "{observed:?}");
    assert_eq!(fixture.requests(), 0);
}

#[tokio::test]
async fn an_authara_in_trouble_may_be_asked_again() {
    let fixture = Fixture::remote().await;
    let provider = fixture.login();
    let session = fixture.sign_in();
    let memo = fixture.ready(&*provider, &session.access_token).await;
    let after = |seconds| Retry::After(Duration::from_secs(seconds));
    let status = |status| FaultEffect::Status { status, body: None, retry_after_seconds: None };
    for (effect, kind, retry, code) in [
        (status(429), ErrorKind::RateLimited, after(5), Some("rate_limited")),
        (status(500), ErrorKind::Unavailable, after(2), Some("internal_error")),
        (status(403), ErrorKind::Unauthenticated, Retry::Never, Some("forbidden")),
        (FaultEffect::Half, ErrorKind::Protocol, after(2), None),
        (FaultEffect::Lost, ErrorKind::Unavailable, after(2), None),
        (FaultEffect::Garbage, ErrorKind::Protocol, Retry::Never, None),
    ] {
        fixture.break_with(effect.clone());
        let error = provider.redeem(&memo).await.unwrap_err();
        fixture.control().clear_faults();
        assert_eq!((error.kind(), error.retry(), error.provider_code()), (kind, retry, code), "{effect:?}");
    }
    assert_eq!(person(&*provider, &provider.redeem(&memo).await.unwrap()).await.user_key, IVAN);
}
