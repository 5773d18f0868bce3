//! The notification's moves.

use super::*;
use crate::provider::ProviderName;

const NOW: Timestamp = Timestamp::constant(1_000_000, 0);

fn at(seconds: i64) -> Timestamp {
    NOW + SignedDuration::from_secs(seconds)
}

fn queued() -> Notification {
    let account = ProviderAccount { provider: ProviderName::ANTARA, account: "app".to_owned() };
    Notification {
        id: NotificationId::from_u128(7),
        tenant: TenantId::parse("acme").unwrap(),
        to: Address::Slug { slug: Slug::parse("xK9mNp").unwrap() },
        message: Message::Text { text: MessageText::parse("hi").unwrap() },
        reference: None,
        route: vec![Hop { connection: ConnectionId::parse("main").unwrap(), account }],
        on_unknown: OnUnknown::AtMostOnce,
        send_at: at(5),
        expires_at: at(100),
        created_at: NOW,
        key_until: at(1_000_000),
        status: NotificationStatus::Queued,
        hop: 0,
        hop_since: None,
        retry_at: None,
        attempts: vec![],
        former_attempts: 0,
        settled_at: None,
        delivered_at: None,
    }
}

fn sending() -> Notification {
    queued().start_attempt(0, at(5), at(25)).unwrap()
}

fn sent() -> AttemptStatus {
    AttemptStatus::Sent { message_id: Some("m1".to_owned()), request_id: None, platform: None }
}

#[test]
fn it_walks_from_queued_to_sent() {
    assert_eq!(queued().due_at(), Some(at(5)));
    assert_eq!((sending().status, sending().due_at()), (NotificationStatus::Sending, Some(at(25))));
    let done = sending().finish(sent(), at(6)).unwrap();
    assert_eq!((done.status, done.due_at(), done.settled_at), (NotificationStatus::Sent, None, Some(at(6))));
    assert_eq!(done.carried_by().unwrap().number, 1);
}

#[test]
fn an_unknown_end_is_kept_when_it_is_tried_again() {
    let unknown = AttemptStatus::Unknown(AttemptFailure::sender_died());
    let again = sending().try_again(unknown, at(25), 0, at(30)).unwrap();
    assert_eq!((again.status, again.due_at()), (NotificationStatus::Queued, Some(at(30))));
    let done = again.start_attempt(0, at(30), at(50)).unwrap().finish(sent(), at(31)).unwrap();
    let words: Vec<_> =
        done.attempts.iter().map(|attempt| (attempt.number, attempt.status.as_str())).collect();
    assert_eq!(words, [(1, "unknown"), (2, "sent")]);
}

#[test]
fn moves_from_the_wrong_place_are_refused() {
    assert!(sending().start_attempt(0, at(6), at(26)).is_err());
    assert!(queued().start_attempt(1, at(6), at(26)).is_err());
    assert!(queued().finish(sent(), at(6)).is_err());
    assert!(sending().finish(AttemptStatus::Sending, at(6)).is_err());
    assert!(sending().expire(at(6)).is_err());
    let done = sending().finish(sent(), at(6)).unwrap();
    assert!(done.clone().expire(at(7)).is_err() && done.clone().fail(at(7)).is_err());
    assert!(done.finish(sent(), at(7)).is_err());
    assert_eq!(queued().expire(at(100)).unwrap().status, NotificationStatus::Expired);
}

#[test]
fn its_sends_have_one_name() {
    assert_eq!(queued().send_key(), sending().send_key());
}

#[test]
fn it_survives_being_stored() {
    for notification in [queued(), sending(), sending().finish(sent(), at(6)).unwrap()] {
        let text = serde_json::to_string(&notification).unwrap();
        assert_eq!(serde_json::from_str::<Notification>(&text).unwrap(), notification);
    }
}

#[test]
fn nothing_is_said_to_be_surely_unsent_after_a_try_whose_end_nobody_saw() {
    let again = || {
        let unknown = AttemptStatus::Unknown(AttemptFailure::sender_died());
        sending().try_again(unknown, at(25), 0, at(30)).unwrap()
    };
    assert!(again().is_unknown_here());
    assert_eq!(again().expire(at(100)).unwrap().status, NotificationStatus::Unknown);
    assert_eq!(again().fail(at(30)).unwrap().status, NotificationStatus::Unknown);
    let failed = AttemptStatus::Failed(AttemptFailure::sender_died());
    let done = again().start_attempt(0, at(30), at(50)).unwrap().finish(failed, at(31)).unwrap();
    assert_eq!(done.status, NotificationStatus::Unknown);
}

