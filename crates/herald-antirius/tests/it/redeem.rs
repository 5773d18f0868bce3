//! Taking the token: one call, and never a second by itself.

use herald_core::error::{ErrorKind, Retry};
use herald_sandbox::{FaultEffect, Operation};
use serde_json::json;

use crate::harness::{Bench, after, says, status, verdict};

#[tokio::test]
async fn full_is_called_once_and_a_second_redeem_is_told_so() {
    let bench = Bench::new().await;
    let memo = bench.ready().await;
    bench.login().redeem(&memo).await.unwrap();
    assert_eq!((bench.requests(Operation::Full), bench.effects(Operation::Full)), (1, 1));
    let again = bench.another().identity_provider.redeem(&memo).await;
    assert_eq!(verdict(again), (ErrorKind::Consumed, Retry::Never));
    assert_eq!(bench.effects(Operation::Full), 1);
}

#[tokio::test]
async fn of_two_replicas_one_gets_the_token() {
    let bench = Bench::new().await;
    let memo = bench.ready().await;
    let (first, second) = (bench.another().identity_provider, bench.another().identity_provider);
    let (first, second) = tokio::join!(first.redeem(&memo), second.redeem(&memo));
    let (won, lost) = if first.is_ok() { (first, second) } else { (second, first) };
    assert!(won.is_ok());
    assert_eq!(verdict(lost), (ErrorKind::Consumed, Retry::Never));
}

#[tokio::test]
async fn what_is_not_confirmed_is_not_lost() {
    let bench = Bench::new().await;
    let started = bench.begin().await;
    let early = bench.login().redeem(&started.memo).await;
    assert_eq!(verdict(early), (ErrorKind::Protocol, after(1)));
    bench.control().confirm("latest").unwrap();
    bench.login().redeem(&started.memo).await.unwrap();
}

#[tokio::test]
async fn what_has_ended_cannot_be_redeemed() {
    let bench = Bench::new().await;
    let refused = bench.begin().await;
    bench.control().refuse("latest").unwrap();
    assert_eq!(verdict(bench.login().redeem(&refused.memo).await), (ErrorKind::InvalidGrant, Retry::Never));
    let late = bench.begin().await;
    bench.seconds_pass(301);
    assert_eq!(verdict(bench.login().redeem(&late.memo).await), (ErrorKind::InvalidGrant, Retry::Never));
}

#[tokio::test]
async fn every_way_to_fail_has_its_kind_and_verdict() {
    let bench = Bench::new().await;
    for (effect, expected) in [
        (status(400), (ErrorKind::InvalidInput, Retry::Never)),
        (status(401), (ErrorKind::Unauthenticated, Retry::Never)),
        (status(404), (ErrorKind::InvalidInput, Retry::Never)),
        (status(408), (ErrorKind::Timeout, Retry::OutcomeUnknown)),
        (status(409), (ErrorKind::InvalidInput, Retry::OutcomeUnknown)),
        (status(425), (ErrorKind::Timeout, Retry::OutcomeUnknown)),
        (FaultEffect::RateLimited { retry_after_seconds: 4 }, (ErrorKind::RateLimited, after(4))),
        (status(500), (ErrorKind::Unavailable, Retry::OutcomeUnknown)),
        (status(503), (ErrorKind::Unavailable, Retry::OutcomeUnknown)),
        (says(json!({ "status": "confirmed" })), (ErrorKind::Protocol, Retry::OutcomeUnknown)),
        (says(json!({ "status": "confirmed", "token": "" })), (ErrorKind::Protocol, Retry::OutcomeUnknown)),
        (says(json!({ "status": "confirmed", "token": 7 })), (ErrorKind::Protocol, Retry::OutcomeUnknown)),
        (says(json!({ "success": false })), (ErrorKind::Protocol, Retry::OutcomeUnknown)),
        (says(json!("token")), (ErrorKind::Protocol, Retry::OutcomeUnknown)),
        (FaultEffect::Garbage, (ErrorKind::Protocol, Retry::OutcomeUnknown)),
        (FaultEffect::Reset, (ErrorKind::Unavailable, Retry::OutcomeUnknown)),
        (FaultEffect::Lost, (ErrorKind::Unavailable, Retry::OutcomeUnknown)),
        (FaultEffect::Half, (ErrorKind::Protocol, Retry::OutcomeUnknown)),
    ] {
        let memo = bench.ready().await;
        let before = bench.requests(Operation::Full);
        bench.breaks(Operation::Full, effect.clone());
        assert_eq!(verdict(bench.login().redeem(&memo).await), expected, "{effect:?}");
        bench.heal();
        assert_eq!(bench.requests(Operation::Full) - before, 1, "{effect:?}");
    }
}

#[tokio::test]
async fn an_antirius_that_is_gone_was_sent_nothing() {
    let bench = Bench::new().await;
    let memo = bench.ready().await;
    let (antirius, sandbox) = (bench.another(), bench.sandbox);
    sandbox.stop().await;
    assert_eq!(verdict(antirius.identity_provider.redeem(&memo).await), (ErrorKind::Unavailable, after(2)));
}
