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
use crate::chance::tests::Always;

const NOW: Timestamp = Timestamp::constant(1_000, 0);
const LONGEST: &dyn Entropy = &Always(255);
const SHORTEST: &dyn Entropy = &Always(0);

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
        expires_at: NOW + SignedDuration::from_hours(6),
        created_at: NOW,
        key_until: NOW + SignedDuration::from_hours(700),
        status: NotificationStatus::Queued,
        hop: 0,
        hop_since: None,
        retry_at: None,
        attempts: vec![],
        former_attempts: 0,
        settled_at: None,
        delivered_at: None,
    };
    start(queued, 0, NOW)
}

fn start(queued: Notification, hop: usize, at: Timestamp) -> Notification {
    queued.start_attempt(hop, at, at + SignedDuration::from_secs(20)).unwrap()
}

fn error(kind: ErrorKind, retry: Retry) -> ProviderError {
    ProviderError::new(&ProviderName::ANTIRIUS, "send", kind, retry, "x")
}

fn ambiguous() -> ProviderError {
    error(ErrorKind::Timeout, Retry::OutcomeUnknown)
}

fn not_now(seconds: u64) -> ProviderError {
    error(ErrorKind::Unavailable, Retry::After(Duration::from_secs(seconds)))
}

fn way(honours_key: bool, next: Option<usize>, entropy: &dyn Entropy) -> Way<'_> {
    Way { honours_key, next, hop_timeout: SignedDuration::from_mins(5), entropy }
}

fn plain(notification: &Notification) -> Way<'static> {
    let next = notification.hop + 1;
    way(false, (next < notification.route.len()).then_some(next), LONGEST)
}

fn keyed(notification: &Notification) -> Way<'static> {
    Way { honours_key: true, ..plain(notification) }
}

/// Every try ends like this, until it is settled or the route goes on: the waits in seconds, and the end.
fn all_waits(
    mut notification: Notification,
    error: &ProviderError,
    way: impl Fn(&Notification) -> Way<'static>,
) -> (Vec<i64>, Next) {
    let (mut now, mut waits) = (NOW, vec![]);
    loop {
        match after(&notification, Err(error), way(&notification), now) {
            Next::Again { outcome, hop, at } if hop == notification.hop && at < notification.expires_at => {
                waits.push(at.duration_since(now).as_secs());
                now = at;
                let queued = notification.try_again(outcome, now, hop, at).unwrap();
                notification = start(queued, hop, now);
            }
            end => return (waits, end),
        }
    }
}

#[test]
fn a_receipt_settles_it_as_sent() {
    let platform = Some("max".to_owned());
    let receipt = Receipt { message_id: Some("m".to_owned()), platform: platform.clone(), request_id: None };
    let notification = sending(OnUnknown::AtMostOnce, &["a"]);
    let next = after(&notification, Ok(receipt), plain(&notification), NOW);
    let expected = AttemptStatus::Sent { message_id: Some("m".to_owned()), request_id: None, platform };
    assert_eq!(next, Next::Settle(expected));
}

#[test]
fn what_would_fail_again_goes_to_the_next_stop_and_else_fails() {
    let refused = error(ErrorKind::Refused, Retry::Never);
    let notification = sending(OnUnknown::AtMostOnce, &["a", "b"]);
    let next = after(&notification, Err(&refused), plain(&notification), NOW);
    assert!(matches!(next, Next::Again { hop: 1, at, outcome: AttemptStatus::Failed(_) } if at == NOW));
    let next = after(&notification, Err(&refused), way(false, None, LONGEST), NOW);
    assert!(
        matches!(next, Next::Settle(AttemptStatus::Failed(failure)) if failure.kind == FailureKind::Permanent)
    );
}

