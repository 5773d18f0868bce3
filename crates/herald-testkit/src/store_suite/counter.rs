//! Counters of what is limited.

use std::{num::NonZeroU32, sync::Arc, time::Duration};

use herald_core::{
    seal::BlindIndex,
    store::{Quota, Store, Taken},
};

use super::{
    StoreFixture,
    race::{RACERS, race},
    sample::{SECOND, Sample},
};

/// So many at once, one given back in two seconds.
const QUOTA: Quota = quota(3, 6);

const fn quota(limit: u32, seconds: u64) -> Quota {
    Quota { limit: NonZeroU32::new(limit).unwrap(), period: Duration::from_secs(seconds) }
}

/// Allowed, remaining, until it is whole, until there is one; in milliseconds.
fn standing(taken: &Taken) -> (bool, u32, u128, u128) {
    (taken.is_allowed, taken.remaining, taken.reset_after.as_millis(), taken.retry_after.as_millis())
}

async fn take(
    store: &dyn Store,
    sample: &Sample,
    asked: &[(BlindIndex, Quota)],
) -> Vec<(bool, u32, u128, u128)> {
    store.take(&sample.tenant, asked).await.unwrap().iter().map(standing).collect()
}

/// Of many who take at once exactly as many as the limit are allowed, and each of them is told another remainder.
pub async fn a_quota_is_taken_up_to_its_limit(fixture: impl StoreFixture) {
    let (store, sample) = (fixture.store(), Sample::of("acme", fixture.now()));
    let limit = u32::try_from(RACERS / 2).unwrap();
    let counter = sample.hash("counter", 1);
    let taken = race(|_| {
        let (store, tenant) = (Arc::clone(&store), sample.tenant.clone());
        async move { store.take(&tenant, &[(counter, quota(limit, 3_600))]).await.unwrap() }
    })
    .await;
    let taken: Vec<Taken> = taken.into_iter().flatten().collect();
    assert_eq!(taken.len(), RACERS);
    let mut remaining: Vec<u32> =
        taken.iter().filter(|taken| taken.is_allowed).map(|taken| taken.remaining).collect();
    remaining.sort_unstable();
    assert_eq!(remaining, (0..limit).collect::<Vec<_>>());
    for refused in taken.iter().filter(|taken| !taken.is_allowed) {
        assert_eq!(refused.remaining, 0);
        assert_eq!(refused.retry_after, quota(limit, 3_600).interval());
    }
    // Another counter of the tenant is whole.
    let other = take(store.as_ref(), &sample, &[(sample.hash("counter", 2), QUOTA)]).await;
    assert_eq!(other, [(true, 2, 2_000, 0)]);
}

/// One in each interval, also while nobody takes; never more than the limit.
pub async fn a_quota_is_given_back_evenly(mut fixture: impl StoreFixture) {
    let (store, sample) = (fixture.store(), Sample::of("acme", fixture.now()));
    let asked = [(sample.hash("counter", 1), QUOTA)];
    let take = async || take(store.as_ref(), &sample, &asked).await.remove(0);
    assert_eq!(take().await, (true, 2, 2_000, 0));
    assert_eq!(take().await, (true, 1, 4_000, 0));
    assert_eq!(take().await, (true, 0, 6_000, 0));
    assert_eq!(take().await, (false, 0, 6_000, 2_000));
    fixture.fast_forward(SECOND).await;
    assert_eq!(take().await, (false, 0, 5_000, 1_000));
    fixture.fast_forward(SECOND).await;
    assert_eq!(take().await, (true, 0, 6_000, 0));
    assert_eq!(take().await, (false, 0, 6_000, 2_000));
    fixture.fast_forward(5 * SECOND).await;
    assert_eq!(take().await, (true, 1, 3_000, 0));
    fixture.fast_forward(60 * SECOND).await;
    assert_eq!(take().await, (true, 2, 2_000, 0));
}

/// Where one of several is used up nothing is taken of the others, and each says how it stands.
pub async fn one_is_taken_of_all_or_of_none(mut fixture: impl StoreFixture) {
    let (store, sample) = (fixture.store(), Sample::of("acme", fixture.now()));
    let (wide, narrow) =
        ((sample.hash("counter", 1), quota(10, 10)), (sample.hash("counter", 2), quota(1, 60)));
    assert_eq!(take(store.as_ref(), &sample, &[]).await, []);
    let both = async || take(store.as_ref(), &sample, &[wide, narrow]).await;
    assert_eq!(both().await, [(true, 9, 1_000, 0), (true, 0, 60_000, 0)]);
    for _ in 0..3 {
        assert_eq!(both().await, [(true, 9, 1_000, 0), (false, 0, 60_000, 60_000)]);
    }
    assert_eq!(take(store.as_ref(), &sample, &[wide]).await, [(true, 8, 2_000, 0)]);
    fixture.fast_forward(60 * SECOND).await;
    assert_eq!(take(store.as_ref(), &sample, &[narrow]).await, [(true, 0, 60_000, 0)]);
    // The order in which they are asked for does not count, nor does a counter that was never used.
    let other = (sample.hash("counter", 3), QUOTA);
    let three = take(store.as_ref(), &sample, &[narrow, other, wide]).await;
    assert_eq!(three, [(false, 0, 60_000, 60_000), (true, 3, 0, 0), (true, 10, 0, 0)]);
}

/// The same hash under two tenants is two counters.
pub async fn counters_of_tenants_do_not_meet(fixture: impl StoreFixture) {
    let store = fixture.store();
    let (ours, theirs) = (Sample::of("acme", fixture.now()), Sample::of("acme-2", fixture.now()));
    let asked = [(ours.hash("counter", 1), quota(1, 60))];
    for sample in [&ours, &theirs] {
        assert_eq!(take(store.as_ref(), sample, &asked).await, [(true, 0, 60_000, 0)]);
    }
    for sample in [&ours, &theirs] {
        assert_eq!(take(store.as_ref(), sample, &asked).await, [(false, 0, 60_000, 60_000)]);
    }
}
