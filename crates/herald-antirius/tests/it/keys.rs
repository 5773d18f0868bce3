//! Antirius' keys through rotation and outage.

use herald_core::{error::ErrorKind, provider::Verified};
use herald_sandbox::{FaultEffect, Operation};
use serde_json::json;

use crate::harness::{Bench, PERSON, after, says, status, verdict};

async fn names_the_person(bench: &Bench, answer: &herald_core::provider::Answer) -> bool {
    matches!(bench.login().identify(answer).await.unwrap(), Verified::Identity { profile, .. } if profile.user_key == PERSON)
}

#[tokio::test]
async fn one_fetch_serves_many_logins() {
    let bench = Bench::new().await;
    for _ in 0..5 {
        bench.person().await;
    }
    assert_eq!(bench.requests(Operation::Jwks), 1);
}

#[tokio::test]
async fn no_login_fails_by_a_rotation() {
    let bench = Bench::new().await;
    bench.person().await;
    bench.seconds_pass(5);
    // Even a key that nobody announced, brought into use just after we fetched.
    bench.control().rotate_keys(false);
    let answer = bench.answer().await;
    assert_eq!(verdict(bench.login().identify(&answer).await), (ErrorKind::Unavailable, after(25)));
    bench.seconds_pass(25);
    assert!(names_the_person(&bench, &answer).await);
    assert_eq!(bench.requests(Operation::Jwks), 2);
}

#[tokio::test]
async fn a_key_that_was_withdrawn_is_no_longer_trusted() {
    let bench = Bench::new().await;
    let old = bench.answer().await;
    assert!(names_the_person(&bench, &old).await);
    bench.control().rotate_keys(false);
    bench.seconds_pass(600);
    let verified = bench.login().identify(&old).await.unwrap();
    assert!(matches!(verified, Verified::Rejected(_)), "{verified:?}");
}

#[tokio::test]
async fn keys_that_cannot_be_had_are_asked_for_again() {
    let bench = Bench::new().await;
    for effect in [
        status(500),
        FaultEffect::Garbage,
        FaultEffect::Half,
        FaultEffect::Reset,
        says(json!({ "keys": [] })),
    ] {
        bench.breaks(Operation::Jwks, effect.clone());
        let (answer, replica) = (bench.answer().await, bench.another().identity_provider);
        assert_eq!(
            verdict(replica.identify(&answer).await),
            (ErrorKind::Unavailable, after(30)),
            "{effect:?}"
        );
        bench.heal();
        bench.seconds_pass(30);
        let verified = replica.identify(&answer).await.unwrap();
        assert!(matches!(verified, Verified::Identity { .. }), "{effect:?}");
    }
}

#[tokio::test]
async fn an_outage_after_a_good_fetch_is_not_noticed() {
    let bench = Bench::new().await;
    bench.person().await;
    bench.breaks(Operation::Jwks, status(500));
    bench.seconds_pass(3600);
    bench.person().await;
}

#[tokio::test]
async fn keys_need_not_name_their_algorithm() {
    let bench = Bench::with(|sandbox| sandbox.antirius.switches.jwks_without_alg = true, |_| {}).await;
    bench.person().await;
}