#[test]
fn what_was_surely_not_sent_is_tried_again_with_full_jitter_up_to_a_quarter_of_an_hour() {
    let notification = sending(OnUnknown::AtMostOnce, &["a"]);
    let (waits, _) = all_waits(notification.clone(), &not_now(1), plain);
    assert_eq!(waits[..12], [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900]);
    let (waits, _) = all_waits(notification, &not_now(1), |_| way(false, None, SHORTEST));
    assert!(waits.iter().all(|wait| *wait == 1), "no sooner than asked for: {waits:?}");
}

#[test]
fn a_wait_that_is_asked_for_is_kept_within_bounds() {
    let notification = sending(OnUnknown::AtMostOnce, &["a"]);
    for (asked, kept) in [(0, 1), (7, 7), (3_600, 3_600), (1_000_000, 3_600), (u64::MAX, 3_600)] {
        let next = after(&notification, Err(&not_now(asked)), way(false, None, SHORTEST), NOW);
        let at = NOW + SignedDuration::from_secs(kept);
        assert!(matches!(next, Next::Again { hop: 0, at: then, .. } if then == at), "{asked}: {next:?}");
    }
}

#[test]
fn the_last_stop_is_tried_until_the_time_is_over_or_forty_times() {
    let notification = sending(OnUnknown::AtMostOnce, &["a"]);
    let (waits, end) = all_waits(notification.clone(), &not_now(1), plain);
    assert!(waits.len() < 40);
    let expires_at = notification.expires_at;
    assert!(matches!(end, Next::Again { at, .. } if at == expires_at), "it comes up to expire: {end:?}");
    let (waits, end) = all_waits(notification, &not_now(1), |_| way(false, None, SHORTEST));
    assert_eq!(waits.len(), 39);
    assert!(matches!(end, Next::Settle(AttemptStatus::Failed(_))), "{end:?}");
}

#[test]
fn a_stop_that_is_not_the_last_is_tried_for_its_time_only() {
    let notification = sending(OnUnknown::AtMostOnce, &["a", "b"]);
    let (waits, end) = all_waits(notification, &not_now(1), plain);
    assert_eq!(waits.iter().sum::<i64>(), 300, "the last one comes up when the time is over");
    assert!(matches!(end, Next::Again { hop: 1, .. }), "{end:?}");
}

#[test]
fn at_most_once_never_repeats_an_unknown_end() {
    let notification = sending(OnUnknown::AtMostOnce, &["a", "b"]);
    let next = after(&notification, Err(&ambiguous()), plain(&notification), NOW);
    assert!(matches!(next, Next::Settle(AttemptStatus::Unknown(_))));
}

#[test]
fn a_provider_that_honours_the_key_is_asked_again_whatever_the_rule() {
    for rule in [OnUnknown::AtMostOnce, OnUnknown::AtLeastOnce, OnUnknown::Fallback] {
        let notification = sending(rule, &["a", "b"]);
        let next = after(&notification, Err(&ambiguous()), keyed(&notification), NOW);
        assert!(matches!(next, Next::Again { hop: 0, at, .. } if at > NOW));
    }
}

#[test]
fn an_unknown_end_that_may_be_a_message_is_repeated_a_few_times() {
    let (waits, end) = all_waits(sending(OnUnknown::AtLeastOnce, &["a"]), &ambiguous(), plain);
    assert_eq!(waits, [1, 2, 4, 8, 16]);
    assert!(matches!(end, Next::Settle(AttemptStatus::Unknown(_))));
}

#[test]
fn repeats_that_are_recognised_go_on_while_the_notification_lives() {
    let (waits, end) = all_waits(sending(OnUnknown::AtMostOnce, &["a"]), &ambiguous(), keyed);
    assert_eq!(waits[..6], [1, 2, 4, 8, 16, 32]);
    assert!(matches!(end, Next::Again { at, .. } if at == NOW + SignedDuration::from_hours(6)));
    let (waits, end) = all_waits(sending(OnUnknown::Fallback, &["a", "b"]), &ambiguous(), keyed);
    assert!(waits.iter().sum::<i64>() >= 300);
    assert!(matches!(end, Next::Again { hop: 1, .. }), "its time at the first stop is over");
}

