//! What is special about Antara's logins.

use std::time::Duration;

use herald_core::{
    error::{ErrorKind, Retry},
    provider::{Look, Observed, Progress, Rejection, Step, Verified},
};
use herald_sandbox::{Decision, FaultEffect, Operation};
use serde_json::json;

use crate::harness::{Fixture, SLUG, callback, look, person, request, send};

#[tokio::test]
async fn begin_calls_nobody_and_asks_for_pkce_and_the_configured_scopes() {
    let fixture = Fixture::start().await;
    let provider = fixture.login();
    let request = request();
    let started = provider.begin(&request).await.unwrap();
    let Step::Redirect { url } = &started.step else { panic!("{:?}", started.step) };
    let member =
        |name: &str| url.query_pairs().find(|(known, _)| known == name).map(|(_, value)| value.into_owned());
    assert!(url.as_str().starts_with(&format!("{}/oauth/authorize?", fixture.sandbox.base_url())));
    assert_eq!(member("client_id"), Some(fixture.config().client_id));
    assert_eq!(member("redirect_uri").as_deref(), Some(callback().as_str()));
    assert_eq!(member("response_type").as_deref(), Some("code"));
    assert_eq!(member("state").as_deref(), Some(request.state.expose()));
    assert_eq!(member("code_challenge_method").as_deref(), Some("S256"));
    assert_eq!(member("code_challenge").map(|challenge| challenge.len()), Some(43));
    assert_eq!(member("scope").as_deref(), Some("identity.read profile.basic"));
    assert_eq!(started.expires_in.as_secs(), 600);
    assert_eq!(provider.info().progress, Progress::Return);
    assert_eq!(fixture.requests(Operation::Token), 0);
}

#[tokio::test]
async fn a_prefix_of_the_base_address_is_kept_and_no_scopes_are_no_parameter() {
    let fixture = Fixture::start().await;
    let mut config = fixture.config();
    config.base_url = config.base_url.join("gateway/antara/").unwrap();
    config.scopes = Vec::new();
    let started = fixture.antara_with(config).identity_provider.begin(&request()).await.unwrap();
    let Step::Redirect { url } = started.step else { panic!("a redirect") };
    assert_eq!(url.path(), "/gateway/antara/oauth/authorize");
    assert!(!url.query_pairs().any(|(name, _)| name == "scope"));
}

#[tokio::test]
async fn a_login_gives_the_slug_the_name_and_what_was_granted() {
    let fixture = Fixture::with(|switches| switches.circle_id = Some("circle-1".to_owned())).await;
    let provider = fixture.login();
    let answer = fixture.redeemed(&*provider).await;
    let redeemed_at = herald_core::clock::Clock::now(&*fixture.clock);
    fixture.advance(90);
    let Verified::Identity { profile, .. } = provider.identify(&answer).await.unwrap() else {
        panic!("it holds")
    };
    assert_eq!((profile.user_key.as_str(), profile.name.as_deref()), (SLUG, Some("Ivan Petrov")));
    assert_eq!(profile.authenticated_at, redeemed_at);
    assert!(profile.amr.is_empty() && profile.email.is_none() && profile.phone_number.is_none());
    let attributes = profile.attributes;
    assert_eq!(attributes.slug.as_deref(), Some(SLUG));
    assert_eq!(attributes.trust_level.as_deref(), Some("L1"));
    assert_eq!(attributes.circle_id.as_deref(), Some("circle-1"));
    assert_eq!(attributes.scopes.unwrap(), ["identity.read", "profile.basic"]);
    assert_eq!(fixture.requests(Operation::Lookup), 0, "the answer named the person");
}

