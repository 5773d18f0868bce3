//! What a gate lets through, and when.

use std::time::Duration;

use herald_core::provider::ProviderName;

use super::*;
use crate::chance::tests::Always;

const NOW: Timestamp = Timestamp::constant(1_000_000, 0);

fn id(number: u128) -> NotificationId {
    NotificationId::from_u128(number)
}

fn after(seconds: i64) -> Timestamp {
    NOW + SignedDuration::from_secs(seconds)
}

/// A gate, and hands to send through it.
#[derive(Debug)]
struct Bench(Gate);

impl Bench {
    fn new() -> Self {
        Self(Gate::new(NOW))
    }

    /// One first call at that second, which ends at once.
    fn call(&mut self, seconds: i64, number: u128, how: Ended) -> Option<ConnectionCondition> {
        let ticket = self.0.pass(id(number), false, after(seconds)).expect("it is let through");
        self.end(ticket, how, seconds)
    }

    fn end(&mut self, ticket: Ticket, how: Ended, seconds: i64) -> Option<ConnectionCondition> {
        self.0.ended(ticket, how, after(seconds), &Always(0))
    }

    /// For how long after that second it lets nothing through; 0 when it does.
    fn closed_for(&mut self, seconds: i64) -> i64 {
        let until = self.0.closed_until(id(u128::MAX), false, after(seconds));
        until.map_or(0, |until| until.duration_since(after(seconds)).as_secs())
    }

    /// Opened by ten failures at the first second.
    fn failing() -> Self {
        let mut bench = Self::new();
        for number in 1..10 {
            assert_eq!(bench.call(0, number, Ended::Failed), None);
        }
        assert_eq!(bench.call(0, 10, Ended::Failed), Some(ConnectionCondition::Unavailable));
        bench
    }
}

fn ended(kind: ErrorKind, retry: Retry) -> Ended {
    Ended::from(Some(&ProviderError::new(&ProviderName::ANTARA, "send", kind, retry, "x")))
}

#[test]
fn what_says_something_about_the_connection_is_told_from_what_does_not() {
    let (never, unknown) = (Retry::Never, Retry::OutcomeUnknown);
    let soon = |seconds| Retry::After(Duration::from_secs(seconds));
    assert_eq!(Ended::from(None), Ended::Answered);
    for (kind, retry, expected) in [
        (ErrorKind::UnknownRecipient, never, Ended::Answered),
        (ErrorKind::Refused, never, Ended::Answered),
        (ErrorKind::InvalidInput, never, Ended::Answered),
        (ErrorKind::InvalidInput, unknown, Ended::Failed),
        (ErrorKind::Unavailable, soon(1), Ended::Failed),
        (ErrorKind::Timeout, unknown, Ended::Failed),
        (ErrorKind::Protocol, never, Ended::Failed),
        (ErrorKind::Unauthenticated, soon(60), Ended::Refused),
        (ErrorKind::Unauthenticated, never, Ended::Refused),
        (ErrorKind::Misconfigured, soon(60), Ended::Doubted),
        (ErrorKind::Misconfigured, never, Ended::Answered),
        (ErrorKind::RateLimited, soon(7), Ended::Limited(SignedDuration::from_secs(7))),
        (ErrorKind::RateLimited, soon(0), Ended::Limited(SignedDuration::from_secs(1))),
        (ErrorKind::RateLimited, soon(u64::MAX), Ended::Limited(SignedDuration::from_hours(1))),
    ] {
        assert_eq!(ended(kind, retry), expected, "{kind:?} {retry:?}");
    }
}

#[test]
fn it_opens_when_half_of_ten_calls_fail_and_not_before() {
    let mut bench = Bench::new();
    for number in 0..5 {
        bench.call(0, number, Ended::Answered);
    }
    for number in 5..9 {
        assert_eq!(bench.call(0, number, Ended::Failed), None);
        assert_eq!(bench.closed_for(0), 0);
    }
    assert_eq!(bench.call(0, 9, Ended::Failed), Some(ConnectionCondition::Unavailable));
    assert_eq!(bench.closed_for(0), 10);
}

#[test]
fn failures_of_half_a_minute_ago_do_not_count() {
    let mut bench = Bench::new();
    for number in 0..9 {
        bench.call(0, number, Ended::Failed);
    }
    assert_eq!(bench.call(30, 9, Ended::Failed), None);
    assert_eq!(bench.closed_for(30), 0);
}

