//! Redeems: the one call that must not be made twice, and what becomes of its answer.

use std::time::Duration;

use herald_core::{
    error::{ErrorKind, ProviderError, Retry},
    failpoint,
    login::{Ending, FailureCode, Leftover, Login, Phase, RedeemClaim},
    provider::{Answer, Memo},
};
use jiff::{SignedDuration, Timestamp};

use super::{LoginError, drive::Driver};
use crate::{hub::Kept, store_retry::StoreRetry, tenant::Connection};

/// The longest pause before a store that is away is asked again.
const LONGEST_PAUSE: SignedDuration = SignedDuration::from_secs(2);

/// What came of a one-shot call.
enum Redeemed {
    /// The answer.
    Answer(Answer),
    /// Surely nothing; the provider may be asked again from then on.
    Nothing { not_before: Timestamp },
    /// It is taken, or nobody can know.
    Lost,
}

impl Driver<'_> {
    /// Makes the one-shot call. The login is `Redeeming`, and stored so, by us.
    pub(super) async fn redeem(
        self,
        kept: Kept<Login>,
        connection: &Connection,
    ) -> Result<Kept<Login>, LoginError> {
        let Phase::Redeeming { memo, claim } = &kept.value.phase else { return Ok(kept) };
        failpoint::pass("L3");
        let Some(_busy) = self.logins.redeeming.enter(kept.value.terms.id) else { return Ok(kept) };
        let login = Login::clone(&kept.value);
        match redeem_in_time(connection, memo, self.left_of(claim)).await {
            Ok(answer) => {
                failpoint::pass("L5");
                // Kept before anything else is done with it: from here on a crash loses nothing.
                let answered = login.answered(answer.clone()).ok();
                // Nobody gets it a second time: it is good for as long as the login is, whoever has claimed that meanwhile.
                let until = [claim.deadline, kept.value.expires_at];
                match self.surely(until, || self.save_mine(&kept, answered.clone())).await? {
                    Some(mine) => {
                        failpoint::pass("L6");
                        self.identify(mine, connection).await
                    }
                    None => self.after_overtaken(kept, Redeemed::Answer(answer), connection).await,
                }
            }
            Err(error) => {
                let (moved, redeemed) = match error.retry() {
                    Retry::After(wait) => {
                        let not_before = self.after(wait);
                        (login.give_back(not_before), Redeemed::Nothing { not_before })
                    }
                    Retry::Never | Retry::OutcomeUnknown => {
                        let ending = Ending::Failed(failure_of(&error, claim.attempt));
                        Self::report(&login, ending, &error.to_string());
                        (login.end(ending, self.now()), Redeemed::Lost)
                    }
                };
                let moved = moved.ok();
                let until = [claim.deadline; 2];
                match self.surely(until, || self.save_mine(&kept, moved.clone())).await? {
                    Some(mine) => Ok(mine),
                    None => self.after_overtaken(kept, redeemed, connection).await,
                }
            }
        }
    }

    /// The login was changed while the answer was being taken: it was cancelled or ended, or somebody took our claim over, and
    /// may have given it back.
    ///
    /// An answer in hand is good whoever's claim it was. What an ended login left at the provider is gone, if the call took it,
    /// and is watched on if it did not.
    async fn after_overtaken(
        self,
        kept: Kept<Login>,
        redeemed: Redeemed,
        connection: &Connection,
    ) -> Result<Kept<Login>, LoginError> {
        let Phase::Redeeming { claim, .. } = &kept.value.phase else { return self.reload(kept).await };
        let claim = claim.clone();
        let terms = &kept.value.terms;
        let change = |login: &Login| match (&login.phase, &redeemed) {
            (Phase::Redeeming { .. }, Redeemed::Answer(answer)) => {
                login.clone().answered(answer.clone()).ok()
            }
            (Phase::Ready { .. }, Redeemed::Answer(answer)) => {
                let taken = login.clone().take_over(&claim.owner, self.now(), self.deadline(connection));
                taken.and_then(|login| login.answered(answer.clone())).ok()
            }
            (Phase::Ended { leftover: Some(left), .. }, _) if left.claim.as_ref() == Some(&claim) => {
                let left = match &redeemed {
                    Redeemed::Nothing { not_before } => {
                        let attempt = claim.attempt.saturating_sub(1);
                        Some(Leftover { claim: None, not_before: Some(*not_before), attempt, ..left.clone() })
                    }
                    Redeemed::Answer(_) | Redeemed::Lost => None,
                };
                login.clone().set_leftover(left).ok()
            }
            _ => None,
        };
        let until = match &redeemed {
            Redeemed::Answer(_) => kept.value.expires_at,
            Redeemed::Nothing { .. } | Redeemed::Lost => claim.deadline,
        };
        let update = || {
            let change = |login: &Login| Ok::<_, LoginError>(change(login));
            self.logins.book.update(&terms.tenant, terms.id, change)
        };
        let changed = self.surely([claim.deadline, until], update).await?;
        let Some(changed) = changed else { return Ok(kept) };
        if matches!(changed.value.phase, Phase::Answered { .. }) && matches!(redeemed, Redeemed::Answer(_)) {
            return self.identify(changed, connection).await;
        }
        Ok(changed)
    }

    /// Waits for the call that this replica itself is making.
    pub(super) async fn wait_for_ours(self, kept: Kept<Login>) -> Result<Kept<Login>, LoginError> {
        self.logins.redeeming.left(kept.value.terms.id).await;
        self.reload(kept).await
    }

    /// What is left of the time that a claim gives its owner, less a second to write down what came of it.
    pub(super) fn left_of(self, claim: &RedeemClaim) -> Duration {
        let left = claim.deadline.duration_since(self.now()) - SignedDuration::from_secs(1);
        Duration::try_from(left).unwrap_or_default()
    }

    /// Stores what must not be lost: a store that is away is asked again until then; when everything stops, until the first of
    /// these times only.
    async fn surely<T, F: Future<Output = Result<T, LoginError>>>(
        self,
        [when_stopping, until]: [Timestamp; 2],
        store: impl FnMut() -> F,
    ) -> Result<T, LoginError> {
        let context = &self.logins.context;
        let until = || if context.tasks.is_draining() { when_stopping } else { until.max(when_stopping) };
        let retry = StoreRetry::new(context.clock.as_ref(), LONGEST_PAUSE);
        retry.saying("the store did not take a provider's answer; it is asked again").ask(until, store).await
    }
}