#[tokio::test]
async fn an_unverified_person_without_a_name_is_a_person() {
    let fixture = Fixture::start().await;
    let provider = fixture.login();
    let started = provider.begin(&request()).await.unwrap();
    let approve = Decision::Approve { user: Some("qJ6dVfG1nXe5".to_owned()) };
    let back = fixture.decide(&started.step, &approve).unwrap();
    let Observed::Ready { memo } = look(&*provider, &started.memo, &back).await else { panic!("ready") };
    let answer = provider.redeem(&memo).await.unwrap();
    assert_eq!(person(&*provider, &answer).await, ("qJ6dVfG1nXe5".to_owned(), None));
}

#[tokio::test]
async fn a_bare_token_answer_is_an_answer_too() {
    let fixture = Fixture::start().await;
    let provider = fixture.login();
    let memo = fixture.ready(&*provider).await;
    let user = json!({ "primarySlug": "bare-1", "trustLevel": 7, "displayName": " " });
    let body = json!({ "accessToken": "oit_abc", "expiresIn": 600, "user": user, "more": [1] });
    fixture.answer_once(Operation::Token, 200, body);
    let answer = provider.redeem(&memo).await.unwrap();
    assert_eq!(person(&*provider, &answer).await, ("bare-1".to_owned(), None));
}

#[tokio::test]
async fn a_token_answer_without_a_user_is_looked_up() {
    let fixture = Fixture::with(|switches| switches.null_user = true).await;
    let provider = fixture.login();
    let answer = fixture.redeemed(&*provider).await;
    assert_eq!(person(&*provider, &answer).await, (SLUG.to_owned(), Some("Ivan Petrov".to_owned())));
    assert_eq!(person(&*fixture.login(), &answer).await.0, SLUG, "it may be repeated");
    assert_eq!((fixture.requests(Operation::Lookup), fixture.requests(Operation::Token)), (2, 1));
}

#[tokio::test]
async fn a_lookup_that_names_nobody_is_no_identity_and_one_that_fails_may_be_repeated() {
    let fixture = Fixture::with(|switches| switches.null_user = true).await;
    let provider = fixture.login();
    let answer = fixture.redeemed(&*provider).await;
    let inactive = json!({ "data": { "slug": SLUG, "displayAlias": null, "active": false } });
    let path = json!({ "slug": "../x", "active": true });
    let nobody = [(200, inactive), (200, path), (401, json!({})), (404, json!({}))];
    for (status, body) in nobody {
        fixture.answer_once(Operation::Lookup, status, body);
        let verified = provider.identify(&answer).await.unwrap();
        assert!(matches!(verified, Verified::Rejected(Rejection::IdentityRejected { .. })), "{status}");
    }
    for (status, kind) in [(503, ErrorKind::Unavailable), (403, ErrorKind::Misconfigured)] {
        fixture.answer_once(Operation::Lookup, status, json!({}));
        assert_eq!(provider.identify(&answer).await.unwrap_err().kind(), kind);
    }
    assert_eq!(person(&*provider, &answer).await.0, SLUG);
}

#[tokio::test]
async fn a_return_that_is_not_of_this_login_is_no_good() {
    let fixture = Fixture::start().await;
    let provider = fixture.login();
    let started = provider.begin(&request()).await.unwrap();
    let other = provider.begin(&request()).await.unwrap();
    let good = fixture.approve(&started);
    let state = good.query_pairs().find(|(name, _)| name == "state").unwrap().1.into_owned();
    let base = fixture.sandbox.base_url();
    let bad = [
        String::new(),
        "code=abc".to_owned(),
        format!("state={state}"),
        format!("state={state}&code="),
        format!("state={state}&code={}", "a".repeat(2049)),
        "state=other&code=abc".to_owned(),
        "state=other&error=access_denied".to_owned(),
        format!("state={state}&code=a&code=b"),
        format!("state={state}&state={state}&code=a"),
        format!("state={state}&code=a&error=access_denied"),
        format!("state={state}&error=server_error&error_description=%3Cscript%3E"),
        format!("state={state}&code=a&iss=https://evil.example"),
        format!("state={state}&code=a&iss={base}/"),
        format!("state={state}&code=a&iss={base}&iss={base}"),
    ];
    for query in bad {
        let mut back = callback();
        back.set_query(Some(&query));
        let observed = look(&*provider, &started.memo, &back).await;
        assert!(matches!(observed, Observed::Rejected(Rejection::Failed { .. })), "{query}: {observed:?}");
        assert!(!format!("{observed:?}").contains("script"));
    }
    let mixed_up = look(&*provider, &other.memo, &good).await;
    assert!(matches!(mixed_up, Observed::Rejected(Rejection::Failed { .. })));
    assert!(matches!(look(&*provider, &started.memo, &good).await, Observed::Ready { .. }));
    assert_eq!(fixture.requests(Operation::Token), 0);
}

