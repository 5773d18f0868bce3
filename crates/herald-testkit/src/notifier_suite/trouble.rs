//! Cases about sends that do not work.

use herald_core::error::{ErrorKind, ProviderError};

use super::{fixture::NotifierFixture, send::send};
use crate::provider_suite::{Meaning, SAMPLED_STATUSES, Trouble, Verdict, usual_meaning};

/// The error of a send that meets `trouble`, and how many requests it made.
async fn broken(fixture: &dyn NotifierFixture, trouble: Trouble, key: &str) -> (ProviderError, u64) {
    let notifier = fixture.open();
    let before = fixture.send_calls().await;
    fixture.break_send(trouble).await;
    let result = send(&*notifier, &fixture.address(), "hello", key).await;
    fixture.heal().await;
    let error = result.expect_err("a broken provider takes no message");
    (error, fixture.send_calls().await - before)
}

/// Retrying belongs to the caller; only a refused credential is renewed, once.
pub async fn a_failed_send_is_called_once(fixture: &dyn NotifierFixture) {
    let statuses = [400, 401, 403, 429, 500, 503].map(Trouble::Status);
    for (number, trouble) in statuses.into_iter().chain(Trouble::UNCLEAR).enumerate() {
        let (_, calls) = broken(fixture, trouble, &format!("key-{number}")).await;
        assert_eq!(calls, fixture.calls_per_send(trouble), "{trouble:?}");
    }
}

/// What may have taken effect is `OutcomeUnknown`.
pub async fn an_unclear_end_is_said(fixture: &dyn NotifierFixture) {
    for (number, trouble) in Trouble::UNCLEAR.into_iter().enumerate() {
        let (error, _) = broken(fixture, trouble, &format!("key-{number}")).await;
        assert_eq!(Verdict::from(error.retry()), Verdict::OutcomeUnknown, "{trouble:?}: {error:?}");
    }
    // `Reset` has no effect, the three others have one each, and nobody made a second.
    assert_eq!(fixture.effects().await, 3);
}

/// Somebody whom the provider does not know is `UnknownRecipient`, for good.
pub async fn an_unknown_recipient_is_said(fixture: &dyn NotifierFixture) {
    let Some(nobody) = fixture.unknown_address() else { return };
    let error = send(&*fixture.open(), &nobody, "hello", "key-1").await.expect_err("nobody is there");
    assert_eq!((error.kind(), Verdict::from(error.retry())), (ErrorKind::UnknownRecipient, Verdict::Never));
    assert_eq!(fixture.effects().await, 0);
}

/// Every status is the kind and verdict of the table, or the provider's own, and sends nothing.
pub async fn every_status_of_send_has_its_kind_and_verdict(fixture: &dyn NotifierFixture) {
    for status in SAMPLED_STATUSES {
        let (error, _) = broken(fixture, Trouble::Status(status), &format!("key-{status}")).await;
        let expected = fixture.own_meaning(status).unwrap_or_else(|| usual_meaning(status, true));
        assert_eq!(Meaning::of(&error), expected, "{status}: {error:?}");
    }
    assert_eq!(fixture.effects().await, 0);
}

/// Neither `Debug` of anything nor an error shows a key, a token, whom it was for or what it said.
pub async fn failures_show_nothing_secret(fixture: &dyn NotifierFixture) {
    let notifier = fixture.open();
    let mut shown = vec![format!("{notifier:?} {:?}", notifier.address(&fixture.address(), None))];
    let statuses = [400, 401, 403, 404, 429, 500].map(Trouble::Status);
    for (number, trouble) in statuses.into_iter().chain(Trouble::UNCLEAR).enumerate() {
        let (error, _) = broken(fixture, trouble, &format!("key-{number}")).await;
        shown.push(format!("{error} {error:?}"));
    }
    for secret in fixture.secrets().iter().filter(|secret| secret.len() >= 8) {
        let is_shown = shown.iter().any(|text| text.contains(secret.as_str()));
        assert!(!is_shown, "a secret is shown");
    }
}
