//! What an ended login left at a polled provider: watched to the provider's own end, consumed if it is confirmed after all,
//! and thrown away.

use herald_core::{
    error::Retry,
    login::{Leftover, Login, Phase},
    provider::{Look, Observed},
};

use super::{
    LoginError,
    drive::{Driver, redeem_in_time},
};
use crate::{hub::Kept, tenant::Connection};

impl Driver<'_> {
    /// Takes in what a look at the leftover found.
    pub(super) async fn settle_leftover(
        self,
        kept: Kept<Login>,
        connection: &Connection,
        observed: Observed,
    ) -> Result<Kept<Login>, LoginError> {
        let Phase::Ended { leftover: Some(leftover), .. } = &kept.value.phase else { return Ok(kept) };
        let next = match observed {
            Observed::Pending { memo, .. } if memo == leftover.memo => return Ok(kept),
            Observed::Pending { memo, .. } => Some(Leftover { memo, ..leftover.clone() }),
            Observed::Rejected(_) => None,
            Observed::Ready { memo } => {
                Some(Leftover { memo, until: leftover.until, claim: Some(self.claim_for(connection)) })
            }
        };
        let is_claimed = next.as_ref().is_some_and(|leftover| leftover.claim.is_some());
        let moved = Login::clone(&kept.value).set_leftover(next).ok();
        let kept = self.save_or_reload(kept, moved).await?;
        if is_claimed { self.discard(kept, connection).await } else { Ok(kept) }
    }

    /// Consumes the answer that nobody may have. The claim is stored first, as for any one-shot call.
    pub(super) async fn discard(
        self,
        kept: Kept<Login>,
        connection: &Connection,
    ) -> Result<Kept<Login>, LoginError> {
        let Phase::Ended { leftover: Some(leftover), .. } = &kept.value.phase else { return Ok(kept) };
        if leftover.claim.as_ref().is_none_or(|claim| claim.owner != self.logins.context.replica) {
            return Ok(kept);
        }
        let next = match redeem_in_time(connection, &leftover.memo).await.map_err(|error| error.retry()) {
            // Surely no effect: it is watched on.
            Err(Retry::After(_)) => Some(Leftover { claim: None, ..leftover.clone() }),
            Ok(_) | Err(Retry::Never | Retry::OutcomeUnknown) => None,
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
        let claimed = Leftover { claim: Some(self.claim_for(connection)), ..leftover.clone() };
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