#[test]
fn it_is_cancelled_while_it_waits() {
    assert_eq!(queued().cancel(at(1)).unwrap().status, NotificationStatus::Cancelled);
    assert!(sending().cancel(at(6)).is_err());
    let unknown = AttemptStatus::Unknown(AttemptFailure::sender_died());
    let again = sending().try_again(unknown, at(25), 0, at(30)).unwrap();
    assert_eq!(again.cancel(at(26)).unwrap().status, NotificationStatus::Unknown);
}

#[test]
fn only_what_was_sent_is_delivered() {
    let delivered = sending().finish(sent(), at(6)).unwrap().deliver(at(7)).unwrap();
    assert_eq!((delivered.status, delivered.delivered_at), (NotificationStatus::Delivered, Some(at(7))));
    assert!(delivered.deliver(at(8)).is_err());
    let by_another_clock = sending().finish(sent(), at(6)).unwrap().deliver(at(5)).unwrap();
    assert_eq!(by_another_clock.delivered_at, Some(at(6)), "not before it was sent");
    for other in [queued(), sending(), queued().cancel(at(1)).unwrap()] {
        assert!(other.deliver(at(8)).is_err());
    }
}

#[test]
fn a_dead_letter_is_sent_anew_with_a_clean_slate() {
    let failed = AttemptStatus::Failed(AttemptFailure::sender_died());
    let dead = sending().finish(failed, at(6)).unwrap();
    let again = dead.clone().requeue(at(50), at(200)).unwrap();
    assert_eq!(
        (again.status, again.due_at(), again.expires_at),
        (NotificationStatus::Queued, Some(at(50)), at(200))
    );
    assert_eq!((again.attempts.len(), again.attempts_here().count()), (1, 0));
    assert_eq!(again.start_attempt(0, at(50), at(70)).unwrap().attempts_here().count(), 1);
    assert!(sending().finish(sent(), at(6)).unwrap().requeue(at(50), at(200)).is_err());
    assert!(queued().requeue(at(50), at(200)).is_err());
    // Its key would be free while something may still be sent under it.
    assert!(dead.requeue(at(50), at(1_000_000 - 86_399)).is_err());
}

#[test]
fn what_was_tried_two_hundred_times_is_not_sent_anew() {
    let failed = || AttemptStatus::Failed(AttemptFailure::sender_died());
    let mut dead = sending().finish(failed(), at(6)).unwrap();
    while dead.attempts.len() < 200 {
        let sending = dead.requeue(at(50), at(200)).unwrap().start_attempt(0, at(50), at(70)).unwrap();
        dead = sending.finish(failed(), at(60)).unwrap();
    }
    assert!(dead.requeue(at(70), at(200)).is_err());
}

#[test]
fn it_skips_ahead_while_there_is_another_connection() {
    let with_two = |mut notification: Notification| {
        let mut second = notification.route[0].clone();
        second.connection = ConnectionId::parse("backup").unwrap();
        notification.route.push(second);
        notification
    };
    assert!(queued().skip(at(6)).is_err());
    let skipped = with_two(queued()).skip(at(6)).unwrap();
    assert_eq!((skipped.hop, skipped.due_at(), skipped.hop_since()), (1, Some(at(6)), at(6)));
    assert!(skipped.skip(at(7)).is_err());
    // What is planned stays planned.
    assert_eq!(with_two(queued()).skip(at(1)).unwrap().due_at(), Some(at(5)));
    assert!(with_two(sending()).skip(at(6)).is_err());
    let unknown = AttemptStatus::Unknown(AttemptFailure::sender_died());
    let lost = with_two(sending()).finish(unknown, at(25)).unwrap();
    assert!(lost.clone().skip(at(100)).is_err(), "its time is over");
    let skipped = lost.skip(at(26)).unwrap();
    let failed = AttemptStatus::Failed(AttemptFailure::sender_died());
    let done = skipped.start_attempt(1, at(26), at(46)).unwrap().finish(failed, at(27)).unwrap();
    assert_eq!(done.status, NotificationStatus::Unknown, "the first may have arrived");
}
