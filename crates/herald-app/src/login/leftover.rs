//! What an ended login left at its provider: to the provider's own end it is watched, or waited for until the browser brings it;
//! if it is confirmed after all, it is consumed and thrown away.

use herald_core::{
    error::{ErrorKind, Retry},
    login::{Ending, FailureCode, Leftover, Login, Phase, RedeemClaim},
    provider::{Look, Observed, Rejection},
};

use super::{LoginError, drive::Driver, redeem::redeem_in_time};
use crate::{hub::Kept, tenant::Connection};

impl Driver<'_> {
    /// The browser came back to a login that may have ended. What it brings is good for whoever reads its address, so it is consumed,
    /// once. The browser hears how the login ended, whatever comes of this.
    pub(super) async fn returned_too_late(self, kept: Kept<Login>, look: Look<'_>) -> Kept<Login> {
        match self.take_leftover(kept.clone(), look).await {
            Ok(kept) => kept,
            Err(error) => {
                let terms = &kept.value.terms;
                tracing::warn!(tenant.id = %terms.tenant, connection.id = %terms.connection, %error, "what a browser brought to an ended login may be left at the provider");
                kept
            }
        }
    }

    async fn take_leftover(self, kept: Kept<Login>, look: Look<'_>) -> Result<Kept<Login>, LoginError> {
        let Phase::Ended { leftover: Some(leftover), .. } = &kept.value.phase else { return Ok(kept) };
        let is_begun = leftover.claim.is_some() || leftover.not_before.is_some();
        if is_begun || leftover.until <= self.now() {
            return Ok(kept);
        }
        let connection = self.logins.connection_of(&kept.value)?;
        let observed = connection.provider.observe(&leftover.memo, look).await?;
        self.settle_leftover(kept, observed).await
    }

    /// Takes in what a look at the leftover found.
    pub(super) async fn settle_leftover(
        self,
        kept: Kept<Login>,
        observed: Observed,
    ) -> Result<Kept<Login>, LoginError> {
        let Phase::Ended { leftover: Some(leftover), .. } = &kept.value.phase else { return Ok(kept) };
        // Asked for once more, as in `settle`.
        let connection = self.logins.connection_of(&kept.value)?;
        let next = match observed {
            Observed::Pending { memo, .. } if memo == leftover.memo => return Ok(kept),
            Observed::Pending { memo, .. } => Some(Leftover { memo, ..leftover.clone() }),
            Observed::Rejected(rejection) => {
                // Nobody waits for this login any more, but somebody who takes its answer is told of all the same.
                if matches!(rejection, Rejection::ConsumedElsewhere) {
                    Self::ending_of(&kept.value, rejection);
                }
                None
            }
            Observed::Ready { memo } => {
                let claim = Some(self.claim_for(&connection));
                Some(Leftover { memo, claim, not_before: None, ..leftover.clone() })
            }
        };
        self.leave(kept, next, &connection).await
    }

    /// Stores what is left, and consumes it if that is a claim to it. Of several who would claim it one does.
    async fn leave(
        self,
        kept: Kept<Login>,
        next: Option<Leftover>,
        connection: &Connection,
    ) -> Result<Kept<Login>, LoginError> {
        let moved = Login::clone(&kept.value).set_leftover(next).ok();
        match self.save_mine(&kept, moved).await? {
            Some(mine) => self.discard(mine, connection).await,
            None => self.reload(kept).await,
        }
    }

    /// Consumes the answer that nobody may have. The claim is stored first, as for any one-shot call.
    async fn discard(self, kept: Kept<Login>, connection: &Connection) -> Result<Kept<Login>, LoginError> {
        let Phase::Ended { leftover: Some(leftover), .. } = &kept.value.phase else { return Ok(kept) };
        let Some(claim) = leftover.claim.as_ref().filter(|claim| claim.owner == self.logins.context.replica)
        else {
            return Ok(kept);
        };
        let Some(_busy) = self.logins.redeeming.enter(kept.value.terms.id) else { return Ok(kept) };
        let next = match redeem_in_time(connection, &leftover.memo, self.left_of(claim)).await {
            Ok(_) => None,
            Err(error) => match error.retry() {
                // Surely no effect: it is watched on.
                Retry::After(wait) => {
                    let attempt = claim.attempt.saturating_sub(1);
                    let not_before = Some(self.after(wait));
                    Some(Leftover { claim: None, not_before, attempt, ..leftover.clone() })
                }
                Retry::Never | Retry::OutcomeUnknown => {
                    if error.kind() == ErrorKind::Consumed && claim.attempt == 1 {
                        let ending = Ending::Failed(FailureCode::ConsumedElsewhere);
                        Self::report(&kept.value, ending, &error.to_string());
                    }
                    None
                }
            },
        };
        let moved = Login::clone(&kept.value).set_leftover(next).ok();
        self.save_or_reload(kept, moved).await
    }

    /// A leftover whose taker died, or found that the call surely had no effect: it is claimed anew.
    pub(super) async fn discard_again(
        self,
        kept: Kept<Login>,
        connection: &Connection,
    ) -> Result<Kept<Login>, LoginError> {
        let Phase::Ended { leftover: Some(leftover), .. } = &kept.value.phase else { return Ok(kept) };
        let attempt = leftover.claim.as_ref().map_or(leftover.attempt, |claim| claim.attempt) + 1;
        let claim = RedeemClaim { attempt, ..self.claim_for(connection) };
        let claimed = Leftover { claim: Some(claim), ..leftover.clone() };
        self.leave(kept, Some(claimed), connection).await
    }
}