#[test]
fn while_it_is_open_one_call_at_a_time_is_tried_and_each_failure_doubles_the_wait() {
    let mut bench = Bench::failing();
    let mut at = 0;
    for expected in [10, 20, 40, 80, 120, 120] {
        assert_eq!(bench.closed_for(at), expected);
        at += expected;
        let probe = bench.0.pass(id(1), true, after(at)).expect("one is tried");
        assert!(bench.0.pass(id(2), false, after(at)).is_err(), "two are tried at once");
        assert_eq!(bench.end(probe, Ended::Failed, at), None);
    }
}

#[test]
fn it_closes_when_the_try_goes_well() {
    let mut bench = Bench::failing();
    assert_eq!(bench.call(10, 1, Ended::Answered), Some(ConnectionCondition::Available));
    for number in 0..9 {
        assert_eq!(bench.call(10, number, Ended::Failed), None, "what was before is forgotten");
    }
    assert_eq!(bench.0.standing(), (ConnectionCondition::Available, after(10)));
}

#[test]
fn a_try_that_is_not_made_leaves_the_way_to_the_next() {
    let mut bench = Bench::failing();
    let probe = bench.0.pass(id(1), false, after(10)).unwrap();
    bench.0.uncalled(probe);
    assert!(bench.0.pass(id(2), false, after(10)).is_ok());
}

#[test]
fn calls_that_began_before_it_opened_neither_close_it_nor_hold_it_open() {
    let mut bench = Bench::new();
    let early: Vec<_> = (0..20).map(|number| bench.0.pass(id(number), false, NOW).unwrap()).collect();
    for (number, ticket) in early.into_iter().enumerate() {
        let how = if number < 10 || number % 2 == 0 { Ended::Failed } else { Ended::Answered };
        bench.end(ticket, how, 0);
    }
    assert_eq!(bench.closed_for(0), 10);
    assert_eq!(bench.call(10, 1, Ended::Answered), Some(ConnectionCondition::Available));
}

#[test]
fn a_rest_that_was_asked_for_is_kept_and_is_no_trouble() {
    let mut bench = Bench::new();
    let other = bench.0.pass(id(2), false, NOW).unwrap();
    assert_eq!(bench.call(0, 1, Ended::Limited(SignedDuration::from_secs(90))), None);
    assert_eq!(bench.end(other, Ended::Limited(SignedDuration::from_secs(5)), 1), None);
    assert_eq!((bench.closed_for(0), bench.closed_for(89), bench.closed_for(90)), (90, 1, 0));
}

#[test]
fn a_refused_credential_is_tried_once_a_minute_until_it_is_taken() {
    let mut bench = Bench::new();
    assert_eq!(bench.call(0, 1, Ended::Refused), Some(ConnectionCondition::CredentialsInvalid));
    assert_eq!(bench.closed_for(0), 60);
    assert_eq!(bench.call(60, 2, Ended::Refused), None);
    assert_eq!(bench.closed_for(60), 60);
    assert_eq!(bench.call(120, 3, Ended::Answered), Some(ConnectionCondition::Available));
    assert_eq!(bench.closed_for(120), 0);
}

#[test]
fn a_parked_connection_that_is_configured_anew_is_tried_at_once() {
    let mut bench = Bench::new();
    bench.call(0, 1, Ended::Refused);
    bench.0.reconfigured(after(5));
    assert_eq!(bench.call(5, 2, Ended::Answered), Some(ConnectionCondition::Available));
}

#[test]
fn a_refusal_that_is_about_one_message_does_not_park_the_connection_again_and_again() {
    let mut bench = Bench::new();
    bench.call(0, 1, Ended::Refused);
    let itself = bench.0.closed_until(id(1), true, after(60));
    assert!(itself.is_some(), "others go first");
    assert_eq!(bench.call(60, 2, Ended::Answered), Some(ConnectionCondition::Available));
    for seconds in [70, 200, 500] {
        assert_eq!(bench.call(seconds, 1, Ended::Refused), None);
        assert_eq!(bench.closed_for(seconds), 0);
    }
}

