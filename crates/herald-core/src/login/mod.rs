//! One attempt of one person to sign in, as a state machine.
//!
//! ```text
//!            observe: Ready          redeem            identify          claim
//! Waiting ────────────────► Redeeming ───────► Answered ───────► Confirmed ───────► Claimed
//!    │  ▲ observe: Pending    │   ▲                │                 │
//!    └──┘                     ▼   │ a claim taken  │                 │
//!    │                      Ready─┘ by somebody    │                 │
//!    └───────────────┬────────┴────────────────────┴─────────────────┘
//!                    ▼
//!                  Ended (denied, expired, cancelled, failed)
//! ```
//!
//! Every arrow is a method that takes the login and gives it back changed, or [`IllegalMove`]. Between the arrows the
//! login is stored, so that a crash, a second replica and a reloaded callback find it where it was:
//! `Redeeming` is stored before the one-shot call, `Answered` before the answer is verified.

mod ending;
mod phase;
mod status;

pub use ending::{Ending, FailureCode, Leftover};
pub use phase::{Confirmation, Grant, Handed, Phase, RedeemClaim, SessionTokens};
pub use status::LoginStatus;

use std::fmt;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::{
    id::{ConnectionId, LoginId, SubjectId, TenantId},
    provider::{Memo, Progress, ProviderAccount, Step},
    return_url::ReturnUrl,
    seal::BlindIndex,
    secret::{Digest, UrlToken},
    session::SiteOrigin,
    text::{Locale, Reference},
};

/// The move is not possible from where the login is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a login that is {from} cannot {action}")]
pub struct IllegalMove {
    /// What was tried.
    pub action: &'static str,
    /// Where the login is.
    pub from: LoginStatus,
}

/// Who asks for the login, as far as the caller said. `Debug` shows nothing of it.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LoginClient {
    /// The address, as a keyed hash: for limits only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<BlindIndex>,
    /// The browser's name for itself, for the page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_agent: Option<String>,
}

impl fmt::Debug for LoginClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LoginClient(…)")
    }
}

/// Where a site's login began, and where it leads back to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SiteReturn {
    /// The site.
    pub origin: SiteOrigin,
    /// The page that the person wanted: path and query on that origin, checked.
    pub path: String,
}

/// What is fixed when a login starts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LoginTerms {
    /// Its id.
    pub id: LoginId,
    /// Its tenant.
    pub tenant: TenantId,
    /// The connection it was started through.
    pub connection: ConnectionId,
    /// The provider account behind that connection at that time: a connection that has become another account must leave
    /// the login alone.
    pub account: ProviderAccount,
    /// How the provider tells of progress.
    pub is_polled: bool,
    /// What every address for the browser begins with; no slash at its end.
    pub browser_url: String,
    /// Where the browser is sent back to; absent for a detached login and for one of a site.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub return_url: Option<ReturnUrl>,
    /// The site that the person signs in at; its login is claimed by Herald itself, for the browser that is bound to it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub site: Option<SiteReturn>,
    /// The caller's word.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<Reference>,
    /// The person's language.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub locale: Option<Locale>,
    /// Who asks.
    #[serde(default)]
    pub client: LoginClient,
    /// What is kept of the claim secret.
    pub claim_secret: Digest,
    /// Names the login's QR codes.
    pub qr_token: UrlToken,
    /// What the person has to do.
    pub step: Step,
    /// When it started.
    pub created_at: Timestamp,
    /// When the provider's own time runs out.
    pub provider_expires_at: Timestamp,
}

/// One login.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Login {
    /// What is fixed.
    pub terms: LoginTerms,
    /// Ends the wait for the person; once confirmed, the time to claim.
    pub expires_at: Timestamp,
    /// When the person first did something: visited `start`, opened the messenger.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub opened_at: Option<Timestamp>,
    /// The browser that the login is bound to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub browser: Option<Digest>,
    /// Where it is.
    pub phase: Phase,
}

/// How long whoever took an answer has to verify it before another looks after it.
const VERIFYING: SignedDuration = SignedDuration::from_secs(5);
/// How long a confirmed login may be claimed, in seconds.
pub const CLAIM_SECONDS: i64 = 300;
/// How long the same claim gives the same answer again, and a bound browser its code, in seconds.
pub const CLAIM_GRACE_SECONDS: i64 = 60;

