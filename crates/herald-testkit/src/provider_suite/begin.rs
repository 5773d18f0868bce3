//! Cases about `begin`.

use herald_core::provider::{Progress, Step};

use super::{fixture::ProviderFixture, walk};

/// Two calls give two logins that end independently, each with one upstream call at most.
pub async fn begin_is_independent(fixture: &dyn ProviderFixture) {
    let provider = fixture.open();
    let before = fixture.calls().await;
    let first = walk::begin(fixture, &*provider).await;
    assert!(fixture.calls().await - before <= 1, "one call at most");
    let second = walk::begin(fixture, &*provider).await;
    assert_ne!(first.memo, second.memo);
    assert_ne!(first.step, second.step);
    for started in [&second, &first] {
        assert!(!started.expires_in.is_zero());
        let browser = fixture.confirm(&started.step).await;
        let memo = walk::expect_ready(walk::end(&*provider, &started.memo, browser.as_ref()).await);
        let answer = provider.redeem(&memo).await.expect("each of the two can be redeemed");
        assert_eq!(walk::identified(&*provider, &answer).await.user_key, fixture.user_key());
    }
}

/// What comes back to the callback carries the state, as `state` in the query or as the last segment of the path.
pub async fn begin_binds_the_state(fixture: &dyn ProviderFixture) {
    let provider = fixture.open();
    let request = walk::request(fixture);
    let started = provider.begin(&request).await.expect("a login begins");
    if provider.info().progress == Progress::Poll {
        let Step::Approve { links, .. } = started.step else { panic!("who is polled shows links") };
        assert!(!links.is_empty(), "there is a way to confirm");
        return;
    }
    let browser = fixture.confirm(&started.step).await.expect("the browser comes back");
    let in_query =
        browser.address.query_pairs().find(|(name, _)| name == "state").map(|(_, state)| state.into_owned());
    let in_path = browser.address.path_segments().and_then(|mut path| path.next_back()).map(str::to_owned);
    assert_eq!(in_query.or(in_path).as_deref(), Some(request.state.expose()));
    assert!(browser.address.path().starts_with(request.callback.path()), "it comes to the callback");
}
