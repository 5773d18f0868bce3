//! Where a login is, as far as its browser is concerned.

use herald_core::{
    login::{CLAIM_GRACE_SECONDS, Ending, Login, Phase},
    secret::LoginCode,
};
use jiff::{SignedDuration, Timestamp};

/// Where a login is, as far as its browser is concerned.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Standing<'a> {
    /// The person has to do something.
    Open,
    /// The person is done; the provider is being asked.
    Busy,
    /// Signed in; the browser may carry this code to the caller.
    SignedIn(&'a LoginCode),
    /// Claimed, and too long ago to hand out the code again.
    Finished,
    /// Over without a claim.
    Ended(Ending),
}

impl<'a> Standing<'a> {
    /// Where `login` is at `now`. A confirmed login past its time counts as expired, also before anybody wrote that down.
    pub(super) fn of(login: &'a Login, now: Timestamp) -> Self {
        match &login.phase {
            Phase::Waiting { .. } => Self::Open,
            Phase::Ready { .. } | Phase::Redeeming { .. } | Phase::Answered { .. } => Self::Busy,
            Phase::Confirmed(confirmation) if now < login.expires_at => Self::SignedIn(&confirmation.code),
            Phase::Confirmed(_) => Self::Ended(Ending::Expired),
            Phase::Claimed { confirmation, claimed_at, .. } => {
                if now < *claimed_at + SignedDuration::from_secs(CLAIM_GRACE_SECONDS) {
                    Self::SignedIn(&confirmation.code)
                } else {
                    Self::Finished
                }
            }
            Phase::Ended { ending, .. } => Self::Ended(*ending),
        }
    }
}
