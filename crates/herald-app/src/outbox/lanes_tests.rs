//! Queues, places and rests of receivers.

use std::time::Duration;

use super::*;
use crate::chance::tests::Always;

const NOW: Timestamp = Timestamp::constant(1_767_323_045, 0);

fn tenant(id: &str) -> TenantId {
    TenantId::parse(id).unwrap()
}

fn key(id: &str, url: &str) -> LaneKey {
    LaneKey::new(&tenant(id), None, Some(&url.parse().unwrap()))
}

fn queue(lanes: &Lanes, id: &str, url: &str) -> Ticket {
    lanes.queue(key(id, url), false, NOW).unwrap()
}

fn at(seconds: i64) -> Timestamp {
    NOW + SignedDuration::from_secs(seconds)
}

async fn is_blocked(ticket: &Ticket) -> bool {
    tokio::time::timeout(Duration::ZERO, ticket.turn()).await.is_err()
}

#[tokio::test]
async fn a_slow_receiver_holds_up_its_own_tenant_only() {
    let (lanes, slow) = (Lanes::default(), "https://slow.example/a");
    let mut held = vec![];
    for _ in 0..WIDTH {
        let ticket = queue(&lanes, "a", slow);
        held.push((ticket.turn().await, ticket));
    }
    // Another path at the same receiver is the same receiver.
    assert!(is_blocked(&queue(&lanes, "a", "https://slow.example/b")).await);
    assert!(!is_blocked(&queue(&lanes, "b", slow)).await);
    assert!(!is_blocked(&queue(&lanes, "a", "https://quick.example")).await);
    held.pop();
    assert!(!is_blocked(&queue(&lanes, "a", slow)).await);
}

#[tokio::test]
async fn all_receivers_together_have_a_bound() {
    let lanes = Lanes::default();
    let mut held = vec![];
    for n in 0..MOST_AT_ONCE {
        let ticket = queue(&lanes, &format!("t{n}"), "https://a.example");
        held.push((ticket.turn().await, ticket));
    }
    assert!(is_blocked(&queue(&lanes, "last", "https://a.example")).await);
}

#[test]
fn a_full_queue_takes_no_more_and_says_when_to_come_back() {
    let (lanes, url) = (Lanes::default(), "https://a.example");
    let mut held: Vec<_> = (0..LENGTH).map(|_| queue(&lanes, "a", url)).collect();
    let turned_away = || lanes.queue(key("a", url), false, NOW).unwrap_err();
    assert_eq!(turned_away(), NOW + PAUSE);
    for _ in 0..LENGTH {
        turned_away();
    }
    assert!(turned_away() > NOW + PAUSE);
    assert!(lanes.queue(key("a", url), true, NOW).is_err(), "not even for what is urgent");
    queue(&lanes, "b", url);
    held.pop();
    queue(&lanes, "a", url);
}

#[test]
fn a_rest_is_over_when_its_time_comes_and_never_shortened() {
    let (lanes, url) = (Lanes::default(), "https://a.example");
    let ticket = queue(&lanes, "a", url);
    assert_eq!(ticket.rests_until(NOW), None);
    ticket.answered(Some(at(10)));
    ticket.answered(Some(at(5)));
    ticket.answered(None);
    assert_eq!(lanes.queue(key("a", url), false, at(9)).unwrap_err(), at(10));
    assert_eq!(ticket.rests_until(at(9)), Some(at(10)));
    assert!(lanes.queue(key("a", url), true, at(9)).is_ok());
    assert!(lanes.queue(key("a", url), false, at(10)).is_ok());
}

#[test]
fn who_does_not_answer_several_times_is_left_alone_for_longer_and_longer() {
    for (bytes, factor) in [(0, 0.8), (255, 1.2)] {
        let ticket = queue(&Lanes::default(), "a", "https://a.example");
        let (mut now, mut rests) = (NOW, vec![]);
        for _ in 0..10 {
            ticket.was_silent(now, &Always(bytes));
            // Those that ran at the same time count no more.
            ticket.was_silent(now, &Always(bytes));
            if let Some(until) = ticket.rests_until(now) {
                rests.push((until.duration_since(now).as_secs_f64() / factor).round());
                now = until;
            }
        }
        assert_eq!(rests[..7], [10.0, 20.0, 40.0, 80.0, 160.0, 300.0, 300.0]);
        ticket.answered(None);
        ticket.was_silent(now, &Always(bytes));
        ticket.was_silent(now, &Always(bytes));
        assert_eq!(ticket.rests_until(now), None, "an answer, whatever it is, begins anew");
    }
}

#[test]
fn it_is_said_once_a_minute_that_a_receiver_is_told_later() {
    let ticket = queue(&Lanes::default(), "a", "https://a.example");
    assert_eq!(
        [0, 1, 59, 60, 61].map(|seconds| ticket.may_say(at(seconds))),
        [true, false, false, true, false]
    );
}

#[tokio::test]
async fn endpoints_at_one_origin_do_not_hold_each_other_up() {
    let (lanes, url) = (Lanes::default(), "https://a.example".parse().unwrap());
    let queue = |endpoint| {
        let endpoint = Some(EndpointId::from_u128(endpoint));
        lanes.queue(LaneKey::new(&tenant("a"), endpoint, Some(&url)), false, NOW).unwrap()
    };
    let mut held = vec![];
    for _ in 0..WIDTH {
        let ticket = queue(1);
        held.push((ticket.turn().await, ticket));
    }
    assert!(is_blocked(&queue(1)).await);
    assert!(!is_blocked(&queue(2)).await);
}

#[test]
fn receivers_that_nothing_waits_for_are_forgotten() {
    let (lanes, url) = (Lanes::default(), "https://a.example");
    let held = queue(&lanes, "held", url);
    queue(&lanes, "rests", url).answered(Some(Timestamp::MAX));
    for endpoint in 0..100_000 {
        let key = LaneKey::new(&tenant("a"), Some(EndpointId::from_u128(endpoint)), None);
        lanes.queue(key, false, NOW).unwrap();
    }
    let lanes = lanes.lanes.lock().unwrap();
    assert!(lanes.len() < 4 * MANY_LANES, "{}", lanes.len());
    assert!(lanes.contains_key(&held.key));
    assert!(lanes.keys().any(|key| key.tenant.as_str() == "rests"));
}

#[test]
fn a_rest_ends_when_somebody_says_that_the_endpoint_takes_calls_again() {
    let lanes = Lanes::default();
    let endpoint = |number| Some(EndpointId::from_u128(number));
    let key =
        |number| LaneKey::new(&tenant("a"), endpoint(number), Some(&"https://a.example".parse().unwrap()));
    for number in [1, 2] {
        lanes.queue(key(number), false, NOW).unwrap().answered(Some(at(600)));
    }
    lanes.wake(&tenant("b"), EndpointId::from_u128(1));
    assert!(lanes.queue(key(1), false, NOW).is_err(), "of another tenant");
    lanes.wake(&tenant("a"), EndpointId::from_u128(1));
    assert!(lanes.queue(key(1), false, NOW).is_ok());
    assert!(lanes.queue(key(2), false, NOW).is_err(), "another endpoint");
}