impl Login {
    /// A login that waits for the person.
    pub fn start(terms: LoginTerms, memo: Memo, expires_at: Timestamp) -> Self {
        Self { terms, expires_at, opened_at: None, browser: None, phase: Phase::Waiting { memo } }
    }

    /// What callers see of where it is.
    pub fn status(&self) -> LoginStatus {
        match &self.phase {
            Phase::Waiting { .. }
            | Phase::Ready { .. }
            | Phase::Redeeming { .. }
            | Phase::Answered { .. } => {
                if self.opened_at.is_some() {
                    LoginStatus::Opened
                } else {
                    LoginStatus::Pending
                }
            }
            Phase::Confirmed(_) => LoginStatus::Confirmed,
            Phase::Claimed { .. } => LoginStatus::Claimed,
            Phase::Ended { ending, .. } => ending.status(),
        }
    }

    /// Does anything still have to happen, other than the claim?
    pub fn is_waiting(&self) -> bool {
        matches!(self.status(), LoginStatus::Pending | LoginStatus::Opened)
    }

    /// Notes that the person did something. Does nothing the second time, or when the wait is over.
    #[must_use]
    pub fn open(mut self, at: Timestamp) -> Self {
        if self.is_waiting() && self.opened_at.is_none() {
            self.opened_at = Some(at);
        }
        self
    }

    /// Binds the browser. Only the first one can be.
    pub fn bind(mut self, browser: Digest) -> Result<Self, IllegalMove> {
        match self.browser {
            None => {
                self.browser = Some(browser);
                Ok(self)
            }
            Some(bound) if bound == browser => Ok(self),
            Some(_) => Err(self.cannot("be bound to another browser")),
        }
    }

    /// Waiting → Waiting: the provider has nothing new but a memo.
    pub fn still_waiting(mut self, memo: Memo) -> Result<Self, IllegalMove> {
        match self.phase {
            Phase::Waiting { .. } => {
                self.phase = Phase::Waiting { memo };
                Ok(self)
            }
            _ => Err(self.cannot("wait on")),
        }
    }

    /// Waiting → Redeeming: the person agreed, and `claim` says who will take the answer.
    pub fn start_redeeming(mut self, memo: Memo, claim: RedeemClaim) -> Result<Self, IllegalMove> {
        match self.phase {
            Phase::Waiting { .. } => {
                self.phase = Phase::Redeeming { memo, claim };
                Ok(self)
            }
            _ => Err(self.cannot("be redeemed")),
        }
    }

    /// Ready → Redeeming, or Redeeming past its deadline → Redeeming by somebody else.
    pub fn take_over(
        mut self,
        owner: &str,
        now: Timestamp,
        deadline: Timestamp,
    ) -> Result<Self, IllegalMove> {
        let (memo, attempt) = match &self.phase {
            Phase::Ready { memo, attempt, .. } => (memo.clone(), *attempt),
            Phase::Redeeming { memo, claim } if claim.deadline <= now => (memo.clone(), claim.attempt),
            _ => return Err(self.cannot("be taken over")),
        };
        self.phase = Phase::Redeeming {
            memo,
            claim: RedeemClaim { owner: owner.to_owned(), deadline, attempt: attempt + 1 },
        };
        Ok(self)
    }

    /// Redeeming → Ready: the call surely had no effect; it may be made again from `not_before`.
    pub fn give_back(mut self, not_before: Timestamp) -> Result<Self, IllegalMove> {
        match self.phase {
            // The attempt did not take place, so that a later "consumed" is still somebody else's doing.
            Phase::Redeeming { memo, claim } => {
                self.phase = Phase::Ready { memo, not_before, attempt: claim.attempt - 1 };
                Ok(self)
            }
            _ => Err(self.cannot("be given back")),
        }
    }

    /// Redeeming → Answered: the answer is in hand, also for an owner whose claim somebody else took over meanwhile.
    pub fn answered(mut self, answer: crate::provider::Answer) -> Result<Self, IllegalMove> {
        match self.phase {
            Phase::Redeeming { .. } => {
                self.phase = Phase::Answered { answer, not_before: None };
                Ok(self)
            }
            _ => Err(self.cannot("take an answer")),
        }
    }

    /// Answered → Answered: the answer cannot be verified before then.
    pub fn verify_later(mut self, not_before: Timestamp) -> Result<Self, IllegalMove> {
        match self.phase {
            Phase::Answered { answer, .. } => {
                self.phase = Phase::Answered { answer, not_before: Some(not_before) };
                Ok(self)
            }
            _ => Err(self.cannot("be verified later")),
        }
    }

