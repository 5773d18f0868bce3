//! Messages: one call each, and an end that is never a lie.

use herald_core::{
    error::{ErrorKind, ProviderError, Retry},
    notification::{Address, Message},
    notifier::{Notifier, Receipt, SendKey},
    phone::PhoneNumber,
    text::{MessageText, Slug},
};
use herald_sandbox::{FaultEffect, Operation};
use serde_json::json;

use crate::harness::{Bench, PHONE, after, says, status, verdict};

fn phone(number: &str) -> Address {
    Address::Phone { phone_number: PhoneNumber::parse(number).unwrap() }
}

async fn send_to(bench: &Bench, to: &Address) -> Result<Receipt, ProviderError> {
    let notifier = bench.antirius.notifier.as_deref().unwrap();
    let message = Message::Text { text: MessageText::parse("Your parcel is here").unwrap() };
    let recipient = notifier.address(to, None).unwrap();
    notifier.send(&recipient, &message, &SendKey("key".to_owned())).await
}

async fn bench() -> Bench {
    let bench = Bench::new().await;
    bench.control().make_reachable(PHONE, "max");
    bench
}

#[tokio::test]
async fn a_message_arrives_once_and_the_receipt_names_it() {
    let bench = bench().await;
    let receipt = send_to(&bench, &phone(PHONE)).await.unwrap();
    assert_eq!(receipt.platform.as_deref(), Some("max"));
    assert!(receipt.message_id.is_some() && receipt.request_id.is_some());
    let effects = bench.sandbox.control().effects();
    assert_eq!(effects.len(), 1);
    assert_eq!(
        (effects[0].recipient.as_str(), effects[0].body.as_deref()),
        (PHONE, Some("Your parcel is here"))
    );
}

#[tokio::test]
async fn an_answer_says_no_more_than_success() {
    let bench = bench().await;
    bench.breaks(Operation::Send, says(json!({ "success": true })));
    assert_eq!(send_to(&bench, &phone(PHONE)).await.unwrap(), Receipt::default());
    bench.heal();
    bench.breaks(
        Operation::Send,
        says(json!({ "success": true, "message_id": 42, "platform": ["x"], "correlation_id": "a b" })),
    );
    let receipt = send_to(&bench, &phone(PHONE)).await.unwrap();
    assert_eq!(receipt, Receipt { message_id: Some("42".to_owned()), ..Receipt::default() });
}

#[tokio::test]
async fn every_way_to_fail_has_its_kind_and_verdict() {
    let bench = bench().await;
    let unclear = |kind| (kind, Retry::OutcomeUnknown);
    let refused = |code: &str| says(json!({ "success": false, "code": code, "message": "no" }));
    for (effect, expected) in [
        (status(400), (ErrorKind::InvalidInput, Retry::Never)),
        (status(401), (ErrorKind::Unauthenticated, after(60))),
        (status(403), (ErrorKind::Misconfigured, after(60))),
        (status(404), (ErrorKind::UnknownRecipient, Retry::Never)),
        (status(408), unclear(ErrorKind::Timeout)),
        (status(409), unclear(ErrorKind::InvalidInput)),
        (status(425), unclear(ErrorKind::Timeout)),
        (status(422), (ErrorKind::InvalidInput, Retry::Never)),
        (FaultEffect::RateLimited { retry_after_seconds: 2 }, (ErrorKind::RateLimited, after(2))),
        (status(429), (ErrorKind::RateLimited, after(1))),
        (status(500), unclear(ErrorKind::Unavailable)),
        (status(503), unclear(ErrorKind::Unavailable)),
        (status(302), (ErrorKind::Protocol, Retry::Never)),
        (refused("user_not_found"), (ErrorKind::UnknownRecipient, Retry::Never)),
        (refused("blocked_by_user"), (ErrorKind::Refused, Retry::Never)),
        (says(json!({ "success": false })), (ErrorKind::Refused, Retry::Never)),
        (says(json!({})), unclear(ErrorKind::Protocol)),
        (says(json!({ "success": "true" })), unclear(ErrorKind::Protocol)),
        (says(json!("<html>")), unclear(ErrorKind::Protocol)),
        (FaultEffect::Garbage, unclear(ErrorKind::Protocol)),
        (FaultEffect::Half, unclear(ErrorKind::Protocol)),
        (FaultEffect::Lost, unclear(ErrorKind::Unavailable)),
        (FaultEffect::Reset, unclear(ErrorKind::Unavailable)),
    ] {
        let before = bench.requests(Operation::Send);
        bench.breaks(Operation::Send, effect.clone());
        assert_eq!(verdict(send_to(&bench, &phone(PHONE)).await), expected, "{effect:?}");
        bench.heal();
        assert_eq!(bench.requests(Operation::Send) - before, 1, "{effect:?}");
    }
}

#[tokio::test]
async fn who_never_signed_in_is_unknown() {
    let bench = bench().await;
    for status in [200, 404, 400, 403, 409, 410, 422] {
        bench.switch(|switches| switches.failed_send_status = status);
        let error = send_to(&bench, &phone("+16502530000")).await.unwrap_err();
        assert_eq!((error.kind(), error.retry()), (ErrorKind::UnknownRecipient, Retry::Never), "{status}");
        assert_eq!(error.provider_code(), Some("user_not_found"));
    }
    bench.switch(|switches| (switches.refuse_sends, switches.failed_send_status) = (true, 200));
    assert_eq!(verdict(send_to(&bench, &phone(PHONE)).await), (ErrorKind::Refused, Retry::Never));
}

#[tokio::test]
async fn a_code_that_is_a_sentence_reaches_nobody() {
    let bench = bench().await;
    bench.breaks(
        Operation::Send,
        says(json!({ "success": false, "error": "User +79001234567 blocked the bot" })),
    );
    let error = send_to(&bench, &phone(PHONE)).await.unwrap_err();
    assert_eq!((error.kind(), error.provider_code()), (ErrorKind::Refused, None));
    assert!(!format!("{error} {error:?}").contains("9001234567"));
}

#[tokio::test]
async fn a_connection_without_a_message_token_cannot_notify() {
    let bench = Bench::with(|_| {}, |config| config.message_token = None).await;
    assert!(bench.antirius.notifier.is_none());
    let bench = Bench::with(|_| {}, |config| config.message_token = Some("wrong-token-1".into())).await;
    bench.control().make_reachable(PHONE, "max");
    assert_eq!(verdict(send_to(&bench, &phone(PHONE)).await), (ErrorKind::Unauthenticated, after(60)));
}

#[tokio::test]
async fn a_slug_is_no_address_here() {
    let bench = bench().await;
    let notifier: &dyn Notifier = bench.antirius.notifier.as_deref().unwrap();
    assert!(notifier.address(&Address::Slug { slug: Slug::parse("ivan").unwrap() }, None).is_none());
}
