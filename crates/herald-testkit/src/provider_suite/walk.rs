//! The way through a login that the cases share.

use std::time::Duration;

use herald_core::{
    clock::SystemEntropy,
    identity::Profile,
    provider::{Answer, BeginLogin, IdentityProvider, Look, Memo, Observed, Progress, Started, Verified},
    secret::UrlToken,
};
use url::Url;

use super::fixture::{Browser, ProviderFixture};

/// The longest that any wait of the suite takes; only a hanging adapter gets there.
const PATIENCE: Duration = Duration::from_secs(20);

/// A login to begin, with a state of its own.
pub(crate) fn request(fixture: &dyn ProviderFixture) -> BeginLogin {
    BeginLogin {
        state: UrlToken::generate(&SystemEntropy),
        callback: fixture.callback(),
        back: Url::parse("https://login.example/login/log_0/back").expect("a good address"),
        locale: None,
    }
}

/// A login that has begun.
pub(crate) async fn begin(fixture: &dyn ProviderFixture, provider: &dyn IdentityProvider) -> Started {
    provider.begin(&request(fixture)).await.expect("a login begins")
}

/// A login whose person said yes, and what its browser brought.
pub(crate) async fn confirmed(
    fixture: &dyn ProviderFixture,
    provider: &dyn IdentityProvider,
) -> (Started, Option<Browser>) {
    let started = begin(fixture, provider).await;
    let browser = fixture.confirm(&started.step).await;
    assert_eq!(
        browser.is_some(),
        provider.info().progress == Progress::Return,
        "a browser comes back exactly where `progress` is `Return`"
    );
    (started, browser)
}

/// The memo of a confirmed login, ready to be redeemed.
pub(crate) async fn ready(fixture: &dyn ProviderFixture, provider: &dyn IdentityProvider) -> Memo {
    let (started, browser) = confirmed(fixture, provider).await;
    expect_ready(end(provider, &started.memo, browser.as_ref()).await)
}

/// The answer to a confirmed login.
pub(crate) async fn redeemed(fixture: &dyn ProviderFixture, provider: &dyn IdentityProvider) -> Answer {
    let memo = ready(fixture, provider).await;
    provider.redeem(&memo).await.expect("a confirmed login can be redeemed")
}

/// Looks until the login has ended: once with a returned browser, else by polling.
pub(crate) async fn end(provider: &dyn IdentityProvider, memo: &Memo, browser: Option<&Browser>) -> Observed {
    let Some(browser) = browser else {
        return tokio::time::timeout(PATIENCE, poll(provider, memo.clone())).await.expect("polling ends");
    };
    look(provider, memo, browser).await
}

/// One look with a returned browser.
pub(crate) async fn look(provider: &dyn IdentityProvider, memo: &Memo, browser: &Browser) -> Observed {
    let query: Vec<(String, String)> = browser.address.query_pairs().into_owned().collect();
    let look = Look::Return { query: &query, cookies: &browser.cookies };
    provider.observe(memo, look).await.expect("a return is a value")
}

async fn poll(provider: &dyn IdentityProvider, mut memo: Memo) -> Observed {
    loop {
        let observed = provider.observe(&memo, Look::Poll { is_last: false }).await.expect("a poll works");
        let Observed::Pending { memo: next, .. } = observed else { return observed };
        memo = next;
        tokio::task::yield_now().await;
    }
}

/// The memo of a login that is ready.
#[track_caller]
pub(crate) fn expect_ready(observed: Observed) -> Memo {
    match observed {
        Observed::Ready { memo } => memo,
        other => panic!("the login should be ready, but is {other:?}"),
    }
}

/// The person an answer names.
pub(crate) async fn identified(provider: &dyn IdentityProvider, answer: &Answer) -> Profile {
    match provider.identify(answer).await.expect("a good answer can be identified") {
        Verified::Identity { profile, .. } => *profile,
        Verified::Rejected(why) => panic!("the answer should hold, but: {why:?}"),
    }
}
