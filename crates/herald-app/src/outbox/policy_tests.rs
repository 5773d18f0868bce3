//! What follows a try to tell.

use herald_core::{
    event::{Event, Happening, SessionEnded},
    id::{ConnectionId, EventId, SessionId, SubjectId, TenantId},
    provider::ProviderName,
    session::EndReason,
};

use super::*;
use crate::outbox::outgoing::{Destination, Outgoing};

const NOW: Timestamp = Timestamp::constant(1_000, 0);

/// Gives the same byte for ever.
#[derive(Debug)]
struct Always(u8);

impl Entropy for Always {
    fn fill(&self, bytes: &mut [u8]) {
        bytes.fill(self.0);
    }
}

const LONGEST: Always = Always(255);
const SHORTEST: Always = Always(0);

fn delivery() -> Delivery {
    Delivery::new(Destination::BackChannelLogout, NOW)
}

type Answer = Result<Receipt, NoAnswer>;

fn status(status: u16) -> Receipt {
    Receipt { status, retry_after: None }
}

fn asks(status: u16, seconds: u64) -> Receipt {
    Receipt { status, retry_after: Some(Duration::from_secs(seconds)) }
}

fn silence() -> NoAnswer {
    NoAnswer("no connection, nothing was sent".to_owned())
}

/// Tries until it is settled, always with this result; how it ended and the seconds waited between.
fn exhaust(result: &Answer, entropy: &dyn Entropy) -> (Settlement, Vec<i64>) {
    let (mut delivery, mut now, mut waits) = (delivery(), NOW, vec![]);
    loop {
        delivery.tried(result.clone(), now, entropy);
        match delivery.state {
            DeliveryState::Settled { how, at } => {
                assert_eq!((at, usize::try_from(delivery.attempts).unwrap()), (now, waits.len() + 1));
                return (how, waits);
            }
            DeliveryState::Open { next_at } => {
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
        delivery.tried(Ok(status(503)), NOW, &SHORTEST);
    }
    delivery.tried(Ok(status(400)), NOW, &SHORTEST);
    assert!(matches!(delivery.state, DeliveryState::Open { .. }));
    assert_eq!((delivery.attempts, delivery.refusals, &delivery.last), (21, 1, &Some(Reply::Status(400))));
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
        delivery.tried(Ok(receipt), NOW, &SHORTEST);
        let next_at = NOW + SignedDuration::from_secs(seconds);
        assert_eq!(delivery.state, DeliveryState::Open { next_at }, "{receipt:?}");
    }
    // A shorter one than ours is not what a receiver in trouble needs.
    let mut delivery = delivery();
    delivery.tried(Ok(asks(503, 1)), NOW, &LONGEST);
    assert_eq!(delivery.state, DeliveryState::Open { next_at: NOW + SignedDuration::from_secs(5) });
}

#[test]
fn only_who_is_busy_and_says_how_long_is_left_alone_altogether() {
    let at = |seconds| Some(NOW + SignedDuration::from_secs(seconds));
    assert_eq!(rest(&Ok(asks(429, 7)), NOW), at(7));
    assert_eq!(rest(&Ok(asks(503, 1_000_000)), NOW), at(3600));
    for receipt in [asks(200, 7), asks(400, 7), asks(500, 7), status(429), status(503)] {
        assert_eq!(rest(&Ok(receipt), NOW), None, "{receipt:?}");
    }
    assert_eq!(rest(&Err(silence()), NOW), None);
}

#[test]
fn what_is_put_off_for_too_long_is_given_up_without_a_try() {
    let mut delivery = delivery();
    let at = |seconds| NOW + SignedDuration::from_secs(seconds);
    delivery.put_off(at(86_400), at(86_000));
    assert_eq!(delivery.state, DeliveryState::Open { next_at: at(86_400) });
    delivery.put_off(at(86_401), at(86_000));
    assert_eq!(delivery.state, DeliveryState::Settled { how: Settlement::GaveUp, at: at(86_000) });
    assert_eq!(delivery.attempts, 0);
}

#[test]
fn what_is_stored_survives_its_text_form_and_shows_what_is_documented() {
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
    let event = Event {
        id: EventId::from_u128(3),
        tenant: TenantId::parse("acme").unwrap(),
        at: NOW,
        what: Happening::SessionEnded { session },
    };
    let mut outgoing = Outgoing::new(event);
    outgoing.deliveries.push(delivery());
    let (_, first) = outgoing.first_due(NOW).unwrap();
    first.tried(Err(silence()), NOW, &LONGEST);
    let json = serde_json::to_value(&outgoing).unwrap();
    assert_eq!(json["deliveries"][0]["destination"], "back_channel_logout");
    assert_eq!(json["deliveries"][0]["state"]["state"], "open");
    let again: Outgoing = serde_json::from_value(json).unwrap();
    assert_eq!((again.deliveries, again.event), (outgoing.deliveries, outgoing.event));
}
