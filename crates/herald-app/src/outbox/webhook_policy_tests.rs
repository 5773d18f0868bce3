//! What follows a try to tell a webhook endpoint.

use herald_core::courier::NoAnswerKind;

use super::*;
use crate::chance::tests::Always;

/// Gives the middle of everything.
#[derive(Debug)]
struct Middle;

impl Entropy for Middle {
    fn fill(&self, bytes: &mut [u8]) {
        bytes.fill(255);
        bytes[0] = 127;
    }
}

type Answer = Result<Receipt, NoAnswer>;

fn status(status: u16) -> Receipt {
    Receipt { status, retry_after: None }
}

fn asks(status: u16, seconds: u64) -> Receipt {
    Receipt { status, retry_after: Some(Duration::from_secs(seconds)) }
}

fn silence(why: NoAnswerKind) -> Answer {
    Err(NoAnswer { why, detail: "nobody there".to_owned() })
}

/// The waits in whole seconds when every try ends so, and how the last one does.
fn exhaust(answer: &Answer, entropy: &dyn Entropy) -> (Vec<i64>, Settlement) {
    let mut waits = vec![];
    for failures in 1.. {
        match next(answer, failures, false, entropy) {
            Next::Again(wait) => waits.push(wait.round(jiff::Unit::Second).unwrap().as_secs()),
            Next::Settle(how) => return (waits, how),
        }
    }
    unreachable!("every schedule has an end")
}

#[test]
fn every_failure_goes_by_the_schedule_of_standard_webhooks() {
    let silences = [
        NoAnswerKind::BlockedAddress,
        NoAnswerKind::Unreachable,
        NoAnswerKind::Timeout,
        NoAnswerKind::Broken,
    ];
    let answers =
        [199, 301, 302, 308, 400, 401, 403, 404, 408, 409, 500, 501, 599].map(|code| Ok(status(code)));
    for answer in answers.into_iter().chain(silences.map(silence)) {
        let (waits, how) = exhaust(&answer, &Middle);
        assert_eq!(waits, [5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400], "{answer:?}");
        assert_eq!(how, Settlement::GaveUp);
    }
}

#[test]
fn a_wait_is_a_fifth_more_or_less() {
    assert_eq!(exhaust(&Ok(status(500)), &Always(0)).0[..4], [4, 240, 1_440, 5_760]);
    assert_eq!(exhaust(&Ok(status(500)), &Always(255)).0[..4], [6, 360, 2_160, 8_640]);
}

#[test]
fn every_success_is_delivered_and_who_is_gone_is_not_asked_again() {
    for code in [200, 201, 202, 204, 299] {
        assert_eq!(exhaust(&Ok(status(code)), &Always(0)), (vec![], Settlement::Delivered), "{code}");
    }
    assert_eq!(exhaust(&Ok(status(410)), &Always(0)), (vec![], Settlement::Refused));
}

#[test]
fn a_trial_is_made_once() {
    for answer in [Ok(status(500)), Ok(status(302)), silence(NoAnswerKind::Timeout)] {
        assert_eq!(next(&answer, 1, true, &Always(0)), Next::Settle(Settlement::GaveUp), "{answer:?}");
    }
    assert_eq!(next(&Ok(status(204)), 0, true, &Always(0)), Next::Settle(Settlement::Delivered));
}

#[test]
fn who_cannot_keep_up_is_left_alone_for_a_minute_at_least() {
    let seconds = |seconds| SignedDuration::from_secs(seconds);
    for code in [429, 502, 503, 504] {
        for (answer, rested) in [
            (Ok(status(code)), 60),
            (Ok(asks(code, 1)), 60),
            (Ok(asks(code, 600)), 600),
            (Ok(asks(code, 1_000_000)), 86_400),
        ] {
            assert_eq!(rest(&answer), Some(seconds(rested)), "{answer:?}");
            assert_eq!(next(&answer, 1, false, &Middle), Next::Again(seconds(rested)), "{answer:?}");
        }
        // The schedule's own wait may be longer.
        assert!(
            matches!(next(&Ok(status(code)), 2, false, &Middle), Next::Again(wait) if wait > seconds(299))
        );
    }
    for answer in [
        Ok(status(200)),
        Ok(status(500)),
        Ok(asks(500, 600)),
        Ok(asks(200, 600)),
        silence(NoAnswerKind::Timeout),
    ] {
        assert_eq!(rest(&answer), None, "{answer:?}");
    }
}

#[test]
fn any_other_answer_may_ask_for_a_longer_wait_too() {
    let wait = next(&Ok(asks(500, 600)), 1, false, &Middle);
    assert_eq!(wait, Next::Again(SignedDuration::from_secs(600)));
}