#[tokio::test]
async fn an_issuer_that_names_itself_is_compared() {
    let fixture = Fixture::with(|switches| switches.iss_parameter = true).await;
    fixture.redeemed(&*fixture.login()).await;
    let mut config = fixture.config();
    config.issuer = Some("https://api.useantara.com".to_owned());
    let strict = fixture.antara_with(config).identity_provider;
    let started = strict.begin(&request()).await.unwrap();
    let back = fixture.approve(&started);
    let observed = look(&*strict, &started.memo, &back).await;
    assert!(matches!(observed, Observed::Rejected(Rejection::Failed { .. })), "{observed:?}");
}

#[tokio::test]
async fn polling_asks_nobody() {
    let fixture = Fixture::start().await;
    let provider = fixture.login();
    let started = provider.begin(&request()).await.unwrap();
    fixture.approve(&started);
    let observed = provider.observe(&started.memo, Look::Poll { is_last: true }).await.unwrap();
    assert!(matches!(observed, Observed::Pending { is_opened: false, .. }), "{observed:?}");
}

#[tokio::test]
async fn a_code_of_another_login_is_refused_by_its_verifier() {
    let fixture = Fixture::start().await;
    let provider = fixture.login();
    let (mine, victims) =
        (provider.begin(&request()).await.unwrap(), provider.begin(&request()).await.unwrap());
    let stolen = fixture.approve(&victims);
    let code = stolen.query_pairs().find(|(name, _)| name == "code").unwrap().1.into_owned();
    let mut back = fixture.approve(&mine);
    let state = back.query_pairs().find(|(name, _)| name == "state").unwrap().1.into_owned();
    back.query_pairs_mut().clear().extend_pairs([("code", code), ("state", state)]);
    let Observed::Ready { memo } = look(&*provider, &mine.memo, &back).await else { panic!("it looks good") };
    assert_eq!(provider.redeem(&memo).await.unwrap_err().kind(), ErrorKind::InvalidGrant);
    assert_eq!(fixture.effects(Operation::Token), 0);
}

#[tokio::test]
async fn an_antara_that_is_not_there_was_asked_nothing() {
    let fixture = Fixture::start().await;
    let (provider, notifier) = (fixture.login(), fixture.notifier());
    let memo = fixture.ready(&*provider).await;
    fixture.sandbox.stop().await;
    for error in
        [provider.redeem(&memo).await.unwrap_err(), send(&*notifier, SLUG, "key-1").await.unwrap_err()]
    {
        assert_eq!(error.kind(), ErrorKind::Unavailable);
        assert!(matches!(error.retry(), Retry::After(_)), "{error:?}");
    }
}

#[tokio::test]
async fn an_antara_that_never_answers_leaves_the_outcome_unknown() {
    let fixture = Fixture::start().await;
    let mut config = fixture.config();
    config.timeout = Duration::from_millis(200);
    let provider = fixture.antara_with(config).identity_provider;
    let memo = fixture.ready(&*provider).await;
    fixture.break_with(Operation::Token, FaultEffect::Hold);
    let error = provider.redeem(&memo).await.unwrap_err();
    assert_eq!((error.kind(), error.retry()), (ErrorKind::Timeout, Retry::OutcomeUnknown));
    fixture.control().clear_faults();
}
