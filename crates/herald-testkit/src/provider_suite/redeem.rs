//! Cases about `redeem`: the call that must not be made twice.

use herald_core::{
    error::{ErrorKind, ProviderError},
    provider::{IdentityProvider, Memo, Rejection, Verified},
};

use super::{
    fixture::{ProviderFixture, RedeemKind},
    trouble::{Meaning, SAMPLED_STATUSES, Trouble, Verdict, usual_meaning},
    walk,
};

/// One call upstream, whether it works or not: retrying belongs to the caller.
pub async fn redeem_is_called_once(fixture: &dyn ProviderFixture) {
    let provider = fixture.open();
    walk::redeemed(fixture, &*provider).await;
    let working = fixture.redeem_calls().await;
    assert!(working <= 1, "{working} calls");
    if working == 0 {
        return;
    }
    for trouble in [Trouble::Status(503), Trouble::Status(429), Trouble::Status(400), Trouble::Reset] {
        let memo = walk::ready(fixture, &*provider).await;
        let before = fixture.redeem_calls().await;
        fixture.break_redeem(trouble).await;
        provider.redeem(&memo).await.expect_err("a broken provider does not answer");
        fixture.heal().await;
        assert_eq!(fixture.redeem_calls().await - before, 1, "{trouble:?}");
    }
}

/// An answer that was taken before is `Consumed` or `InvalidGrant`, and never to be tried again.
pub async fn redeem_says_consumed(fixture: &dyn ProviderFixture) {
    let provider = fixture.open();
    let memo = walk::ready(fixture, &*provider).await;
    provider.redeem(&memo).await.expect("the first time works");
    redeem_again(fixture, &*fixture.open(), &memo).await;
}

/// The same returned browser, looked at twice: both are ready, one is redeemed.
pub async fn a_replayed_return_never_redeems_twice(fixture: &dyn ProviderFixture) {
    let provider = fixture.open();
    let (started, browser) = walk::confirmed(fixture, &*provider).await;
    let first = walk::expect_ready(walk::end(&*provider, &started.memo, browser.as_ref()).await);
    provider.redeem(&first).await.expect("the first time works");
    let Some(browser) = browser else { return };
    let replayed = walk::expect_ready(walk::look(&*provider, &started.memo, &browser).await);
    redeem_again(fixture, &*provider, &replayed).await;
}

async fn redeem_again(fixture: &dyn ProviderFixture, provider: &dyn IdentityProvider, memo: &Memo) {
    let again = provider.redeem(memo).await;
    match fixture.redeem_kind() {
        RedeemKind::Consumes => {
            let error = again.expect_err("it was consumed");
            assert!(matches!(error.kind(), ErrorKind::Consumed | ErrorKind::InvalidGrant), "{error:?}");
            assert_eq!(Verdict::from(error.retry()), Verdict::Never, "{error:?}");
        }
        RedeemKind::Looks => {
            let answer = again.expect("looking again is possible");
            assert_eq!(walk::identified(provider, &answer).await.user_key, fixture.user_key());
        }
    }
}

/// What may have consumed is `OutcomeUnknown`; what only looked never is.
pub async fn an_unclear_end_of_redeem_is_said(fixture: &dyn ProviderFixture) {
    let provider = fixture.open();
    for trouble in Trouble::UNCLEAR {
        let memo = walk::ready(fixture, &*provider).await;
        let Some(error) = broken(fixture, &*provider, &memo, trouble).await else { continue };
        let verdict = Verdict::from(error.retry());
        match fixture.redeem_kind() {
            RedeemKind::Consumes => assert_eq!(verdict, Verdict::OutcomeUnknown, "{trouble:?}: {error:?}"),
            RedeemKind::Looks => assert_ne!(verdict, Verdict::OutcomeUnknown, "{trouble:?}: {error:?}"),
        }
    }
}

/// Every status is the kind and verdict of the table, or the provider's own.
pub async fn every_status_of_redeem_has_its_kind_and_verdict(fixture: &dyn ProviderFixture) {
    let provider = fixture.open();
    let is_one_shot = fixture.redeem_kind() == RedeemKind::Consumes;
    for status in SAMPLED_STATUSES {
        let memo = walk::ready(fixture, &*provider).await;
        let before = fixture.redeem_calls().await;
        fixture.break_redeem(Trouble::Status(status)).await;
        let result = provider.redeem(&memo).await;
        fixture.heal().await;
        if fixture.redeem_calls().await == before {
            return; // It asks nobody, so there is no status.
        }
        let found = match &result {
            Err(error) => Meaning::of(error),
            Ok(answer) => match provider.identify(answer).await {
                Ok(Verified::Rejected(Rejection::IdentityRejected { .. })) => Meaning::NoIdentity,
                other => panic!("{status}: no person comes out of an error: {other:?}"),
            },
        };
        let expected = fixture.own_meaning(status).unwrap_or_else(|| usual_meaning(status, is_one_shot));
        assert_eq!(found, expected, "{status}: {result:?}");
    }
}

/// The error of a broken `redeem`; `None` when it asks nobody.
async fn broken(
    fixture: &dyn ProviderFixture,
    provider: &dyn IdentityProvider,
    memo: &Memo,
    trouble: Trouble,
) -> Option<ProviderError> {
    let before = fixture.redeem_calls().await;
    fixture.break_redeem(trouble).await;
    let result = provider.redeem(memo).await;
    fixture.heal().await;
    if fixture.redeem_calls().await == before {
        return None;
    }
    Some(result.expect_err("a broken provider does not answer"))
}