    /// Answered → Confirmed: the provider vouches for a person; there are 300 s to claim.
    pub fn confirm(mut self, confirmation: Confirmation) -> Result<Self, IllegalMove> {
        match self.phase {
            Phase::Answered { .. } => {
                let at = confirmation.confirmed_at;
                self.expires_at = at + SignedDuration::from_secs(CLAIM_SECONDS);
                self.phase = Phase::Confirmed(Box::new(confirmation));
                Ok(self)
            }
            _ => Err(self.cannot("be confirmed")),
        }
    }

    /// Confirmed → Claimed, with what the claim gives.
    pub fn claim(
        mut self,
        subject: SubjectId,
        grant: Grant,
        claimed_at: Timestamp,
    ) -> Result<Self, IllegalMove> {
        match self.phase {
            Phase::Confirmed(confirmation) => {
                let grant = Some(Box::new(grant));
                self.phase = Phase::Claimed { confirmation, subject, grant, claimed_at };
                Ok(self)
            }
            _ => Err(self.cannot("be claimed")),
        }
    }

    /// Anything but Claimed and Ended → Ended.
    ///
    /// Where the provider's own time is not over, what is left there is kept as a [`Leftover`], to be consumed if the person
    /// confirms after all.
    pub fn end(mut self, ending: Ending, at: Timestamp) -> Result<Self, IllegalMove> {
        let is_left = matches!(ending, Ending::Cancelled | Ending::Expired);
        let until = self.terms.provider_expires_at;
        let leftover = match &self.phase {
            Phase::Claimed { .. } | Phase::Ended { .. } => return Err(self.cannot("end")),
            Phase::Waiting { memo } if is_left && at < until => {
                Some(Leftover { memo: memo.clone(), until, claim: None, not_before: None, attempt: 0 })
            }
            Phase::Ready { memo, not_before, attempt } if is_left && at < until => Some(Leftover {
                memo: memo.clone(),
                until,
                claim: None,
                not_before: Some(*not_before),
                attempt: *attempt,
            }),
            Phase::Redeeming { memo, claim } if is_left => Some(Leftover {
                memo: memo.clone(),
                until: until.max(claim.deadline),
                claim: Some(claim.clone()),
                not_before: None,
                attempt: 0,
            }),
            _ => None,
        };
        self.phase = Phase::Ended { ending, ended_at: at, leftover };
        Ok(self)
    }

    /// Ended with a leftover → the same with the leftover changed, or gone.
    pub fn set_leftover(mut self, leftover: Option<Leftover>) -> Result<Self, IllegalMove> {
        match &mut self.phase {
            Phase::Ended { leftover: kept @ Some(_), .. } => {
                *kept = leftover;
                Ok(self)
            }
            _ => Err(self.cannot("have a leftover")),
        }
    }

    /// When somebody has to attend to the login next, if no word of it comes before; nothing when nothing is left to do.
    pub fn attend_at(&self, now: Timestamp) -> Option<Timestamp> {
        match &self.phase {
            Phase::Waiting { .. } if self.terms.is_polled => Some(now),
            Phase::Waiting { .. } | Phase::Confirmed(_) => Some(self.expires_at),
            Phase::Ready { not_before, .. } => Some((*not_before).min(self.expires_at)),
            Phase::Redeeming { claim, .. } => Some(claim.deadline),
            // Who took the answer in time may verify it once, however late that is.
            Phase::Answered { not_before: None, .. } => Some(now + VERIFYING),
            Phase::Answered { not_before: Some(at), .. } => Some((*at).min(self.expires_at.max(now))),
            Phase::Ended { leftover: Some(leftover), .. } => {
                let next = leftover.claim.as_ref().map(|claim| claim.deadline).or(leftover.not_before);
                // What is not polled for is brought by the browser, if it comes back after all.
                next.or(self.terms.is_polled.then_some(now))
            }
            Phase::Claimed { .. } | Phase::Ended { leftover: None, .. } => None,
        }
    }

    /// The address of one of our pages for this login.
    pub fn page(&self, path: &str) -> String {
        format!("{}{path}", self.terms.browser_url)
    }

    fn cannot(&self, action: &'static str) -> IllegalMove {
        IllegalMove { action, from: self.status() }
    }
}

impl Progress {
    /// Is the provider polled?
    pub fn is_polled(self) -> bool {
        self == Self::Poll
    }
}

#[cfg(test)]
mod tests;
