//! Keeps the leases of what is in hand.

use std::convert::Infallible;

use futures_util::{StreamExt as _, stream};
use herald_core::{id::TenantId, store::StoreError};
use jiff::SignedDuration;

use super::{LEASE, Work, lease_end};

/// How often the leases are prolonged. Two times may fail before they end.
const EVERY: SignedDuration = SignedDuration::from_secs(10);
/// How soon it is tried again when the store fails.
const AFTER_FAILURE: SignedDuration = SignedDuration::from_secs(2);
/// The leases of how many tenants are prolonged at a time.
const TENANTS_AT_ONCE: usize = 64;
/// How many leases are prolonged in one step.
const AT_ONCE: usize = 512;

/// Prolongs the leases of everything that is in hand, also of what waits for its turn, for as long as it is asked to. Whoever
/// lives does not lose what it has, however long a provider takes.
///
/// A lease that was lost all the same, because the store was away or lost it, or this process slept, is ours no longer as soon as
/// the store says so; and where another replica has changed the row since, the next write of whoever had it is refused.
pub(crate) async fn keep_leases<W: Work>(work: &W) -> Infallible {
    let clock = &work.context().clock;
    let mut next = clock.now() + EVERY;
    loop {
        clock.sleep_until(next).await;
        // At once, so that nobody waits for a node of the store that is away: theirs may be another.
        let tenants: Vec<_> = work
            .in_hand()
            .by_tenant()
            .into_iter()
            .map(|(tenant, ids)| prolong_all(work, tenant, ids))
            .collect();
        let prolonged: Vec<bool> = stream::iter(tenants).buffer_unordered(TENANTS_AT_ONCE).collect().await;
        next = clock.now() + if prolonged.contains(&false) { AFTER_FAILURE } else { EVERY };
    }
}

/// Prolongs the leases of one tenant; false when the store fails.
async fn prolong_all<W: Work>(work: &W, tenant: TenantId, ids: Vec<W::Id>) -> bool {
    let prolonged = prolong(work, &tenant, &ids).await;
    if let Err(error) = &prolonged {
        tracing::warn!(work = W::KIND, tenant.id = %tenant, %error, "leases could not be prolonged");
    }
    prolonged.is_ok()
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
