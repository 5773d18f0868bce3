//! Drives a login from the person's yes to an identity: redeem once, verify, confirm.

use std::time::Duration;

use herald_core::{
    error::Retry,
    failpoint,
    identity::Identity,
    login::{Confirmation, Ending, FailureCode, Login, Phase, RedeemClaim},
    provider::{Look, Observed, Rejection, Verified},
    secret::LoginCode,
};
use jiff::{SignedDuration, Timestamp};

use super::{LoginError, Logins, redeem::failure_of};
use crate::{hub::Kept, tenant::Connection};

/// What a claim to redeem lasts beyond the time-out of the call itself.
const CLAIM_MARGIN: SignedDuration = SignedDuration::from_secs(5);

/// Takes logins one move further; every move is stored before the next is made.
#[derive(Clone, Copy)]
pub(super) struct Driver<'a> {
    pub(super) logins: &'a Logins,
}

impl Driver<'_> {
    pub(super) fn now(self) -> Timestamp {
        self.logins.context.clock.now()
    }

    /// The browser came back: looks at what it brings and drives on, unless somebody else has done that. What it brings to a
    /// login that has ended is thrown away.
    pub(super) async fn browser_returned(
        self,
        kept: Kept<Login>,
        query: &[(String, String)],
        cookies: &[(String, String)],
    ) -> Result<Kept<Login>, LoginError> {
        let look = Look::Return { query, cookies };
        if kept.value.terms.is_polled {
            return Ok(kept);
        }
        let kept = if let Phase::Waiting { memo } = &kept.value.phase {
            let connection = self.logins.connection_of(&kept.value)?;
            let observed = connection.provider.observe(memo, look).await?;
            self.settle(kept, observed).await?
        } else {
            kept
        };
        // It may have ended before, or meanwhile.
        Ok(self.returned_too_late(kept, look).await)
    }

    /// Takes in what a look found. The login must be waiting. What is found after the time is over counts too: that was the
    /// last look.
    pub(super) async fn settle(
        self,
        kept: Kept<Login>,
        observed: Observed,
    ) -> Result<Kept<Login>, LoginError> {
        let login = Login::clone(&kept.value);
        match observed {
            Observed::Pending { memo, is_opened, .. } => {
                let is_news = is_opened && login.opened_at.is_none();
                let is_same = matches!(&login.phase, Phase::Waiting { memo: old } if *old == memo);
                if is_same && !is_news {
                    return Ok(kept);
                }
                let now = self.now();
                let login = if is_opened { login.open(now) } else { login };
                self.save_or_reload(kept, login.still_waiting(memo).ok()).await
            }
            Observed::Ready { memo } => {
                failpoint::pass("L2");
                // Asked for once more: a look lasts seconds, and what it went out with may not be configured any more.
                let connection = self.logins.connection_of(&login)?;
                let claim = self.claim_for(&connection);
                match self.save_mine(&kept, login.start_redeeming(memo, claim).ok()).await? {
                    Some(mine) => self.redeem(mine, &connection).await,
                    None => self.reload(kept).await,
                }
            }
            Observed::Rejected(rejection) => {
                let ending = Self::ending_of(&login, rejection);
                self.save_or_reload(kept, login.end(ending, self.now()).ok()).await
            }
        }
    }

    /// Takes a login over whose answer nobody is taking (any more), and drives on. While this very replica is taking it, its
    /// owner lives, whatever a clock that jumped says: then the end of that call is waited for.
    ///
    /// An owner on another replica that only slept finds its record gone when it wakes up: what it writes is conditional on the
    /// version that it saw, and a call that it has not begun is not begun any more, because its claim has no time left.
    pub(super) async fn take_over(
        self,
        kept: Kept<Login>,
        connection: &Connection,
    ) -> Result<Kept<Login>, LoginError> {
        if self.logins.redeeming.contains(kept.value.terms.id) {
            return self.wait_for_ours(kept).await;
        }
        let (now, is_orphan) = (self.now(), matches!(kept.value.phase, Phase::Redeeming { .. }));
        let taken =
            Login::clone(&kept.value).take_over(&self.logins.context.replica, now, self.deadline(connection));
        match self.save_mine(&kept, taken.ok()).await? {
            Some(mine) => {
                if is_orphan {
                    let Login { terms, .. } = &*mine.value;
                    metrics::counter!("herald_take_overs_total", "work" => "logins").increment(1);
                    tracing::warn!(tenant.id = %terms.tenant, connection.id = %terms.connection, "the replica that was redeeming a login did not say how that ended; it is redeemed once more here");
                }
                self.redeem(mine, connection).await
            }
            None => self.reload(kept).await,
        }
    }

    /// Verifies the answer in hand.
    pub(super) async fn identify(
        self,
        kept: Kept<Login>,
        connection: &Connection,
    ) -> Result<Kept<Login>, LoginError> {
        let Phase::Answered { answer, .. } = &kept.value.phase else { return Ok(kept) };
        let login = Login::clone(&kept.value);
        let moved = match connection.provider.identify(answer).await {
            Ok(Verified::Identity { provider_session: Some(session), .. })
                if self.logins.sessions.is_ended_here(&login.terms.tenant, connection, &session).await? =>
            {
                let detail = "the person signed out of that session of the provider's here";
                let rejection = Rejection::IdentityRejected { detail: detail.to_owned() };
                let ending = Self::ending_of(&login, rejection);
                login.end(ending, self.now())
            }
            Ok(Verified::Identity { profile, .. }) => login.confirm(Confirmation {
                identity: Identity {
                    account: connection.account().clone(),
                    connection: connection.id.clone(),
                    profile: *profile,
                },
                code: LoginCode::generate(self.logins.context.entropy.as_ref()),
                confirmed_at: self.now(),
            }),
            Ok(Verified::Rejected(rejection)) => {
                let ending = Self::ending_of(&login, rejection);
                login.end(ending, self.now())
            }
            Err(error) => match error.retry() {
                Retry::After(wait) => login.verify_later(self.after(wait)),
                Retry::Never | Retry::OutcomeUnknown => {
                    let ending = Ending::Failed(failure_of(&error, 1));
                    Self::report(&login, ending, &error.to_string());
                    login.end(ending, self.now())
                }
            },
        };
        match self.save_mine(&kept, moved.ok()).await? {
            Some(saved) => {
                if matches!(saved.value.phase, Phase::Confirmed(_)) {
                    failpoint::pass("L7");
                }
                Ok(saved)
            }
            None => self.reload(kept).await,
        }
    }

    /// The ending that a rejection means, reported where it is an operator's matter.
    pub(super) fn ending_of(login: &Login, rejection: Rejection) -> Ending {
        let (ending, detail) = match rejection {
            Rejection::Denied => return Ending::Denied,
            Rejection::Expired => return Ending::Expired,
            Rejection::ConsumedElsewhere => (
                Ending::Failed(FailureCode::ConsumedElsewhere),
                "the answer was taken by somebody else".to_owned(),
            ),
            Rejection::Failed { detail } => (Ending::Failed(FailureCode::ProviderError), detail),
            Rejection::IdentityRejected { detail } => (Ending::Failed(FailureCode::IdentityRejected), detail),
        };
        Self::report(login, ending, &detail);
        ending
    }

    /// A login that broke is told to operators once, here.
    pub(super) fn report(login: &Login, ending: Ending, detail: &str) {
        let Ending::Failed(code) = ending else { return };
        let terms = &login.terms;
        let provider = terms.account.provider.as_str();
        metrics::counter!("herald_logins_failed_total", "provider" => provider.to_owned(), "code" => code.as_str()).increment(1);
        if code == FailureCode::ConsumedElsewhere {
            tracing::error!(tenant.id = %terms.tenant, connection.id = %terms.connection, provider, code = code.as_str(), detail, "somebody else took the answer of a login");
        } else {
            tracing::warn!(tenant.id = %terms.tenant, connection.id = %terms.connection, provider, code = code.as_str(), detail, "a login failed");
        }
    }

    pub(super) fn claim_for(self, connection: &Connection) -> RedeemClaim {
        RedeemClaim {
            owner: self.logins.context.replica.clone(),
            deadline: self.deadline(connection),
            attempt: 1,
        }
    }

    pub(super) fn deadline(self, connection: &Connection) -> Timestamp {
        self.after(connection.provider.info().redeem_timeout) + CLAIM_MARGIN
    }

    pub(super) fn after(self, wait: Duration) -> Timestamp {
        self.now() + SignedDuration::try_from(wait).unwrap_or(SignedDuration::from_mins(1))
    }

    pub(super) async fn save_mine(
        self,
        kept: &Kept<Login>,
        moved: Option<Login>,
    ) -> Result<Option<Kept<Login>>, LoginError> {
        match moved {
            Some(login) => self.logins.book.save(kept, login).await,
            None => Ok(None),
        }
    }

    pub(super) async fn save_or_reload(
        self,
        kept: Kept<Login>,
        moved: Option<Login>,
    ) -> Result<Kept<Login>, LoginError> {
        match self.save_mine(&kept, moved).await? {
            Some(saved) => Ok(saved),
            None => self.reload(kept).await,
        }
    }

    pub(super) async fn reload(self, kept: Kept<Login>) -> Result<Kept<Login>, LoginError> {
        let terms = &kept.value.terms;
        Ok(self.logins.book.load(&terms.tenant, terms.id).await?.unwrap_or(kept))
    }
}
