//! Keeps the leases of what is in hand.

use std::convert::Infallible;

use herald_core::{id::TenantId, store::StoreError};
use jiff::SignedDuration;

use super::{LEASE, Work, lease_end};

/// How often the leases are prolonged. Two times may fail before they end.
const EVERY: SignedDuration = SignedDuration::from_secs(10);
/// How soon it is tried again when the store fails.
const AFTER_FAILURE: SignedDuration = SignedDuration::from_secs(2);
/// How many leases are prolonged in one step.
const AT_ONCE: usize = 512;

/// Prolongs the leases of everything that is in hand, also of what waits for its turn, for as long as it is asked to. Whoever
/// lives does not lose what it has, however long a provider takes.
///
/// A lease that was lost all the same, because the store was away or lost it, or this process slept, is ours no longer as soon as
/// the store says so; and whoever had it has his next write refused.
pub(crate) async fn keep_leases<W: Work>(work: &W) -> Infallible {
    let clock = &work.context().clock;
    let mut next = clock.now() + EVERY;
    loop {
        clock.sleep_until(next).await;
        let mut wait = EVERY;
        for (tenant, ids) in work.in_hand().by_tenant() {
            // The others do not wait for a node of the store that is away: theirs may be another.
            if let Err(error) = prolong(work, &tenant, &ids).await {
                tracing::warn!(work = W::KIND, tenant.id = %tenant, %error, "leases could not be prolonged");
                wait = AFTER_FAILURE;
            }
        }
        next = clock.now() + wait;
    }
}

async fn prolong<W: Work>(work: &W, tenant: &TenantId, ids: &[W::Id]) -> Result<(), StoreError> {
    for ids in ids.chunks(AT_ONCE) {
        let asked_at = work.context().clock.now();
        let kept = work.prolong(tenant, ids, LEASE).await?;
        work.in_hand().prolonged(tenant, ids, &kept, lease_end(asked_at));
        // Where the store is in memory, nothing else would come to its turn in between.
        tokio::task::yield_now().await;
    }
    Ok(())
}