/// Redeems within `time`, so that no call outlives its claim; without time nothing is called.
pub(super) async fn redeem_in_time(
    connection: &Connection,
    memo: &Memo,
    time: Duration,
) -> Result<Answer, ProviderError> {
    let info = connection.provider.info();
    let late = |retry| {
        ProviderError::new(
            &info.account.provider,
            "redeem",
            ErrorKind::Timeout,
            retry,
            "no answer within the claim's time",
        )
    };
    if time < info.redeem_timeout {
        // Storing the claim took so long that an answer might come too late to be kept.
        return Err(late(Retry::After(Duration::from_secs(1))));
    }
    failpoint::pass("L4");
    tokio::time::timeout(time, connection.provider.redeem(memo))
        .await
        .unwrap_or_else(|_| Err(late(Retry::OutcomeUnknown)))
}

/// What a failed one-shot call means at this attempt.
pub(super) fn failure_of(error: &ProviderError, attempt: u32) -> FailureCode {
    match error.kind() {
        ErrorKind::Consumed | ErrorKind::InvalidGrant if attempt > 1 => FailureCode::LoginLost,
        ErrorKind::Consumed => FailureCode::ConsumedElsewhere,
        ErrorKind::Timeout => FailureCode::ProviderTimeout,
        _ => FailureCode::ProviderError,
    }
}
