//! Watching a session: what each status means, and the bound on long polls.

use std::time::Duration;

use herald_core::{
    error::{ErrorKind, Retry},
    provider::{Look, Memo, Observed, Rejection},
};
use herald_sandbox::{FaultEffect, Operation, Provider};
use serde_json::json;

use crate::harness::{Bench, after, says, status, verdict};

const PATIENCE: Duration = Duration::from_secs(10);

async fn hold(bench: &Bench, memo: &Memo) -> Observed {
    bench.login().observe(memo, Look::Poll { is_last: false }).await.unwrap()
}

#[tokio::test]
async fn a_login_goes_from_pending_over_opened_to_ready() {
    let bench = Bench::new().await;
    let started = bench.begin().await;
    let seen = |observed: Observed| match observed {
        Observed::Pending { is_opened, .. } => Some(is_opened),
        Observed::Ready { .. } => None,
        Observed::Rejected(why) => panic!("{why:?}"),
    };
    assert_eq!(seen(bench.look(&started.memo).await.unwrap()), Some(false));
    bench.control().open("latest").unwrap();
    assert_eq!(seen(bench.look(&started.memo).await.unwrap()), Some(true));
    bench.control().confirm("latest").unwrap();
    assert_eq!(seen(bench.look(&started.memo).await.unwrap()), None);
    assert_eq!(bench.requests(Operation::Full), 0, "looking consumes nothing");
}

#[tokio::test]
async fn a_detail_of_another_type_hides_no_confirmation_and_what_decides_is_not_guessed() {
    let bench = Bench::new().await;
    let started = bench.begin().await;
    bench.breaks(Operation::Status, says(json!({ "status": "confirmed", "messenger_opened": 1 })));
    assert!(matches!(bench.look(&started.memo).await, Ok(Observed::Ready { .. })));
    bench.heal();
    bench.breaks(Operation::Status, says(json!({ "status": "confirmed", "token_consumed": 1 })));
    assert_eq!(verdict(bench.look(&started.memo).await), (ErrorKind::Protocol, after(2)));
}

#[tokio::test]
async fn a_long_poll_comes_back_when_the_person_confirms() {
    let bench = Bench::with(|sandbox| sandbox.antirius.long_poll_ms = 60_000, |_| {}).await;
    let started = bench.begin().await;
    let login = bench.antirius.identity_provider.clone();
    let memo = started.memo.clone();
    let held = tokio::spawn(async move { login.observe(&memo, Look::Poll { is_last: false }).await });
    let control = bench.sandbox.control();
    assert!(control.wait_for_requests(Provider::Antirius, Operation::Status, 1, PATIENCE).await);
    assert!(!held.is_finished());
    // The request has been counted, and is held or about to be; either way it sees the confirmation.
    bench.control().confirm("latest").unwrap();
    assert!(matches!(held.await.unwrap().unwrap(), Observed::Ready { .. }));
}

#[tokio::test]
async fn the_last_look_does_not_hold_the_line() {
    let bench = Bench::with(|sandbox| sandbox.antirius.long_poll_ms = 600_000, |_| {}).await;
    let started = bench.begin().await;
    let looked = tokio::time::timeout(PATIENCE, bench.look(&started.memo)).await.unwrap();
    assert!(matches!(looked.unwrap(), Observed::Pending { .. }));
}

#[tokio::test]
async fn above_the_bound_polls_are_short_and_five_seconds_apart() {
    let bench =
        Bench::with(|sandbox| sandbox.antirius.long_poll_ms = 600_000, |config| config.status_polls = 1)
            .await;
    let (first, second) = (bench.begin().await, bench.begin().await);
    let login = bench.antirius.identity_provider.clone();
    let memo = first.memo.clone();
    let held = tokio::spawn(async move { login.observe(&memo, Look::Poll { is_last: false }).await });
    let control = bench.sandbox.control();
    assert!(control.wait_for_requests(Provider::Antirius, Operation::Status, 1, PATIENCE).await);
    let Observed::Pending { poll_after, .. } = hold(&bench, &second.memo).await else {
        panic!("nobody confirmed")
    };
    assert_eq!(poll_after, Duration::from_secs(5));
    held.abort();
    assert!(held.await.unwrap_err().is_cancelled());
    // The place is free again: the next one holds the line until the person confirms.
    let login = bench.antirius.identity_provider.clone();
    let held = tokio::spawn(async move { login.observe(&second.memo, Look::Poll { is_last: false }).await });
    assert!(control.wait_for_requests(Provider::Antirius, Operation::Status, 3, PATIENCE).await);
    bench.control().confirm("latest").unwrap();
    assert!(matches!(held.await.unwrap().unwrap(), Observed::Ready { .. }));
}

#[tokio::test]
async fn held_polls_keep_nothing_else_waiting() {
    let bench = Bench::with(
        |sandbox| sandbox.antirius.long_poll_ms = 600_000,
        |config| (config.max_in_flight, config.status_polls) = (1, 8),
    )
    .await;
    let mut held = Vec::new();
    for _ in 0..8 {
        let (login, memo) = (bench.antirius.identity_provider.clone(), bench.begin().await.memo);
        held.push(tokio::spawn(async move { login.observe(&memo, Look::Poll { is_last: false }).await }));
    }
    let control = bench.sandbox.control();
    assert!(control.wait_for_requests(Provider::Antirius, Operation::Status, 8, PATIENCE).await);
    let ready = bench.ready().await;
    tokio::time::timeout(PATIENCE, bench.login().redeem(&ready)).await.unwrap().unwrap();
    held.iter().for_each(tokio::task::JoinHandle::abort);
}

