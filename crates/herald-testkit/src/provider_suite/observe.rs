//! Cases about `observe`.

use herald_core::provider::{Look, Observed, Progress, Rejection};

use super::{
    fixture::{Browser, ProviderFixture},
    walk,
};

/// Looking consumes nothing, before the person answered and after.
pub async fn observe_may_be_repeated(fixture: &dyn ProviderFixture) {
    let provider = fixture.open();
    let started = walk::begin(fixture, &*provider).await;
    let mut memo = started.memo.clone();
    for _ in 0..3 {
        let observed = provider.observe(&memo, Look::Poll { is_last: true }).await.expect("a poll works");
        let Observed::Pending { memo: next, .. } = observed else { panic!("nobody confirmed: {observed:?}") };
        memo = next;
    }
    let browser = fixture.confirm(&started.step).await;
    let mut ready = Vec::new();
    for _ in 0..3 {
        ready.push(walk::expect_ready(walk::end(&*provider, &memo, browser.as_ref()).await));
    }
    assert_eq!(fixture.redeem_calls().await, 0, "looking is not redeeming");
    let last = ready.pop().expect("three looks");
    let answer = provider.redeem(&last).await.expect("it is still there to be redeemed");
    assert_eq!(walk::identified(&*provider, &answer).await.user_key, fixture.user_key());
}

/// A return is `Ready` or `Rejected`, also when it brings nothing, or twice of everything.
pub async fn a_return_is_final(fixture: &dyn ProviderFixture) {
    let provider = fixture.open();
    if provider.info().progress == Progress::Poll {
        return;
    }
    let (started, browser) = walk::confirmed(fixture, &*provider).await;
    let good = browser.expect("the browser came back");
    let mut empty = Browser { address: good.address.clone(), cookies: Vec::new() };
    empty.address.set_query(None);
    let mut twice = good.clone();
    twice.cookies.extend(good.cookies.clone());
    if let Some(query) = good.address.query() {
        twice.address.set_query(Some(&format!("{query}&{query}")));
    }
    for bad in [empty, twice] {
        let observed = walk::look(&*provider, &started.memo, &bad).await;
        assert!(matches!(observed, Observed::Rejected(Rejection::Failed { .. })), "{observed:?}");
    }
    walk::expect_ready(walk::look(&*provider, &started.memo, &good).await);
}

/// "The person said no" is a value.
pub async fn refusal_is_a_value(fixture: &dyn ProviderFixture) {
    let provider = fixture.open();
    let started = walk::begin(fixture, &*provider).await;
    let Some(browser) = fixture.refuse(&started.step).await else { return };
    let observed = walk::end(&*provider, &started.memo, browser.as_ref()).await;
    assert_eq!(observed, Observed::Rejected(Rejection::Denied));
    assert_eq!(fixture.redeem_calls().await, 0);
}

/// Every step of a login may be done by another replica.
pub async fn state_survives_another_instance(fixture: &dyn ProviderFixture) {
    let started = walk::begin(fixture, &*fixture.open()).await;
    let browser = fixture.confirm(&started.step).await;
    let memo = walk::expect_ready(walk::end(&*fixture.open(), &started.memo, browser.as_ref()).await);
    let answer = fixture.open().redeem(&memo).await.expect("another instance can redeem");
    assert_eq!(walk::identified(&*fixture.open(), &answer).await.user_key, fixture.user_key());
}
