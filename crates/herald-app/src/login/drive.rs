//! Drives a login from the person's yes to an identity: redeem once, verify, confirm.

use herald_core::{
    error::{ErrorKind, ProviderError, Retry},
    identity::Identity,
    login::{Confirmation, Ending, FailureCode, Login, Phase, RedeemClaim},
    provider::{Look, Memo, Observed, Rejection, Verified},
    secret::LoginCode,
};
use jiff::{SignedDuration, Timestamp};

use super::{LoginError, Logins};
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

    /// The browser came back: looks at what it brings and drives on, unless somebody else has done that.
    pub(super) async fn browser_returned(
        self,
        kept: Kept<Login>,
        query: &[(String, String)],
        cookies: &[(String, String)],
    ) -> Result<Kept<Login>, LoginError> {
        let Phase::Waiting { memo } = &kept.value.phase else { return Ok(kept) };
        if kept.value.terms.is_polled {
            return Ok(kept);
        }
        let connection = self.logins.connection_of(&kept.value)?;
        let observed = connection.provider.observe(memo, Look::Return { query, cookies }).await?;
        self.settle(kept, &connection, observed).await
    }

    /// Takes in what a look found. The login must be waiting. What is found after the time is over counts too: that was the
    /// last look.
    pub(super) async fn settle(
        self,
        kept: Kept<Login>,
        connection: &Connection,
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
                let claim = self.claim_for(connection);
                match self.save_mine(&kept, login.start_redeeming(memo, claim).ok()).await? {
                    Some(mine) => self.redeem(mine, connection).await,
                    None => self.reload(kept).await,
                }
            }
            Observed::Rejected(rejection) => {
                let ending = Self::ending_of(&login, rejection);
                self.save_or_reload(kept, login.end(ending, self.now()).ok()).await
            }
        }
    }

    /// Takes a login over whose answer nobody is taking (any more), and drives on.
    pub(super) async fn take_over(
        self,
        kept: Kept<Login>,
        connection: &Connection,
    ) -> Result<Kept<Login>, LoginError> {
        let now = self.now();
        let taken =
            Login::clone(&kept.value).take_over(&self.logins.context.replica, now, self.deadline(connection));
        match self.save_mine(&kept, taken.ok()).await? {
            Some(mine) => self.redeem(mine, connection).await,
            None => self.reload(kept).await,
        }
    }

    /// Makes the one-shot call. The login is `Redeeming`, and stored so, by us.
    async fn redeem(self, kept: Kept<Login>, connection: &Connection) -> Result<Kept<Login>, LoginError> {
        let Phase::Redeeming { memo, claim } = &kept.value.phase else { return Ok(kept) };
        match redeem_in_time(connection, memo).await {
            Ok(answer) => {
                // Kept before anything else is done with it: from here on a crash loses nothing.
                let answered = Login::clone(&kept.value).answered(answer);
                match self.save_mine(&kept, answered.ok()).await? {
                    Some(mine) => self.identify(mine, connection).await,
                    None => self.after_overtaken(kept).await,
                }
            }
            Err(error) => {
                let login = Login::clone(&kept.value);
                let moved = match error.retry() {
                    Retry::After(wait) => login.give_back(self.after(wait)),
                    Retry::Never | Retry::OutcomeUnknown => {
                        let ending = Ending::Failed(failure_of(&error, claim.attempt));
                        Self::report(&login, ending, &error.to_string());
                        login.end(ending, self.now())
                    }
                };
                match self.save_mine(&kept, moved.ok()).await? {
                    Some(mine) => Ok(mine),
                    None => self.after_overtaken(kept).await,
                }
            }
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
            Ok(Verified::Identity(profile)) => login.confirm(Confirmation {
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
        self.save_or_reload(kept, moved.ok()).await
    }

    /// The login was changed while the answer was being taken: it was cancelled, or ended. The answer is consumed and thrown
    /// away, so what was left at the provider is no more.
    async fn after_overtaken(self, kept: Kept<Login>) -> Result<Kept<Login>, LoginError> {
        let Phase::Redeeming { claim, .. } = &kept.value.phase else { return self.reload(kept).await };
        let claim = claim.clone();
        let terms = &kept.value.terms;
        let changed = self
            .logins
            .book
            .update(&terms.tenant, terms.id, |login| {
                let is_ours = matches!(&login.phase, Phase::Ended { leftover: Some(left), .. } if left.claim.as_ref() == Some(&claim));
                Ok::<_, LoginError>(if is_ours { login.clone().set_leftover(None).ok() } else { None })
            })
            .await?;
        Ok(changed.unwrap_or(kept))
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
    fn report(login: &Login, ending: Ending, detail: &str) {
        let Ending::Failed(code) = ending else { return };
        let terms = &login.terms;
        let provider = terms.account.provider.as_str();
        metrics::counter!("herald_logins_failed_total", "provider" => provider.to_owned(), "code" => code.as_str()).increment(1);
        if matches!(code, FailureCode::ConsumedElsewhere | FailureCode::IdentityRejected) {
            tracing::error!(tenant.id = %terms.tenant, connection.id = %terms.connection, provider, code = code.as_str(), detail, "a login failed in a way that an attack would look like");
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

    pub(super) fn after(self, wait: std::time::Duration) -> Timestamp {
        self.now() + SignedDuration::try_from(wait).unwrap_or(SignedDuration::from_mins(1))
    }

    async fn save_mine(
        self,
        kept: &Kept<Login>,
        moved: Option<Login>,
    ) -> Result<Option<Kept<Login>>, LoginError> {
        match moved {
            Some(login) => self.logins.book.save(kept.version, login).await,
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

    async fn reload(self, kept: Kept<Login>) -> Result<Kept<Login>, LoginError> {
        let terms = &kept.value.terms;
        Ok(self.logins.book.load(&terms.tenant, terms.id).await?.unwrap_or(kept))
    }
}

/// Redeems, and gives up a little after the adapter should have: an adapter that hangs must not outlive its claim.
pub(super) async fn redeem_in_time(
    connection: &Connection,
    memo: &Memo,
) -> Result<herald_core::provider::Answer, ProviderError> {
    let info = connection.provider.info();
    let limit = info.redeem_timeout + std::time::Duration::from_secs(1);
    match tokio::time::timeout(limit, connection.provider.redeem(memo)).await {
        Ok(result) => result,
        Err(_) => Err(ProviderError::new(
            &info.account.provider,
            "redeem",
            ErrorKind::Timeout,
            Retry::OutcomeUnknown,
            "no answer within the time-out",
        )),
    }
}

/// What a failed one-shot call means at this attempt.
fn failure_of(error: &ProviderError, attempt: u32) -> FailureCode {
    match error.kind() {
        ErrorKind::Consumed | ErrorKind::InvalidGrant if attempt > 1 => FailureCode::LoginLost,
        ErrorKind::Consumed => FailureCode::ConsumedElsewhere,
        ErrorKind::Timeout => FailureCode::ProviderTimeout,
        _ => FailureCode::ProviderError,
    }
}
