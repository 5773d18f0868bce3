//! Cases about every verb.

use herald_core::provider::{Answer, Look, Memo, Observed, Verified};

use super::{fixture::ProviderFixture, trouble::Trouble, walk};

/// A memo or an answer that nobody of us wrote is an error or a rejection, never a person and never a panic.
pub async fn nonsense_is_no_panic(fixture: &dyn ProviderFixture) {
    let provider = fixture.open();
    for nonsense in ["", "{}", "[]", "null", "\"x\"", "{\"v\":", "<html>"] {
        let memo = Memo::new(nonsense.to_owned());
        for look in [Look::Poll { is_last: true }, Look::Return { query: &[], cookies: &[] }] {
            let observed = provider.observe(&memo, look).await;
            assert!(!matches!(observed, Ok(Observed::Ready { .. })), "{nonsense}: {observed:?}");
        }
        assert!(provider.redeem(&memo).await.is_err(), "{nonsense}");
        let verified = provider.identify(&Answer::new(nonsense.to_owned())).await;
        assert!(!matches!(verified, Ok(Verified::Identity { .. })), "{nonsense}: {verified:?}");
    }
    assert_eq!(fixture.redeem_calls().await, 0);
}

/// Neither `Debug` of anything nor an error shows a key, a token, a code, a cookie or the state.
pub async fn secrets_are_never_shown(fixture: &dyn ProviderFixture) {
    let provider = fixture.open();
    let mut shown = vec![format!("{provider:?} {:?}", provider.info())];
    let mut secrets = fixture.secrets();
    for trouble in Trouble::UNCLEAR.into_iter().chain([400, 401, 403, 429, 500].map(Trouble::Status)) {
        let (started, browser) = walk::confirmed(fixture, &*provider).await;
        let observed = walk::end(&*provider, &started.memo, browser.as_ref()).await;
        shown.push(format!("{:?} {observed:?}", started.memo));
        let memo = walk::expect_ready(observed);
        if let Some(browser) = browser {
            let values = browser.address.query_pairs().map(|(_, value)| value.into_owned());
            secrets.extend(values.chain(browser.cookies.into_iter().map(|(_, value)| value)));
        }
        fixture.break_redeem(trouble).await;
        let redeemed = provider.redeem(&memo).await;
        fixture.heal().await;
        shown.push(match redeemed {
            Ok(answer) => format!("{answer:?} {:?}", provider.identify(&answer).await),
            Err(error) => format!("{error} {error:?}"),
        });
    }
    let answer = walk::redeemed(fixture, &*provider).await;
    shown.push(format!("{answer:?} {:?}", provider.identify(&answer).await));
    for secret in secrets.iter().filter(|secret| secret.len() >= 8) {
        let is_shown = shown.iter().any(|text| text.contains(secret.as_str()));
        assert!(!is_shown, "a secret is shown");
    }
}
