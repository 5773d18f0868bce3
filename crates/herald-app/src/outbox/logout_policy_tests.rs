//! What follows a try to hand over a logout token.

use herald_core::{
    courier::NoAnswerKind,
    event::SessionEnded,
    id::{ConnectionId, DeliveryId, EventId, SessionId, SubjectId, TenantId},
    provider::ProviderName,
    session::EndReason,
};
use jiff::Timestamp;

use super::*;
use crate::chance::tests::Always;
use crate::outbox::outgoing::{Destination, Outgoing, State};

const NOW: Timestamp = Timestamp::constant(1_000, 0);

const LONGEST: Always = Always(255);
const SHORTEST: Always = Always(0);

/// A delivery that nobody has tried yet.
fn delivery() -> Outgoing {
    let session = SessionEnded {
        id: SessionId::from_u128(1),
        subject: SubjectId::from_u128(2),
        provider: ProviderName::ANTARA,
        connection: ConnectionId::parse("main").unwrap(),
        created_at: NOW,
        last_used_at: NOW,
        expires_at: NOW,
        ended_at: NOW,
        reason: EndReason::LoggedOut,
    };
    let destination = Destination::BackChannelLogout { session };
    Outgoing {
        id: DeliveryId::from_u128(3),
        tenant: TenantId::parse("acme").unwrap(),
        event: EventId::from_u128(4),
        kind: "session.ended".to_owned(),
        created_at: NOW,
        give_up_at: destination.give_up_at(NOW),
        destination,
        tried: 0,
        attempts: vec![],
        failures: 0,
        refusals: 0,
        replayed: None,
        state: State::Open { next_at: NOW },
    }
}

type Answer = Result<Receipt, NoAnswer>;

fn status(status: u16) -> Receipt {
    Receipt { status, retry_after: None }
}

fn asks(status: u16, seconds: u64) -> Receipt {
    Receipt { status, retry_after: Some(Duration::from_secs(seconds)) }
}

fn silence() -> NoAnswer {
    NoAnswer { why: NoAnswerKind::Unreachable, detail: "no connection, nothing was sent".to_owned() }
}

/// Tries until it is settled, always with this result; how it ended and the seconds waited between.
fn exhaust(result: &Answer, entropy: &dyn Entropy) -> (Settlement, Vec<i64>) {
    let (mut delivery, mut now, mut waits) = (delivery(), NOW, vec![]);
    loop {
        delivery.tried(result, (now, now), entropy);
        match delivery.state {
            State::Settled { how, at } => {
                assert_eq!((at, usize::try_from(delivery.tried).unwrap()), (now, waits.len() + 1));
                return (how, waits);
            }
            State::Held => panic!("nothing holds a logout token back"),
            State::Open { next_at } => {
                waits.push(next_at.duration_since(now).as_secs());
                now = next_at;
            }
        }
    }
}

#[test]
fn every_success_is_delivered() {
    for code in [200, 202, 204, 299] {
        assert_eq!(exhaust(&Ok(status(code)), &LONGEST), (Settlement::Delivered, vec![]));
    }
}

#[test]
fn who_is_gone_is_not_asked_again() {
    assert_eq!(exhaust(&Ok(status(410)), &LONGEST), (Settlement::Refused, vec![]));
}

#[test]
fn a_refusal_is_believed_after_some_minutes() {
    for code in [400, 401, 403, 404, 405, 413, 501, 302, 308, 199, 600] {
        let (how, waits) = exhaust(&Ok(status(code)), &LONGEST);
        assert_eq!((how, waits), (Settlement::Refused, vec![5, 10, 20, 40, 80, 160, 320]), "{code}");
    }
}

#[test]
fn trouble_is_sat_out_for_a_day() {
    let statuses = [408, 425, 429, 500, 502, 503].map(|code| Ok(status(code)));
    for result in statuses.into_iter().chain([Err(silence())]) {
        let (how, waits) = exhaust(&result, &LONGEST);
        assert_eq!(how, Settlement::GaveUp, "{result:?}");
        assert_eq!(waits[..11], [5, 10, 20, 40, 80, 160, 320, 640, 1280, 2560, 3600]);
        let total: i64 = waits.iter().sum();
        assert!((23 * 3600..=24 * 3600).contains(&total), "{total}");
    }
}

