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
async fn any_success_with_an_id_will_do_bare_or_enveloped() {
    let fixture = Fixture::with(|switches| switches.bare_messages = true).await;
    let notifier = fixture.notifier();
    assert!(send(&*notifier, SLUG, "key-1").await.unwrap().message_id.is_some());
    let enveloped = json!({ "data": { "messageId": "m1" }, "meta": { "requestId": "r1" } });
    for (status, body, id) in [
        (200, enveloped, "m1"),
        (201, json!({ "messageId": "m2" }), "m2"),
        (202, json!({ "status": "queued", "messageId": 5 }), "5"),
    ] {
        fixture.answer_once(Operation::Send, status, body);
        let receipt = send(&*notifier, SLUG, "key-2").await.unwrap();
        assert_eq!(receipt.message_id.as_deref(), Some(id), "{status}");
    }
}

#[tokio::test]
async fn a_success_without_the_id_of_a_message_proves_nothing_and_a_repeat_finds_out() {
    let fixture = Fixture::start().await;
    let notifier = fixture.notifier();
    for (status, body) in [
        (200, json!({ "data": {} })),
        (202, json!({ "status": "queued" })),
        (202, json!({ "messageId": "" })),
        (204, json!("")),
    ] {
        fixture.answer_once(Operation::Send, status, body);
        let error = send(&*notifier, SLUG, "key-1").await.unwrap_err();
        assert_eq!((error.kind(), error.retry()), (ErrorKind::Protocol, Retry::OutcomeUnknown), "{status}");
    }
    assert!(send(&*notifier, SLUG, "key-1").await.unwrap().message_id.is_some());
    assert_eq!(fixture.effects(Operation::Send), 1);
}

#[tokio::test]
async fn a_success_that_says_it_is_none_is_a_refusal() {
    let fixture = Fixture::start().await;
    let notifier = fixture.notifier();
    let code = Some("NOT_NOW");
    for (body, code) in [
        (json!({ "success": false }), None),
        (json!({ "success": false, "error": { "code": "NOT_NOW" } }), code),
        (json!({ "success": false, "data": { "messageId": "m1" } }), None),
        (json!({ "data": { "success": false, "messageId": "m1" } }), None),
        (json!({ "messageId": "m1", "status": "rejected" }), None),
        (json!({ "data": { "messageId": "m1", "status": "FAILED" }, "code": "NOT_NOW" }), code),
    ] {
        fixture.answer_once(Operation::Send, 202, body.clone());
        let error = send(&*notifier, SLUG, "key-1").await.unwrap_err();
        assert_eq!((error.kind(), error.retry()), (ErrorKind::Refused, Retry::Never), "{body}");
        assert_eq!(error.provider_code(), code, "{body}");
    }
}

#[tokio::test]
async fn a_bare_403_may_be_about_the_app_or_about_the_recipient() {
    let fixture = Fixture::start().await;
    for body in [json!(""), json!({ "error": { "code": "FORBIDDEN" } })] {
        fixture.answer_once(Operation::Send, 403, body);
        let error = send(&*fixture.notifier(), SLUG, "key-1").await.unwrap_err();
        let in_a_minute = Retry::After(std::time::Duration::from_secs(60));
        assert_eq!((error.kind(), error.retry()), (ErrorKind::Misconfigured, in_a_minute));
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
