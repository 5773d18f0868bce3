//! The one call with a refresh token.

use herald_core::{
    error::{ErrorKind, ProviderError, Retry},
    secret::UrlToken,
    session_control::Refreshed,
};
use jiff::{SignedDuration, Timestamp};
use secrecy::{ExposeSecret as _, SecretString};

use super::{
    LATE_COMERS, RenewedCookies,
    known::{Known, Place},
};
use crate::{
    session::{RefreshCookiesError, SessionError, Sessions},
    store_retry::StoreRetry,
};

/// The pause after a try that had no effect is not shorter than this, so that all who waited for it fail with it,
const SHORTEST_PAUSE: SignedDuration = SignedDuration::from_secs(1);
/// and not longer than this, whatever the provider wishes.
const LONGEST_PAUSE: SignedDuration = SignedDuration::from_secs(60);

/// The pause before a store that is away is asked again to take a note back.
const TAKE_BACK_PAUSE: SignedDuration = SignedDuration::from_millis(200);

/// How a call ended; nothing when somebody else was first.
type Asked = Option<Result<RenewedCookies, RefreshCookiesError>>;

impl Sessions {
    /// Notes that the token is being sent, and sends it, as a task of its own: who hangs up does not stop it half way.
    pub(super) async fn ask(&self, place: &Place, cookies: &str, seen: u64) -> Result<Asked, SessionError> {
        let (this, place) = (self.clone(), place.clone());
        let cookies = SecretString::from(cookies);
        let work = async move { this.ask_once(&place, cookies.expose_secret(), seen).await };
        self.context.tasks.finish(work).await?
    }

    async fn ask_once(&self, place: &Place, cookies: &str, seen: u64) -> Result<Asked, SessionError> {
        let attempt = UrlToken::generate(self.context.entropy.as_ref());
        let deadline = self.context.clock.now() + place.longest;
        let asking = Known::Asking { attempt: attempt.clone(), deadline };
        let mine = match self.note(place, seen, asking).await {
            Ok(Some(mine)) => mine,
            Ok(None) => return Ok(None),
            Err(error) => {
                // With nobody waiting: the caller hears of the store at once.
                let (this, place) = (self.clone(), place.clone());
                let work = async move { this.take_back(&place, seen, &attempt, deadline).await };
                self.context.tasks.spawn(work);
                return Err(error);
            }
        };
        let said = tokio::select! {
            said = place.control.refresh(cookies) => Some(said),
            () = self.context.clock.sleep_until(deadline) => None,
        };
        let now = self.context.clock.now();
        let (known, answer) = outcome(said, &attempt, now);
        if let Ok(given) = &answer
            // First, so that whoever reads that the token was renewed finds what it gave.
            && let Err(error) = self.keep_answer(place, &attempt, given, now + LATE_COMERS).await
        {
            // It is in hand and good, whatever the store says; only late comers will not have it.
            tracing::error!(%error, "the answer to a refresh of a provider's session was not stored");
        }
        match self.note(place, mine.version, known).await {
            Ok(Some(_)) => {}
            Ok(None) => {
                tracing::error!("a refresh of a provider's session took so long that it counts as unclear");
            }
            Err(error) => {
                tracing::error!(%error, "the outcome of a refresh of a provider's session was not stored");
            }
        }
        Ok(Some(answer))
    }

    /// The store did not say whether it took the note, and nothing was sent: makes sure that the note does not stand, for it would
    /// make the token count as sent. A store that is away is asked again until the note is past its deadline.
    async fn take_back(&self, place: &Place, seen: u64, attempt: &UrlToken, deadline: Timestamp) {
        let mut retry = StoreRetry::new(self.context.clock.as_ref(), TAKE_BACK_PAUSE);
        let taken_back = retry.ask(|| deadline, || self.take_back_once(place, seen, attempt)).await;
        if let Err(error) = taken_back {
            tracing::warn!(%error, "a refresh token that was not sent may count as sent");
        }
    }

    async fn take_back_once(&self, place: &Place, seen: u64, attempt: &UrlToken) -> Result<(), SessionError> {
        let free = || Known::Free { not_before: self.context.clock.now() };
        // In its place, so that the note fails if it is yet to come;
        if self.note(place, seen, free()).await?.is_none() {
            // behind it, if it came.
            let found = self.known(place).await?;
            if matches!(&*found.value, Known::Asking { attempt: theirs, .. } if theirs == attempt) {
                self.note(place, found.version, free()).await?;
            }
        }
        Ok(())
    }
}

/// What came of a call, for the record and for whoever made it.
fn outcome(
    said: Option<Result<Refreshed, ProviderError>>,
    attempt: &UrlToken,
    now: Timestamp,
) -> (Known, Result<RenewedCookies, RefreshCookiesError>) {
    match said {
        Some(Ok(Refreshed::Renewed { set_cookies, expires_at, is_rotated })) => {
            let known = Known::Renewed { attempt: attempt.clone(), is_rotated, at: now };
            (known, Ok(RenewedCookies { set_cookies, expires_at }))
        }
        Some(Ok(Refreshed::Refused)) => (Known::Refused, Err(RefreshCookiesError::Refused)),
        Some(Err(error)) => {
            if let Some(pause) = pause_after(&error) {
                return (Known::Free { not_before: now + pause }, Err(error.into()));
            }
            tracing::warn!(%error, "a provider's session was refreshed without a clear answer");
            (Known::Unclear, Err(RefreshCookiesError::Unclear))
        }
        None => (Known::Unclear, Err(RefreshCookiesError::Unclear)),
    }
}

/// How long to wait after a failure that surely had no effect; nothing when nobody can know.
fn pause_after(error: &ProviderError) -> Option<SignedDuration> {
    match (error.retry(), error.kind()) {
        (Retry::After(wait), _) => {
            let wait = SignedDuration::try_from(wait).unwrap_or(LONGEST_PAUSE);
            Some(wait.clamp(SHORTEST_PAUSE, LONGEST_PAUSE))
        }
        // An address that must not be called was not called.
        (Retry::Never, ErrorKind::Misconfigured) => Some(LONGEST_PAUSE),
        (Retry::Never | Retry::OutcomeUnknown, _) => None,
    }
}
