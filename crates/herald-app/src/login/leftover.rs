//! What an ended login left at a polled provider: watched to the provider's own end, consumed if it is confirmed after all,
//! and thrown away.

use herald_core::{
    error::{ErrorKind, Retry},
    login::{Ending, FailureCode, Leftover, Login, Phase, RedeemClaim},
    provider::{Look, Observed},
};

use super::{LoginError, drive::Driver, redeem::redeem_in_time};
use crate::{hub::Kept, tenant::Connection};

impl Driver<'_> {
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
                Self::ending_of(&kept.value, rejection);
                None
            }
            Observed::Ready { memo } => {
                let claim = Some(self.claim_for(&connection));
                Some(Leftover { memo, until: leftover.until, claim, not_before: None })
            }
        };
        let is_claimed = next.as_ref().is_some_and(|leftover| leftover.claim.is_some());
        let moved = Login::clone(&kept.value).set_leftover(next).ok();
        let kept = self.save_or_reload(kept, moved).await?;
        if is_claimed { self.discard(kept, &connection).await } else { Ok(kept) }
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
                    Some(Leftover { claim: None, not_before: Some(self.after(wait)), ..leftover.clone() })
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

    /// A leftover whose taker died: its claim is taken over.
    pub(super) async fn discard_again(
        self,
        kept: Kept<Login>,
        connection: &Connection,
    ) -> Result<Kept<Login>, LoginError> {
        let Phase::Ended { leftover: Some(leftover), .. } = &kept.value.phase else { return Ok(kept) };
        let attempt = leftover.claim.as_ref().map_or(1, |claim| claim.attempt + 1);
        let claim = RedeemClaim { attempt, ..self.claim_for(connection) };
        let claimed = Leftover { claim: Some(claim), ..leftover.clone() };
        let moved = Login::clone(&kept.value).set_leftover(Some(claimed)).ok();
        let kept = self.save_or_reload(kept, moved).await?;
        self.discard(kept, connection).await
    }

    /// One look at the leftover.
    pub(super) async fn look_at_leftover(
        self,
        connection: &Connection,
        leftover: &Leftover,
    ) -> Result<Observed, LoginError> {
        Ok(connection.provider.observe(&leftover.memo, Look::Poll { is_last: false }).await?)
    }
}