#[test]
fn repeats_to_a_provider_that_fails_are_few_and_to_one_that_is_well_are_free() {
    let mut bench = Bench::new();
    let mut repeats = 0;
    for number in 0..4 {
        bench.call(0, number, Ended::Answered);
        bench.call(0, number, Ended::Failed);
    }
    while let Ok(ticket) = bench.0.pass(id(9), true, NOW) {
        bench.end(ticket, Ended::Answered, 0);
        repeats += 1;
        // Of 8 + n calls 4 failed: it is well again when n is 12.
        if repeats == 12 {
            break;
        }
    }
    assert_eq!(repeats, 11, "ten in reserve, and one for eight first calls");
    for number in 10..20 {
        bench.call(0, number, Ended::Answered);
    }
    assert!((0..100).all(|_| bench.0.pass(id(9), true, NOW).is_ok()), "it is well");
}

#[test]
fn what_may_be_about_a_message_parks_the_connection_only_when_three_in_a_row_were_refused() {
    let mut bench = Bench::new();
    for number in [1, 1, 1, 2] {
        assert_eq!(bench.call(0, number, Ended::Doubted), None);
    }
    assert_eq!(bench.call(0, 3, Ended::Answered), None);
    for number in [1, 2, 4, 5] {
        assert_eq!(bench.call(0, number, Ended::Doubted), None, "1 and 2 are known, and two are too few");
    }
    assert_eq!(bench.closed_for(0), 0);
    assert_eq!(bench.call(0, 6, Ended::Doubted), Some(ConnectionCondition::CredentialsInvalid));
    assert_eq!(bench.closed_for(0), 60);
    // When it was not the credential after all, it takes more to think so again.
    assert_eq!(bench.call(60, 7, Ended::Answered), Some(ConnectionCondition::Available));
    for number in 8..13 {
        assert_eq!(bench.call(60, number, Ended::Doubted), None);
    }
    assert_eq!(bench.call(60, 13, Ended::Doubted), Some(ConnectionCondition::CredentialsInvalid));
}

#[test]
fn a_credential_that_is_refused_without_saying_so_is_parked_however_often_that_was_wrong() {
    let mut bench = Bench::new();
    let mut numbers = 0..;
    for minute in 0..20 {
        let mut tries = 0;
        while bench.closed_for(minute * 60) == 0 {
            bench.call(minute * 60, numbers.next().unwrap(), Ended::Doubted);
            tries += 1;
            assert!(tries <= 24, "{tries} in minute {minute}");
        }
        bench.call((minute + 1) * 60, numbers.next().unwrap(), Ended::Answered);
    }
}

#[test]
fn a_clock_that_is_set_back_keeps_no_gate_closed() {
    let mut parked = Bench::new();
    parked.call(0, 1, Ended::Refused);
    let mut failing = Bench::failing();
    let mut resting = Bench::new();
    resting.call(0, 1, Ended::Limited(SignedDuration::from_secs(3_600)));
    let mut spent = Bench::new();
    for number in 0..9 {
        spent.call(0, number, Ended::Failed);
    }
    while spent.0.pass(id(1), true, NOW).is_ok() {}
    for bench in [&mut parked, &mut failing, &mut resting, &mut spent] {
        assert!(bench.0.closed_until(id(99), true, after(-3_600)).is_none(), "{bench:?}");
    }
}

#[test]
fn calls_are_counted_on_when_the_clock_was_set_back() {
    let mut bench = Bench::new();
    for seconds in 0..30 {
        bench.call(seconds, 1, Ended::Answered);
    }
    for part in 0..4 {
        bench.call(part * 5 - 3_600, 1, Ended::Failed);
        assert_eq!(bench.call(part * 5 - 3_600, 1, Ended::Failed), None);
    }
    assert_eq!(bench.call(-3_580, 1, Ended::Failed), None);
    assert_eq!(bench.call(-3_580, 1, Ended::Failed), Some(ConnectionCondition::Unavailable));
}

#[test]
fn the_more_are_turned_away_the_later_the_last_of_them_comes_back() {
    let mut bench = Bench::failing();
    let mut back = |number| bench.0.closed_until(id(number), false, NOW).unwrap().duration_since(after(10));
    let waits: Vec<_> = (0..90_000).map(&mut back).collect();
    assert_eq!((waits[0].as_millis(), waits[99].as_millis()), (0, 990));
    assert_eq!(waits[89_999].as_millis(), 899_990);
    let again = (0..10).map(back).map(|wait| wait.as_millis()).max();
    assert!(again <= Some(900_000), "{again:?}");
    // Whom it lets through waits for nobody.
    assert!(bench.0.pass(id(1), false, after(10)).is_ok());
}