#[test]
fn a_repeat_is_not_believed_to_be_recognised_after_a_day() {
    let notification = second_try(OnUnknown::AtMostOnce, &["a"]);
    let later = |hours| NOW + SignedDuration::from_hours(hours);
    assert!(!is_forgotten(&notification, later(22)));
    assert!(is_forgotten(&notification, later(23)));
    assert!(
        !is_forgotten(&sending(OnUnknown::AtMostOnce, &["a"]), later(23)),
        "it may be sent now for the first time"
    );
}

#[test]
fn fallback_takes_an_unknown_end_to_the_next_stop() {
    let notification = sending(OnUnknown::Fallback, &["a", "b"]);
    assert!(matches!(after_death(&notification, plain(&notification), NOW), Next::Again { hop: 1, .. }));
    let notification = sending(OnUnknown::Fallback, &["a"]);
    let next = after_death(&notification, plain(&notification), NOW);
    assert!(matches!(next, Next::Settle(AttemptStatus::Unknown(_))));
}

/// The second try at the first stop, after one whose end nobody saw.
fn second_try(on_unknown: OnUnknown, stops: &[&str]) -> Notification {
    let unknown = AttemptStatus::Unknown(AttemptFailure::sender_died());
    start(sending(on_unknown, stops).try_again(unknown, NOW, 0, NOW).unwrap(), 0, NOW)
}

#[test]
fn a_sure_failure_after_an_unknown_end_is_no_reason_to_send_elsewhere() {
    let late = NOW + SignedDuration::from_mins(10);
    let next = |rule, is_keyed: bool| {
        let notification = second_try(rule, &["a", "b"]);
        let way = if is_keyed { keyed(&notification) } else { plain(&notification) };
        after(&notification, Err(&not_now(1)), way, late)
    };
    assert!(matches!(next(OnUnknown::AtMostOnce, true), Next::Again { hop: 0, .. }));
    assert!(matches!(next(OnUnknown::AtMostOnce, false), Next::Settle(_)));
    assert!(matches!(next(OnUnknown::AtLeastOnce, false), Next::Again { hop: 0, .. }));
    assert!(matches!(next(OnUnknown::Fallback, false), Next::Again { hop: 1, .. }));
    assert!(matches!(next(OnUnknown::Fallback, true), Next::Again { hop: 1, .. }));
}

#[test]
fn tries_that_surely_sent_nothing_do_not_use_up_the_repeats_of_an_unknown_end() {
    let (waits, _) = all_waits(second_try(OnUnknown::AtMostOnce, &["a"]), &not_now(1), keyed);
    assert!(waits.len() > 20, "{waits:?}");
}

#[test]
fn a_sure_failure_after_an_unknown_end_settles_as_unknown() {
    let gone = error(ErrorKind::UnknownRecipient, Retry::Never);
    for way in [plain as fn(&Notification) -> Way<'static>, keyed] {
        let notification = second_try(OnUnknown::AtMostOnce, &["a"]);
        let Next::Settle(outcome) = after(&notification, Err(&gone), way(&notification), NOW) else {
            panic!("it is tried again")
        };
        assert_eq!(notification.finish(outcome, NOW).unwrap().status, NotificationStatus::Unknown);
    }
}

#[test]
fn what_was_tried_before_it_was_sent_anew_does_not_count() {
    let notification = second_try(OnUnknown::AtLeastOnce, &["a"]);
    let unknown = AttemptStatus::Unknown(AttemptFailure::sender_died());
    let dead = notification.finish(unknown, NOW).unwrap();
    let anew = start(dead.requeue(NOW, NOW + SignedDuration::from_hours(6)).unwrap(), 0, NOW);
    let (waits, _) = all_waits(anew, &ambiguous(), plain);
    assert_eq!(waits, [1, 2, 4, 8, 16]);
}
