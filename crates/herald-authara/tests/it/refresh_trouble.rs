//! Refreshes that Authara does not answer as it should: what is surely undone, and what nobody knows.

use std::time::Duration;

use herald_core::error::{ErrorKind, ProviderError, Retry};
use herald_sandbox::{FaultEffect, Operation, Rotation};
use url::Url;

use crate::harness::Fixture;

async fn failure(fixture: &Fixture, effect: FaultEffect) -> ProviderError {
    let session = fixture.sign_in();
    fixture.break_operation(Operation::Refresh, effect.clone());
    let refreshed = fixture.sessions().refresh(&session.cookie).await;
    fixture.control().clear_faults();
    match refreshed {
        Err(error) => {
            let shown = format!("{error:?} {error}");
            for secret in [&session.refresh_token, &session.access_token, &session.csrf_token] {
                assert!(!shown.contains(secret.as_str()), "{shown}");
            }
            error
        }
        Ok(_) => panic!("{effect:?}"),
    }
}

fn effects(fixture: &Fixture) -> usize {
    fixture.control().effects_of(herald_sandbox::Provider::Authara, Operation::Refresh).len()
}

#[tokio::test]
async fn an_error_that_says_after_had_no_effect() {
    let fixture = Fixture::remote().await;
    let limited = failure(&fixture, status(429)).await;
    assert_eq!(
        (limited.kind(), limited.retry(), limited.provider_code()),
        (ErrorKind::RateLimited, Retry::After(Duration::from_secs(5)), Some("rate_limited"))
    );
    let mut config = fixture.config();
    let [port] = herald_testkit::ports::free();
    config.base_url = Url::parse(&format!("http://127.0.0.1:{port}")).unwrap();
    let nobody = fixture.open(config).unwrap().session_control;
    let refused = nobody.refresh(&fixture.sign_in().cookie).await.unwrap_err();
    assert_eq!(
        (refused.kind(), refused.retry()),
        (ErrorKind::Unavailable, Retry::After(Duration::from_secs(2)))
    );
    assert_eq!(effects(&fixture), 0);
}

#[tokio::test]
async fn of_every_unclear_end_nobody_knows() {
    let fixture = Fixture::remote().await;
    fixture.control().authara().switch(|switches| switches.rotation = Rotation::Always);
    let again_later = FaultEffect::Status { status: 503, body: None, retry_after_seconds: Some(7) };
    for (effect, kind, effects_more) in [
        (status(500), ErrorKind::Unavailable, 0),
        (again_later, ErrorKind::Unavailable, 0),
        (status(408), ErrorKind::Timeout, 0),
        (status(204), ErrorKind::Protocol, 0),
        (FaultEffect::Reset, ErrorKind::Unavailable, 0),
        (FaultEffect::Lost, ErrorKind::Unavailable, 1),
        (FaultEffect::Half, ErrorKind::Protocol, 1),
        (FaultEffect::Garbage, ErrorKind::Protocol, 1),
    ] {
        let before = effects(&fixture);
        let error = failure(&fixture, effect.clone()).await;
        assert_eq!((error.kind(), error.retry()), (kind, Retry::OutcomeUnknown), "{effect:?}");
        assert_eq!(effects(&fixture), before + effects_more, "{effect:?}");
    }
    assert_eq!(fixture.requests(), 0, "nothing was there to look at");
}

#[tokio::test]
async fn a_refresh_that_never_ends_is_given_up() {
    let fixture = Fixture::remote().await;
    let mut config = fixture.config();
    config.timeout = Duration::from_secs(1);
    let sessions = fixture.open(config).unwrap().session_control;
    fixture.break_operation(Operation::Refresh, FaultEffect::Hold);
    let error = sessions.refresh(&fixture.sign_in().cookie).await.unwrap_err();
    assert_eq!((error.kind(), error.retry()), (ErrorKind::Timeout, Retry::OutcomeUnknown));
    assert_eq!(fixture.requests_of(Operation::Refresh), 1);
}

#[tokio::test]
async fn a_failed_csrf_check_is_an_error_under_both_its_names() {
    let fixture = Fixture::remote().await;
    for code in ["forbidden", "csrf_invalid"] {
        let body = serde_json::json!({ "error": { "code": code, "message": "CSRF validation failed" } });
        let effect = FaultEffect::Status { status: 403, body: Some(body), retry_after_seconds: None };
        let error = failure(&fixture, effect).await;
        assert_eq!(
            (error.kind(), error.retry(), error.provider_code()),
            (ErrorKind::Unauthenticated, Retry::Never, Some(code))
        );
    }
}

fn status(status: u16) -> FaultEffect {
    FaultEffect::Status { status, body: None, retry_after_seconds: None }
}
