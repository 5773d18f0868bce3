//! Webhook endpoints.

use std::{slice::from_ref, sync::Arc};

use herald_core::store::{EndpointRow, Page, StoreError};

use super::{
    StoreFixture,
    outbox_list::of_endpoint,
    race::race,
    sample::{LEASE, LIFE, Sample},
};

const MOST: usize = 20;

/// Every member, the newest first, however long ago it was inserted; and an id is inserted once.
pub async fn an_endpoint_comes_back_as_it_was_stored(mut fixture: impl StoreFixture) {
    let (store, sample) = (fixture.store(), Sample::of("acme", fixture.now()));
    assert_eq!(store.endpoints(&sample.tenant).await.unwrap(), []);
    for number in [7, 1, u128::MAX] {
        assert!(store.insert_endpoint(&sample.endpoint(number), MOST).await.unwrap());
    }
    fixture.fast_forward(2 * LIFE).await;
    let rows = [u128::MAX, 7, 1].map(|number| sample.endpoint(number));
    assert_eq!(store.endpoints(&sample.tenant).await.unwrap(), rows);
    let again = EndpointRow { body: sample.body("again"), ..sample.endpoint(7) };
    let failed = store.insert_endpoint(&again, MOST).await;
    assert!(matches!(failed, Err(StoreError::Corrupt(_))), "{failed:?}");
    assert_eq!(store.endpoints(&sample.tenant).await.unwrap(), rows);
}

/// Of many that are inserted at once no more than that are there, and another tenant's do not count.
pub async fn endpoints_are_bounded(fixture: impl StoreFixture) {
    let (store, sample) = (fixture.store(), Sample::of("acme", fixture.now()));
    let other = Sample::of("acme-2", sample.now);
    assert!(store.insert_endpoint(&other.endpoint(1), 1).await.unwrap());
    let inserted = race(|number| {
        let (store, row) = (Arc::clone(&store), sample.endpoint(number as u128));
        async move { store.insert_endpoint(&row, 7).await.unwrap().then_some(row) }
    })
    .await;
    let mut inserted: Vec<EndpointRow> = inserted.into_iter().flatten().rev().collect();
    inserted.sort_by_key(|row| std::cmp::Reverse(row.id));
    assert_eq!(inserted.len(), 7);
    assert_eq!(store.endpoints(&sample.tenant).await.unwrap(), inserted);
    assert!(!store.insert_endpoint(&sample.endpoint(99), 7).await.unwrap());
    assert!(store.remove_endpoint(&sample.tenant, inserted[0].id).await.unwrap());
    assert!(store.insert_endpoint(&sample.endpoint(99), 7).await.unwrap());
}

/// Of many that saw the same version exactly one gets true, and its row and what it tells are what stays.
pub async fn of_racing_endpoint_writers_one_wins(fixture: impl StoreFixture) {
    let (store, sample) = (fixture.store(), Sample::of("acme", fixture.now()));
    let row = sample.endpoint(1);
    let second = EndpointRow { version: 2, ..row.clone() };
    assert!(!store.replace_endpoint(&second, &[sample.due_delivery(999, sample.now)]).await.unwrap());
    assert!(store.insert_endpoint(&row, MOST).await.unwrap());
    let wrote = race(|writer| {
        let body = sample.body(&format!("writer {writer}"));
        let (store, row) = (Arc::clone(&store), EndpointRow { body, ..second.clone() });
        let told = sample.due_delivery(writer as u128, sample.now);
        async move {
            let won = store.replace_endpoint(&row, from_ref(&told)).await.unwrap();
            won.then_some((row, told))
        }
    })
    .await;
    let (winners, told): (Vec<_>, Vec<_>) = wrote.into_iter().flatten().unzip();
    assert_eq!(winners.len(), 1);
    assert_eq!(store.endpoints(&sample.tenant).await.unwrap(), winners);
    for version in [0, 1, 2, 4, u64::MAX] {
        let stale = EndpointRow { version, ..row.clone() };
        let told = [sample.due_delivery(999, sample.now)];
        assert!(!store.replace_endpoint(&stale, &told).await.unwrap(), "{version}");
    }
    assert_eq!(store.lease_deliveries(&sample.tenant, "a", LEASE, 99).await.unwrap(), told);
}

/// It is neither listed nor changed any more; what was to be delivered to it is still there.
pub async fn a_removed_endpoint_is_gone_and_its_deliveries_stay(fixture: impl StoreFixture) {
    let (store, sample) = (fixture.store(), Sample::of("acme", fixture.now()));
    let (row, delivery) = (sample.endpoint(1), sample.due_delivery(1, sample.now));
    assert!(store.insert_endpoint(&row, MOST).await.unwrap());
    store.append_outbox(from_ref(&delivery)).await.unwrap();
    assert!(store.remove_endpoint(&sample.tenant, row.id).await.unwrap());
    assert!(!store.remove_endpoint(&sample.tenant, row.id).await.unwrap());
    assert_eq!(store.endpoints(&sample.tenant).await.unwrap(), []);
    assert!(!store.replace_endpoint(&EndpointRow { version: 2, ..row }, &[]).await.unwrap());
    let page = Page { after: None, limit: 9 };
    let listed = store.list_deliveries(&sample.tenant, of_endpoint(1), page).await.unwrap();
    assert_eq!(listed, from_ref(&delivery));
    assert_eq!(store.lease_deliveries(&sample.tenant, "a", LEASE, 9).await.unwrap(), [delivery]);
}
