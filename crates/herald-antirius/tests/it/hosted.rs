//! Antirius' own page instead of links.

use herald_core::{
    error::{ErrorKind, Retry},
    provider::{Look, Memo, Observed, Progress, Rejection, Step, Verified},
};
use herald_sandbox::Operation;

use crate::harness::{Bench, CALLBACK, PERSON, request, verdict};

async fn hosted() -> Bench {
    Bench::with(|_| {}, |config| config.hosted_login = true).await
}

async fn comes_back(bench: &Bench, memo: &Memo, query: &[(&str, &str)]) -> Observed {
    let query: Vec<(String, String)> =
        query.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    bench.login().observe(memo, Look::Return { query: &query, cookies: &[] }).await.unwrap()
}

#[tokio::test]
async fn the_browser_is_sent_to_antirius_with_our_state_in_its_way_back() {
    let bench = hosted().await;
    assert_eq!(bench.login().info().progress, Progress::Return);
    let request = request();
    let started = bench.login().begin(&request).await.unwrap();
    let Step::Redirect { url } = started.step else { panic!("{started:?}") };
    assert_eq!(url.path(), format!("/login/{}", bench.config.app_id));
    let (name, back) = url.query_pairs().next().unwrap();
    assert_eq!((&*name, &*back), ("return_url", format!("{CALLBACK}/{}", request.state.expose()).as_str()));
    assert_eq!(bench.requests(Operation::Begin), 0, "it makes no call");
}

#[tokio::test]
async fn a_session_that_comes_back_is_redeemed() {
    let bench = hosted().await;
    let started = bench.begin().await;
    let waiting = bench.look(&started.memo).await.unwrap();
    assert!(matches!(waiting, Observed::Pending { .. }), "{waiting:?}");
    let Step::Redirect { url } = &started.step else { panic!("{started:?}") };
    let browser = bench.confirm_hosted(url).await;
    assert!(browser.address.as_str().starts_with(CALLBACK));
    let (name, session) = browser.address.query_pairs().next().unwrap();
    let Observed::Ready { memo } = comes_back(&bench, &started.memo, &[(&name, &session)]).await else {
        panic!("it was confirmed")
    };
    let answer = bench.login().redeem(&memo).await.unwrap();
    let verified = bench.login().identify(&answer).await.unwrap();
    assert!(matches!(verified, Verified::Identity { profile, .. } if profile.user_key == PERSON));
    assert_eq!(bench.requests(Operation::Status), 0);
}

#[tokio::test]
async fn what_is_not_one_session_fails_the_login() {
    let bench = hosted().await;
    let started = bench.begin().await;
    let good = "683f1a2b3c4d5e6f70819a2b";
    for bad in [
        &[][..],
        &[("session_id", "")],
        &[("session_id", "../x")],
        &[("session_id", good), ("session_id", good)],
        &[("Session_Id", good)],
    ] {
        let observed = comes_back(&bench, &started.memo, bad).await;
        assert!(matches!(observed, Observed::Rejected(Rejection::Failed { .. })), "{bad:?} {observed:?}");
    }
    assert_eq!(verdict(bench.login().redeem(&started.memo).await), (ErrorKind::InvalidInput, Retry::Never));
}
