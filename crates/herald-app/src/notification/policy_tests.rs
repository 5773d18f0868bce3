//! What follows a try to send.

use herald_core::{
    error::ErrorKind,
    id::{ConnectionId, NotificationId, TenantId},
    notification::{Address, FailureKind, Hop, Message, NotificationStatus},
    phone::PhoneNumber,
    provider::{ProviderAccount, ProviderName},
    text::MessageText,
};

use super::*;

const NOW: Timestamp = Timestamp::constant(1_000, 0);

fn hop(name: &str) -> Hop {
    let account = ProviderAccount { provider: ProviderName::ANTIRIUS, account: name.to_owned() };
    Hop { connection: ConnectionId::parse(name).unwrap(), account }
}

fn sending(on_unknown: OnUnknown, stops: &[&str]) -> Notification {
    let queued = Notification {
        id: NotificationId::from_u128(1),
        tenant: TenantId::parse("acme").unwrap(),
        to: Address::Phone { phone_number: PhoneNumber::parse("+16502530000").unwrap() },
        message: Message::Text { text: MessageText::parse("hi").unwrap() },
        reference: None,
        route: stops.iter().map(|name| hop(name)).collect(),
        on_unknown,
        send_at: NOW,
        expires_at: NOW + SignedDuration::from_hours(1),
        created_at: NOW,
        status: NotificationStatus::Queued,
        hop: 0,
        retry_at: None,
        attempts: vec![],
        settled_at: None,
    };
    queued.start_attempt(0, NOW, NOW + SignedDuration::from_secs(20)).unwrap()
}

fn error(kind: ErrorKind, retry: Retry) -> ProviderError {
    ProviderError::new(&ProviderName::ANTIRIUS, "send", kind, retry, "x")
}

fn ambiguous() -> ProviderError {
    error(ErrorKind::Timeout, Retry::OutcomeUnknown)
}

#[test]
fn a_receipt_settles_it_as_sent() {
    let receipt = Receipt { message_id: Some("m".to_owned()), ..Receipt::default() };
    let next = after(&sending(OnUnknown::AtMostOnce, &["a"]), Ok(receipt), false, NOW);
    assert!(matches!(next, Next::Settle(AttemptStatus::Sent { message_id: Some(id), .. }) if id == "m"));
}

#[test]
fn what_was_surely_not_sent_goes_to_the_next_stop_and_else_fails() {
    let refused = error(ErrorKind::Refused, Retry::Never);
    let next = after(&sending(OnUnknown::AtMostOnce, &["a", "b"]), Err(&refused), false, NOW);
    assert!(matches!(next, Next::Again { hop: 1, at, outcome: AttemptStatus::Failed(_) } if at == NOW));
    let next = after(&sending(OnUnknown::AtMostOnce, &["a"]), Err(&refused), false, NOW);
    assert!(
        matches!(next, Next::Settle(AttemptStatus::Failed(failure)) if failure.kind == FailureKind::Permanent)
    );
}

#[test]
fn at_most_once_never_repeats_an_unknown_end() {
    let next = after(&sending(OnUnknown::AtMostOnce, &["a", "b"]), Err(&ambiguous()), false, NOW);
    assert!(matches!(next, Next::Settle(AttemptStatus::Unknown(_))));
}

#[test]
fn a_provider_that_honours_the_key_is_asked_again_whatever_the_rule() {
    let next = after(&sending(OnUnknown::AtMostOnce, &["a", "b"]), Err(&ambiguous()), true, NOW);
    assert!(matches!(next, Next::Again { hop: 0, at, .. } if at > NOW));
}

#[test]
fn at_least_once_repeats_with_growing_waits_and_not_for_ever() {
    let mut notification = sending(OnUnknown::AtLeastOnce, &["a"]);
    let mut now = NOW;
    let mut waits = vec![];
    loop {
        match after(&notification, Err(&ambiguous()), false, now) {
            Next::Settle(outcome) => {
                assert!(matches!(outcome, AttemptStatus::Unknown(_)));
                break;
            }
            Next::Again { outcome, hop, at } => {
                waits.push(at.duration_since(now).as_secs());
                now = at;
                notification = notification.requeue(outcome, now, hop, at).unwrap();
                notification =
                    notification.start_attempt(hop, now, now + SignedDuration::from_secs(20)).unwrap();
            }
        }
    }
    assert_eq!(waits, [1, 2, 4, 8, 16]);
}

#[test]
fn fallback_takes_an_unknown_end_to_the_next_stop() {
    let next = after_death(&sending(OnUnknown::Fallback, &["a", "b"]), false, NOW);
    assert!(matches!(next, Next::Again { hop: 1, .. }));
    let next = after_death(&sending(OnUnknown::Fallback, &["a"]), false, NOW);
    assert!(matches!(next, Next::Settle(AttemptStatus::Unknown(_))));
}

/// The second try at the first stop, after one whose end nobody saw.
fn second_try(on_unknown: OnUnknown, stops: &[&str]) -> Notification {
    let unknown = AttemptStatus::Unknown(AttemptFailure::sender_died());
    let queued = sending(on_unknown, stops).requeue(unknown, NOW, 0, NOW).unwrap();
    queued.start_attempt(0, NOW, NOW + SignedDuration::from_secs(20)).unwrap()
}

#[test]
fn a_sure_failure_after_an_unknown_end_is_no_reason_to_send_elsewhere() {
    let limited = error(ErrorKind::RateLimited, Retry::After(std::time::Duration::from_secs(1)));
    let next = after(&second_try(OnUnknown::AtMostOnce, &["a", "b"]), Err(&limited), true, NOW);
    assert!(matches!(next, Next::Again { hop: 0, .. }), "{next:?}");
    let next = after(&second_try(OnUnknown::AtMostOnce, &["a", "b"]), Err(&limited), false, NOW);
    assert!(matches!(next, Next::Settle(_)), "{next:?}");
    let next = after(&second_try(OnUnknown::Fallback, &["a", "b"]), Err(&limited), false, NOW);
    assert!(matches!(next, Next::Again { hop: 1, .. }), "{next:?}");
}

#[test]
fn a_sure_failure_after_an_unknown_end_settles_as_unknown() {
    let gone = error(ErrorKind::UnknownRecipient, Retry::Never);
    let notification = second_try(OnUnknown::AtMostOnce, &["a"]);
    let Next::Settle(outcome) = after(&notification, Err(&gone), false, NOW) else {
        panic!("it is tried again")
    };
    assert_eq!(notification.finish(outcome, NOW).unwrap().status, NotificationStatus::Unknown);
}