#[test]
fn refusals_count_by_themselves() {
    let mut delivery = delivery();
    for _ in 0..20 {
        delivery.tried(&Ok(status(503)), (NOW, NOW), &SHORTEST);
    }
    delivery.tried(&Ok(status(400)), (NOW, NOW), &SHORTEST);
    assert!(matches!(delivery.state, State::Open { .. }));
    assert_eq!((delivery.failures, delivery.refusals, delivery.tried), (21, 1, 21));
}

#[test]
fn a_wait_is_anything_up_to_its_bound_and_never_nothing() {
    for attempts in [1, 2, 11, 1000, u32::MAX] {
        assert_eq!(wait(attempts, &SHORTEST), Duration::from_secs(1));
        let half = wait(attempts, &Always(0x7f)).as_secs_f64() / wait(attempts, &LONGEST).as_secs_f64();
        assert!((0.49..0.51).contains(&half), "{half}");
    }
    assert_eq!(wait(u32::MAX, &LONGEST), Duration::from_secs(3600));
}

#[test]
fn the_asked_pause_is_kept_up_to_an_hour() {
    for (receipt, seconds) in
        [(asks(429, 7), 7), (asks(503, 90), 90), (asks(400, 90), 90), (asks(503, 1_000_000), 3600)]
    {
        let mut delivery = delivery();
        delivery.tried(&Ok(receipt), (NOW, NOW), &SHORTEST);
        let next_at = NOW + SignedDuration::from_secs(seconds);
        assert_eq!(delivery.state, State::Open { next_at }, "{receipt:?}");
    }
    // A shorter one than ours is not what a receiver in trouble needs.
    let mut delivery = delivery();
    delivery.tried(&Ok(asks(503, 1)), (NOW, NOW), &LONGEST);
    assert_eq!(delivery.state, State::Open { next_at: NOW + SignedDuration::from_secs(5) });
}

#[test]
fn only_who_is_busy_and_says_how_long_is_left_alone_altogether() {
    let for_seconds = |seconds| Some(SignedDuration::from_secs(seconds));
    assert_eq!(rest(&Ok(asks(429, 7))), for_seconds(7));
    assert_eq!(rest(&Ok(asks(503, 1_000_000))), for_seconds(3600));
    for receipt in [asks(200, 7), asks(400, 7), asks(500, 7), status(429), status(503)] {
        assert_eq!(rest(&Ok(receipt)), None, "{receipt:?}");
    }
    assert_eq!(rest(&Err(silence())), None);
}

#[test]
fn what_is_put_off_for_too_long_is_given_up_without_a_try() {
    let mut delivery = delivery();
    let at = |seconds| NOW + SignedDuration::from_secs(seconds);
    delivery.put_off(at(86_400), at(86_000));
    assert_eq!(delivery.state, State::Open { next_at: at(86_400) });
    delivery.put_off(at(86_401), at(86_000));
    assert_eq!(delivery.state, State::Settled { how: Settlement::GaveUp, at: at(86_000) });
    assert_eq!(delivery.tried, 0);
}

#[test]
fn the_last_twenty_tries_are_kept() {
    let mut delivery = delivery();
    for second in 1..=25 {
        let started_at = NOW + SignedDuration::from_secs(second);
        delivery.tried(&Ok(status(503)), (started_at, started_at), &SHORTEST);
    }
    let numbers: Vec<_> = delivery.attempts.iter().map(|attempt| attempt.number).collect();
    assert_eq!(numbers, (6..=25).collect::<Vec<_>>());
}

#[test]
fn what_is_stored_survives_its_text_form_and_shows_what_is_documented() {
    let mut delivery = delivery();
    delivery.tried(&Err(silence()), (NOW, NOW), &LONGEST);
    delivery.tried(&Ok(status(500)), (NOW, NOW), &LONGEST);
    let json = serde_json::to_value(&delivery).unwrap();
    assert_eq!(json["destination"]["to"], "back_channel_logout");
    assert_eq!(json["state"]["state"], "open");
    assert_eq!(json["attempts"][0]["reply"]["no_answer"], "unreachable");
    assert_eq!(json["attempts"][1]["reply"]["status"], 500);
    assert_eq!(serde_json::from_value::<Outgoing>(json).unwrap(), delivery);
}