#[tokio::test]
async fn a_long_poll_that_is_not_held_is_not_made_again_at_once() {
    let bench = Bench::with(|sandbox| sandbox.antirius.long_poll_ms = 0, |_| {}).await;
    let started = bench.begin().await;
    let Observed::Pending { poll_after, .. } = hold(&bench, &started.memo).await else {
        panic!("nobody confirmed")
    };
    assert!(poll_after > Duration::ZERO && poll_after <= Duration::from_secs(1), "{poll_after:?}");
    let bench = Bench::with(|sandbox| sandbox.antirius.long_poll_ms = 1_100, |_| {}).await;
    let started = bench.begin().await;
    let Observed::Pending { poll_after, .. } = hold(&bench, &started.memo).await else {
        panic!("nobody confirmed")
    };
    assert_eq!(poll_after, Duration::ZERO);
}

#[tokio::test]
async fn every_end_has_its_reason() {
    let bench = Bench::new().await;
    let started = bench.begin().await;
    bench.control().refuse("latest").unwrap();
    assert_eq!(bench.look(&started.memo).await.unwrap(), Observed::Rejected(Rejection::Denied));

    let started = bench.begin().await;
    bench.seconds_pass(301);
    assert_eq!(bench.look(&started.memo).await.unwrap(), Observed::Rejected(Rejection::Expired));

    bench.breaks(Operation::Status, status(404));
    assert_eq!(bench.look(&started.memo).await.unwrap(), Observed::Rejected(Rejection::Expired));
}

#[tokio::test]
async fn what_somebody_else_consumed_is_said() {
    let bench = Bench::new().await;
    let started = bench.begin().await;
    bench.control().confirm("latest").unwrap();
    // A thief who knows the session's id.
    let thief = bench.another().identity_provider;
    thief.redeem(&started.memo).await.unwrap();
    assert_eq!(bench.look(&started.memo).await.unwrap(), Observed::Rejected(Rejection::ConsumedElsewhere));
}

#[tokio::test]
async fn every_way_to_fail_has_its_kind_and_verdict() {
    let bench = Bench::new().await;
    let started = bench.begin().await;
    for (effect, expected) in [
        (status(400), (ErrorKind::InvalidInput, Retry::Never)),
        (status(401), (ErrorKind::Unauthenticated, Retry::Never)),
        (status(403), (ErrorKind::Unauthenticated, Retry::Never)),
        (status(408), (ErrorKind::Timeout, after(2))),
        (FaultEffect::RateLimited { retry_after_seconds: 3 }, (ErrorKind::RateLimited, after(3))),
        (status(500), (ErrorKind::Unavailable, after(2))),
        (status(302), (ErrorKind::Protocol, Retry::Never)),
        (says(json!({ "status": "on_holiday" })), (ErrorKind::Protocol, Retry::Never)),
        (says(json!({ "status": "CONFIRMED" })), (ErrorKind::Protocol, Retry::Never)),
        (says(json!({})), (ErrorKind::Protocol, after(2))),
        (says(json!({ "status": 7 })), (ErrorKind::Protocol, after(2))),
        (FaultEffect::Garbage, (ErrorKind::Protocol, after(2))),
        (FaultEffect::Reset, (ErrorKind::Unavailable, after(2))),
        (FaultEffect::Half, (ErrorKind::Protocol, after(2))),
    ] {
        bench.breaks(Operation::Status, effect.clone());
        assert_eq!(verdict(bench.look(&started.memo).await), expected, "{effect:?}");
        bench.heal();
    }
}

#[tokio::test]
async fn a_login_in_a_messenger_does_not_end_by_a_return() {
    let bench = Bench::new().await;
    let started = bench.begin().await;
    let query = [("session_id".to_owned(), "683f1a2b3c4d5e6f70819a2b".to_owned())];
    let look = Look::Return { query: &query, cookies: &[] };
    let observed = bench.login().observe(&started.memo, look).await.unwrap();
    assert!(matches!(observed, Observed::Rejected(Rejection::Failed { .. })), "{observed:?}");
}

#[tokio::test]
async fn an_address_in_a_memo_is_no_session() {
    let bench = Bench::new().await;
    for id in ["../../login", "683f1a2b3c4d5e6f70819a2b?type=full", ""] {
        let memo = Memo::new(json!({ "begun_at": "2026-01-02T03:04:05Z", "session_id": id }).to_string());
        assert_eq!(verdict(bench.look(&memo).await), (ErrorKind::InvalidInput, Retry::Never));
        assert_eq!(verdict(bench.login().redeem(&memo).await), (ErrorKind::InvalidInput, Retry::Never));
    }
    assert_eq!(bench.requests(Operation::Status) + bench.requests(Operation::Full), 0);
}
