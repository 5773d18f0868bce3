//! Notifications as callers see them.

use herald_core::{
    id::{ConnectionId, NotificationId, TenantId},
    notification::{Address, FailureKind, Hop, Message, NotificationStatus, OnUnknown},
    phone::PhoneNumber,
    provider::{ProviderAccount, ProviderName},
    text::MessageText,
};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::*;
use crate::openapi::valid::{check, document};

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_767_323_045 + seconds).unwrap()
}

fn notification() -> Notification {
    let account = ProviderAccount { provider: ProviderName::ANTIRIUS, account: "app".to_owned() };
    Notification {
        id: NotificationId::from_u128(1),
        tenant: TenantId::parse("acme").unwrap(),
        to: Address::Phone { phone_number: PhoneNumber::parse("+79001234567").unwrap() },
        message: Message::Text { text: MessageText::parse("canary").unwrap() },
        reference: None,
        route: vec![Hop { connection: ConnectionId::parse("main").unwrap(), account }],
        on_unknown: OnUnknown::AtMostOnce,
        send_at: at(0),
        expires_at: at(60),
        created_at: at(0),
        key_until: at(120),
        status: NotificationStatus::Queued,
        hop: 0,
        hop_since: None,
        retry_at: None,
        attempts: Vec::new(),
        former_attempts: 0,
        settled_at: None,
        delivered_at: None,
    }
}

fn shown(notification: &Notification) -> Value {
    let shown = serde_json::to_value(NotificationView::of(notification)).unwrap();
    check(&document(), "Notification", &shown);
    shown
}

#[test]
fn a_queued_notification_shows_neither_number_nor_words() {
    assert_eq!(
        shown(&notification()),
        json!({
            "id": "ntf_00000000000000000000000001",
            "status": "queued",
            "to": { "type": "phone", "phone_number": "+7900•••4567" },
            "created_at": "2026-01-02T03:04:05.000Z",
            "expires_at": "2026-01-02T03:05:05.000Z",
            "attempts": [],
        })
    );
}

#[test]
fn a_sent_notification_says_when_through_what_and_how_long_it_took() {
    let end = at(1) + SignedDuration::from_millis(120);
    let text = |text: &str| Some(text.to_owned());
    let sent =
        AttemptStatus::Sent { message_id: text("m-1"), request_id: text("r-1"), platform: text("telegram") };
    let sending = notification().start_attempt(0, at(1), at(30)).unwrap();
    assert_eq!(
        shown(&sending)["attempts"],
        json!([{ "number": 1, "connection": "main", "provider": "antirius", "status": "sending",
                 "started_at": "2026-01-02T03:04:06.000Z" }])
    );
    let view = shown(&sending.finish(sent, end).unwrap());
    assert_eq!((&view["status"], &view["sent_by"]), (&json!("sent"), &json!("main")));
    assert_eq!(view["sent_at"], "2026-01-02T03:04:06.120Z");
    assert_eq!(
        view["attempts"],
        json!([{ "number": 1, "connection": "main", "provider": "antirius", "status": "sent",
                 "started_at": "2026-01-02T03:04:06.000Z", "duration_seconds": 0.12,
                 "provider_message_id": "m-1", "provider_request_id": "r-1", "platform": "telegram" }])
    );
}

#[test]
fn a_delivered_notification_says_when_and_its_carrier_too() {
    let failed = AttemptStatus::Failed(AttemptFailure::sender_died());
    let sent = AttemptStatus::Sent { message_id: None, request_id: None, platform: None };
    let again = notification().start_attempt(0, at(1), at(30)).unwrap().try_again(failed, at(2), 0, at(3));
    let sent = again.unwrap().start_attempt(0, at(3), at(30)).unwrap().finish(sent, at(4)).unwrap();
    let view = shown(&sent.deliver(at(5)).unwrap());
    assert_eq!(
        (&view["status"], &view["delivered_at"]),
        (&json!("delivered"), &json!("2026-01-02T03:04:10.000Z"))
    );
    assert_eq!(view["sent_at"], "2026-01-02T03:04:09.000Z");
    assert_eq!(view["attempts"][0]["status"], "failed");
    assert_eq!(view["attempts"][1]["status"], "delivered");
}

#[test]
fn a_notification_that_was_planned_ahead_says_for_when() {
    let planned = Notification { send_at: at(30), ..notification() };
    assert_eq!(shown(&planned)["send_at"], "2026-01-02T03:04:35.000Z");
    let late = Notification { send_at: at(-30), ..notification() };
    assert!(shown(&late).get("send_at").is_none());
}

#[test]
fn a_failed_attempt_says_what_could_help() {
    let failure = AttemptFailure {
        code: "unknown_recipient".to_owned(),
        kind: FailureKind::Permanent,
        provider_code: Some("USER_NOT_FOUND".to_owned()),
        request_id: Some("r-2".to_owned()),
    };
    let sending = notification().start_attempt(0, at(1), at(30)).unwrap();
    let view = shown(&sending.finish(AttemptStatus::Failed(failure), at(2)).unwrap());
    assert_eq!(view["status"], "failed");
    assert!(view.get("sent_at").is_none() && view.get("sent_by").is_none());
    let attempt = &view["attempts"][0];
    assert_eq!(attempt["provider_request_id"], "r-2");
    assert_eq!(
        attempt["failure"],
        json!({ "code": "unknown_recipient", "kind": "permanent", "provider_code": "USER_NOT_FOUND" })
    );
}
