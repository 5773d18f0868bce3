//! The app's own token: one exchange for everybody, renewed early, and once by force.

use std::{sync::Arc, time::Duration};

use herald_core::{
    error::{ErrorKind, Retry},
    notifier::Notifier,
};
use herald_sandbox::{FaultEffect, Operation};
use secrecy::SecretString;
use serde_json::json;

use crate::harness::{Fixture, SLUG, send};

const IN_A_MINUTE: Retry = Retry::After(Duration::from_secs(60));

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_concurrent_sends_share_one_exchange() {
    let fixture = Fixture::start().await;
    let notifier = fixture.notifier();
    let sends: Vec<_> = (0..100)
        .map(|number| {
            let notifier: Arc<dyn Notifier> = notifier.clone();
            tokio::spawn(async move { send(&*notifier, SLUG, &format!("key-{number}")).await.map(drop) })
        })
        .collect();
    for sent in sends {
        sent.await.unwrap().unwrap();
    }
    assert_eq!(fixture.effects(Operation::Send), 100);
    assert_eq!(fixture.requests(Operation::Exchange), 1);
}

#[tokio::test]
async fn a_token_is_used_until_it_is_nearly_over() {
    let fixture = Fixture::start().await;
    let notifier = fixture.notifier();
    for (seconds, exchanges) in [(0, 1), (450, 1), (200, 2)] {
        fixture.advance(seconds);
        send(&*notifier, SLUG, &format!("key-{seconds}")).await.unwrap();
        assert_eq!(fixture.requests(Operation::Exchange), exchanges, "after {seconds} s more");
    }
    assert_eq!(fixture.requests(Operation::Send), 3, "none was refused");
}

#[tokio::test]
async fn the_old_form_of_the_exchange_is_read_too() {
    let fixture = Fixture::with(|switches| switches.bare_token_exchange = true).await;
    let notifier = fixture.notifier();
    send(&*notifier, SLUG, "key-1").await.unwrap();
    fixture.advance(301);
    send(&*notifier, SLUG, "key-2").await.unwrap();
    assert_eq!((fixture.requests(Operation::Exchange), fixture.requests(Operation::Send)), (2, 2));
}

#[tokio::test]
async fn a_refused_token_is_renewed_once_and_the_same_send_made_again() {
    let fixture = Fixture::start().await;
    let notifier = fixture.notifier();
    send(&*notifier, SLUG, "key-1").await.unwrap();
    assert_eq!(fixture.control().antara().revoke_app_tokens(), 1);
    send(&*notifier, SLUG, "key-2").await.unwrap();
    assert_eq!((fixture.requests(Operation::Exchange), fixture.requests(Operation::Send)), (2, 3));
    let effects = fixture.control().effects();
    let keys: Vec<_> = effects.iter().filter_map(|effect| effect.idempotency_key.as_deref()).collect();
    assert_eq!(keys, ["key-1", "key-2"]);
}

#[tokio::test]
async fn after_a_second_refusal_an_operator_has_a_minute() {
    let fixture = Fixture::start().await;
    let notifier = fixture.notifier();
    fixture.break_with(
        Operation::Send,
        FaultEffect::Status { status: 401, body: None, retry_after_seconds: None },
    );
    let error = send(&*notifier, SLUG, "key-1").await.unwrap_err();
    assert_eq!((error.kind(), error.retry()), (ErrorKind::Unauthenticated, IN_A_MINUTE));
    assert_eq!((fixture.requests(Operation::Exchange), fixture.requests(Operation::Send)), (2, 2));
}

#[tokio::test]
async fn a_wrong_api_key_is_said_and_nothing_is_sent() {
    let fixture = Fixture::start().await;
    let mut config = fixture.config();
    config.api_key = Some(SecretString::from("antara_live_of_somebody_else"));
    let notifier = fixture.antara_with(config).notifier.unwrap();
    let error = send(&*notifier, SLUG, "key-1").await.unwrap_err();
    assert_eq!((error.kind(), error.retry()), (ErrorKind::Unauthenticated, IN_A_MINUTE));
    assert_eq!((error.operation(), error.provider_code()), ("exchange", Some("INVALID_API_KEY")));
    assert_eq!(fixture.requests(Operation::Send), 0);
}

#[tokio::test]
async fn an_exchange_that_finds_fault_with_the_request_finds_it_with_the_key() {
    let fixture = Fixture::start().await;
    let notifier = fixture.notifier();
    for status in [400, 403, 404, 422] {
        fixture.answer_once(Operation::Exchange, status, json!({ "error": { "code": "INVALID_REQUEST" } }));
        let error = send(&*notifier, SLUG, "key-1").await.unwrap_err();
        assert_eq!((error.kind(), error.retry()), (ErrorKind::Unauthenticated, IN_A_MINUTE), "{status}");
    }
}

#[tokio::test]
async fn a_failed_exchange_means_that_nothing_was_sent() {
    let fixture = Fixture::start().await;
    let notifier = fixture.notifier();
    for effect in [
        FaultEffect::Status { status: 500, body: None, retry_after_seconds: None },
        FaultEffect::Lost,
        FaultEffect::Half,
        FaultEffect::Garbage,
        FaultEffect::Status { status: 302, body: None, retry_after_seconds: None },
        FaultEffect::RateLimited { retry_after_seconds: 3 },
    ] {
        fixture.break_with(Operation::Exchange, effect.clone());
        let error = send(&*notifier, SLUG, "key-1").await.unwrap_err();
        fixture.control().clear_faults();
        assert!(matches!(error.retry(), Retry::After(_)), "{effect:?}: {error:?}");
    }
    assert_eq!(fixture.requests(Operation::Send), 0);
}

#[tokio::test]
async fn only_an_apps_token_is_taken_for_one() {
    let fixture = Fixture::start().await;
    let notifier = fixture.notifier();
    for token in ["oit_abc", "cap_abc", "uat_abc", "", "aat_a b"] {
        fixture.answer_once(Operation::Exchange, 200, json!({ "accessToken": token, "expiresIn": 300 }));
        let error = send(&*notifier, SLUG, "key-1").await.unwrap_err();
        assert_eq!((error.kind(), error.operation()), (ErrorKind::Protocol, "exchange"), "{token}");
    }
    assert_eq!(fixture.requests(Operation::Send), 0);
}

#[tokio::test]
async fn an_exchange_by_its_end_alone_lives_until_then() {
    let fixture = Fixture::start().await;
    let notifier = fixture.notifier();
    let until = herald_core::clock::Clock::now(&*fixture.clock).as_second() + 400;
    fixture.answer_once(
        Operation::Exchange,
        200,
        json!({ "accessToken": "aat_made_up", "expiresAt": until }),
    );
    let made_up = || fixture.answer_once(Operation::Send, 202, json!({ "messageId": "m1" }));
    made_up();
    send(&*notifier, SLUG, "key-1").await.unwrap();
    fixture.advance(300);
    made_up();
    send(&*notifier, SLUG, "key-2").await.unwrap();
    assert_eq!(fixture.requests(Operation::Exchange), 1);
    fixture.advance(101);
    send(&*notifier, SLUG, "key-3").await.unwrap();
    assert_eq!(fixture.requests(Operation::Exchange), 2);
}
