//! Antara's two error shapes, and what its codes mean.

use std::time::Duration;

use herald_core::error::{ErrorKind, Retry};
use herald_sandbox::{FaultEffect, Operation};
use serde_json::json;

use crate::harness::{Fixture, SLUG, send};

#[tokio::test]
async fn code_and_request_id_are_kept_from_both_shapes() {
    for is_flat in [false, true] {
        let fixture = Fixture::with(|switches| switches.flat_errors = is_flat).await;
        let provider = fixture.login();
        let memo = fixture.ready(&*provider).await;
        provider.redeem(&memo).await.unwrap();
        let error = provider.redeem(&memo).await.unwrap_err();
        assert_eq!((error.kind(), error.retry()), (ErrorKind::InvalidGrant, Retry::Never));
        assert_eq!(error.provider_code(), Some("INVALID_GRANT"), "flat: {is_flat}");
        assert!(error.request_id().is_some_and(|id| id.starts_with("req_")), "flat: {is_flat}");
        assert!(!error.to_string().contains("wrong, used"), "upstream text stays upstream");
    }
}

#[tokio::test]
async fn a_wrong_registration_is_our_configuration_and_not_the_persons_code() {
    let fixture = Fixture::start().await;
    let provider = fixture.login();
    for code in ["INVALID_CLIENT", "INVALID_REDIRECT", "PKCE_REQUIRED"] {
        for body in [json!({ "error": { "code": code } }), json!({ "error": code }), json!({ "code": code })]
        {
            let memo = fixture.ready(&*provider).await;
            fixture.answer_once(Operation::Token, 400, body);
            let error = provider.redeem(&memo).await.unwrap_err();
            assert_eq!((error.kind(), error.retry()), (ErrorKind::Misconfigured, Retry::Never));
            assert_eq!(error.provider_code(), Some(code));
        }
    }
}

#[tokio::test]
async fn an_error_page_that_is_no_json_is_still_its_status() {
    let fixture = Fixture::start().await;
    let provider = fixture.login();
    let memo = fixture.ready(&*provider).await;
    fixture.answer_once(Operation::Token, 502, json!("<html>Bad gateway</html>"));
    let error = provider.redeem(&memo).await.unwrap_err();
    assert_eq!((error.kind(), error.retry()), (ErrorKind::Unavailable, Retry::OutcomeUnknown));
    assert_eq!(error.provider_code(), None);
}

#[tokio::test]
async fn a_success_that_makes_no_sense_leaves_the_outcome_unknown() {
    let fixture = Fixture::start().await;
    let provider = fixture.login();
    for body in ["", "<html>", "[]", "null", "{\"data\":{\"a\":1,\"a\":2}}", "{} {}"] {
        let memo = fixture.ready(&*provider).await;
        fixture.answer_once(Operation::Token, 200, json!(body));
        let error = provider.redeem(&memo).await.unwrap_err();
        assert_eq!((error.kind(), error.retry()), (ErrorKind::Protocol, Retry::OutcomeUnknown), "{body}");
    }
}

#[tokio::test]
async fn a_rate_limit_says_how_long_in_its_header_or_in_its_json() {
    let fixture = Fixture::start().await;
    let notifier = fixture.notifier();
    let limited = |body, retry_after_seconds| FaultEffect::Status { status: 429, body, retry_after_seconds };
    let nested = json!({ "error": { "code": "RATE_LIMITED" }, "retryAfter": 7 });
    for (effect, seconds) in [
        (limited(Some(nested.clone()), None), 7),
        (limited(Some(nested), Some(9)), 9),
        (limited(Some(json!({ "retryAfter": 0.5 })), None), 1),
        (limited(Some(json!({ "retryAfter": 1e9 })), None), 3600),
        (limited(Some(json!({ "retryAfter": "soon" })), None), 1),
        (limited(Some(json!({ "retryAfter": -7 })), None), 1),
        (limited(Some(json!("<html>")), None), 1),
        (FaultEffect::RateLimited { retry_after_seconds: 11 }, 11),
    ] {
        fixture.break_with(Operation::Send, effect);
        let error = send(&*notifier, SLUG, "key").await.unwrap_err();
        fixture.control().clear_faults();
        assert_eq!(error.kind(), ErrorKind::RateLimited);
        assert_eq!(error.retry(), Retry::After(Duration::from_secs(seconds)));
    }
    assert_eq!(fixture.effects(Operation::Send), 0);
}
