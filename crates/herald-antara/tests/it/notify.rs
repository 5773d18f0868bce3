//! What is special about Antara's messages.

use herald_core::error::{ErrorKind, Retry};
use herald_sandbox::{FaultEffect, Operation};
use serde_json::{Value, json};

use crate::harness::{Fixture, SLUG, send};

#[tokio::test]
async fn a_message_carries_the_sends_own_key() {
    let fixture = Fixture::start().await;
    let receipt = send(&*fixture.notifier(), SLUG, "ntf_1:1").await.unwrap();
    let effects = fixture.control().effects();
    let sent = effects.iter().find(|effect| effect.operation == Operation::Send).unwrap();
    assert_eq!(sent.recipient, SLUG);
    assert_eq!(sent.idempotency_key.as_deref(), Some("ntf_1:1"));
    assert_eq!(sent.body.as_deref(), Some("Your parcel is here"));
    assert_eq!(receipt.message_id, sent.reference);
    assert!(receipt.request_id.is_some_and(|id| id.starts_with("req_")) && receipt.platform.is_none());
}

#[tokio::test]
async fn any_success_will_do_bare_or_enveloped_with_an_id_or_without() {
    let fixture = Fixture::with(|switches| switches.bare_messages = true).await;
    let notifier = fixture.notifier();
    assert!(send(&*notifier, SLUG, "key-1").await.unwrap().message_id.is_some());
    let enveloped = json!({ "data": { "messageId": "m1" }, "meta": { "requestId": "r1" } });
    for (status, body, id) in [
        (200, enveloped, Some("m1")),
        (201, json!({ "messageId": "m2" }), Some("m2")),
        (202, json!({ "status": "queued", "messageId": 5 }), None),
        (200, json!({ "data": {} }), None),
        (204, json!(""), None),
    ] {
        fixture.answer_once(Operation::Send, status, body);
        assert_eq!(send(&*notifier, SLUG, "key-2").await.unwrap().message_id.as_deref(), id, "{status}");
    }
}

#[tokio::test]
async fn a_success_that_makes_no_sense_is_never_taken_for_sent() {
    let fixture = Fixture::start().await;
    let notifier = fixture.notifier();
    let strange: [Value; 5] = [
        json!(""),
        json!("<html>"),
        json!([]),
        json!("{\"messageId\":"),
        json!({ "error": { "code": "X" } }),
    ];
    for body in strange {
        fixture.answer_once(Operation::Send, 200, body.clone());
        let error = send(&*notifier, SLUG, "key-1").await.unwrap_err();
        assert_eq!((error.kind(), error.retry()), (ErrorKind::Protocol, Retry::OutcomeUnknown), "{body}");
    }
}

#[tokio::test]
async fn a_preference_is_a_refusal_and_no_fault() {
    let fixture = Fixture::start().await;
    let notifier = fixture.notifier();
    fixture.control().antara().set_accepts_messages(SLUG, false).unwrap();
    for status in [403, 409, 422] {
        fixture.control().antara().switch(|switches| switches.refusal_status = status);
        let error = send(&*notifier, SLUG, "key-1").await.unwrap_err();
        assert_eq!((error.kind(), error.retry()), (ErrorKind::Refused, Retry::Never), "{status}");
        assert_eq!(error.provider_code(), Some("RECIPIENT_PREFERENCES"));
        assert!(error.request_id().is_some());
    }
    assert_eq!(fixture.requests(Operation::Exchange), 1, "a refusal is not a wrong token");
}

#[tokio::test]
async fn a_conflict_under_our_key_leaves_the_outcome_unknown() {
    let fixture = Fixture::start().await;
    let notifier = fixture.notifier();
    send(&*notifier, SLUG, "key-1").await.unwrap();
    let other = "hT4wZbL8sYc3";
    let conflict = send(&*notifier, other, "key-1").await.unwrap_err();
    assert_eq!(
        (conflict.retry(), conflict.provider_code()),
        (Retry::OutcomeUnknown, Some("IDEMPOTENCY_CONFLICT"))
    );
    fixture.answer_once(Operation::Send, 422, json!({ "error": { "code": "INVALID_REQUEST" } }));
    let invalid = send(&*notifier, other, "key-2").await.unwrap_err();
    assert_eq!((invalid.kind(), invalid.retry()), (ErrorKind::InvalidInput, Retry::Never));
}

#[tokio::test]
async fn a_send_whose_end_nobody_saw_takes_effect_once_when_it_is_repeated() {
    let fixture = Fixture::start().await;
    for (key, effect) in
        [("key-1", FaultEffect::Lost), ("key-2", FaultEffect::Half), ("key-3", FaultEffect::Garbage)]
    {
        let before = fixture.effects(Operation::Send);
        fixture.break_with(Operation::Send, effect);
        assert_eq!(send(&*fixture.notifier(), SLUG, key).await.unwrap_err().retry(), Retry::OutcomeUnknown);
        fixture.control().clear_faults();
        assert!(send(&*fixture.notifier(), SLUG, key).await.unwrap().message_id.is_some());
        assert_eq!(fixture.effects(Operation::Send) - before, 1, "{key}");
    }
}

#[tokio::test]
async fn an_identity_of_another_app_reaches_nobody() {
    let fixture = Fixture::start().await;
    let notifier = fixture.notifier();
    let mut identity = fixture.identity_of(SLUG);
    let to =
        herald_core::notification::Address::Subject { subject: herald_core::id::SubjectId::from_u128(1) };
    assert!(notifier.address(&to, Some(&identity)).is_some());
    identity.profile.attributes.slug = None;
    assert!(notifier.address(&to, Some(&identity)).is_some(), "the user key is the slug too");
    identity.account.account = "another".to_owned();
    assert!(notifier.address(&to, Some(&identity)).is_none());
}

#[tokio::test]
async fn without_an_api_key_there_is_no_notifier() {
    let fixture = Fixture::start().await;
    let mut config = fixture.config();
    config.api_key = None;
    assert!(fixture.antara_with(config).notifier.is_none());
}
