//! Deliveries: who makes them.

use std::{collections::BTreeSet, slice::from_ref, sync::Arc};

use herald_core::store::{OutboxRow, Page};

use super::{
    StoreFixture,
    outbox_list::of_endpoint,
    race::race,
    sample::{ALMOST_LEASE, LEASE, LIFE, SECOND, Sample},
};

/// Every member, set and not set.
pub async fn a_delivery_comes_back_as_it_was_stored(fixture: impl StoreFixture) {
    let (store, sample) = (fixture.store(), Sample::of("acme", fixture.now()));
    let full = OutboxRow { created_at: sample.now - SECOND, ..sample.due_delivery(u128::MAX, sample.now) };
    let bare = OutboxRow { endpoint: None, version: 7, ..sample.due_delivery(1, sample.now + SECOND) };
    let settled = sample.delivery(2);
    store.append_outbox(&[full.clone(), bare.clone(), settled.clone()]).await.unwrap();
    assert_eq!(store.lease_deliveries("a", LEASE, 10).await.unwrap(), from_ref(&full));
    let (filter, page) = (of_endpoint(1), Page { after: None, limit: 10 });
    assert_eq!(store.list_deliveries(&sample.tenant, filter, page).await.unwrap(), [settled, full]);
    let due = OutboxRow { version: 8, due_at: Some(sample.now), ..bare };
    assert!(store.replace_delivery(&due).await.unwrap());
    assert_eq!(store.lease_deliveries("a", LEASE, 10).await.unwrap(), [due]);
}

/// Not before the lease is over or given back by its holder; then it is, until it is made.
pub async fn a_leased_delivery_is_not_leased_again(mut fixture: impl StoreFixture) {
    let (store, sample) = (fixture.store(), Sample::of("acme", fixture.now()));
    let row = sample.due_delivery(1, sample.now);
    store.append_outbox(from_ref(&row)).await.unwrap();
    assert_eq!(store.lease_deliveries("a", LEASE, 10).await.unwrap(), from_ref(&row));
    for holder in ["a", "b"] {
        assert_eq!(store.lease_deliveries(holder, LEASE, 10).await.unwrap(), []);
    }
    fixture.fast_forward(ALMOST_LEASE).await;
    assert_eq!(store.lease_deliveries("b", LEASE, 10).await.unwrap(), []);
    assert_eq!(store.next_delivery_due().await.unwrap(), Some(sample.now + LEASE));
    fixture.fast_forward(SECOND).await;
    assert_eq!(store.lease_deliveries("b", LEASE, 10).await.unwrap(), from_ref(&row));
    store.release_delivery("a", &row.tenant, row.id).await.unwrap();
    assert_eq!(store.lease_deliveries("c", LEASE, 10).await.unwrap(), []);
    store.release_delivery("b", &row.tenant, row.id).await.unwrap();
    assert_eq!(store.lease_deliveries("c", LEASE, 10).await.unwrap(), from_ref(&row));

    let made = OutboxRow { version: 2, due_at: None, ..row };
    assert!(store.replace_delivery(&made).await.unwrap());
    store.release_delivery("c", &made.tenant, made.id).await.unwrap();
    assert_eq!(store.lease_deliveries("d", LEASE, 10).await.unwrap(), []);
    assert_eq!(store.next_delivery_due().await.unwrap(), None);
}

/// Put off while leased: after the release, the new time and what was written count.
pub async fn a_delivery_put_off_is_due_at_its_new_time(mut fixture: impl StoreFixture) {
    let (store, sample) = (fixture.store(), Sample::of("acme", fixture.now()));
    let (now, later) = (sample.due_delivery(1, sample.now), sample.due_delivery(2, sample.now + SECOND));
    store.append_outbox(&[later.clone(), now.clone(), sample.delivery(3)]).await.unwrap();
    assert_eq!(store.next_delivery_due().await.unwrap(), now.due_at);
    assert_eq!(store.lease_deliveries("a", LEASE, 10).await.unwrap(), from_ref(&now));
    let due_at = Some(sample.now + 2 * SECOND);
    let put_off = OutboxRow { version: 2, due_at, body: sample.body("put off"), ..now };
    assert!(store.replace_delivery(&put_off).await.unwrap());
    store.release_delivery("a", &put_off.tenant, put_off.id).await.unwrap();
    assert_eq!(store.lease_deliveries("a", LEASE, 10).await.unwrap(), []);
    assert_eq!(store.next_delivery_due().await.unwrap(), later.due_at);
    fixture.fast_forward(2 * SECOND).await;
    assert_eq!(store.lease_deliveries("a", LEASE, 0).await.unwrap(), []);
    assert_eq!(store.lease_deliveries("a", LEASE, 1).await.unwrap(), [later]);
    assert_eq!(store.lease_deliveries("b", LEASE, 10).await.unwrap(), [put_off]);
}

/// However many ask at once, each due delivery goes to one of them, and none is left over.
pub async fn racing_holders_share_out_the_deliveries(fixture: impl StoreFixture) {
    let (store, sample) = (fixture.store(), Sample::of("acme", fixture.now()));
    let deliveries: Vec<OutboxRow> = (0..120).map(|number| sample.due_delivery(number, sample.now)).collect();
    store.append_outbox(&deliveries).await.unwrap();
    let leased = race(|holder| {
        let store = Arc::clone(&store);
        async move { store.lease_deliveries(&format!("holder {holder}"), LEASE, 3).await.unwrap() }
    })
    .await;
    assert!(leased.iter().all(|rows| rows.len() <= 3));
    let leased: Vec<u128> = leased.into_iter().flatten().map(|row| row.id.as_u128()).collect();
    let distinct: BTreeSet<u128> = leased.iter().copied().collect();
    assert_eq!(leased.len(), distinct.len());
    assert_eq!(distinct, (0..120).collect());
}

/// As for logins: exactly one of those that saw the same version.
pub async fn of_racing_delivery_writers_one_wins(fixture: impl StoreFixture) {
    let (store, sample) = (fixture.store(), Sample::of("acme", fixture.now()));
    let row = sample.due_delivery(1, sample.now);
    assert!(!store.replace_delivery(&OutboxRow { version: 2, ..row.clone() }).await.unwrap());
    store.append_outbox(from_ref(&row)).await.unwrap();
    let wrote = race(|writer| {
        let body = sample.body(&format!("writer {writer}"));
        let (store, row) = (Arc::clone(&store), OutboxRow { version: 2, body, ..row.clone() });
        async move { store.replace_delivery(&row).await.unwrap().then_some(row) }
    })
    .await;
    let winners: Vec<OutboxRow> = wrote.into_iter().flatten().collect();
    assert_eq!(winners.len(), 1);
    assert_eq!(store.lease_deliveries("a", LEASE, 10).await.unwrap(), winners);
    for version in [0, 1, 2, 4] {
        assert!(!store.replace_delivery(&OutboxRow { version, ..row.clone() }).await.unwrap(), "{version}");
    }
}

/// Nor does it bring anybody to look again once it was looked for, and nobody changes it.
pub async fn an_expired_delivery_is_not_leased(mut fixture: impl StoreFixture) {
    let (store, sample) = (fixture.store(), Sample::of("acme", fixture.now()));
    let row = sample.due_delivery(1, sample.now + SECOND);
    store.append_outbox(from_ref(&row)).await.unwrap();
    fixture.fast_forward(LIFE).await;
    assert_eq!(store.lease_deliveries("a", LEASE, 10).await.unwrap(), []);
    assert_eq!(store.next_delivery_due().await.unwrap(), None);
    let late = OutboxRow { version: 2, purge_at: fixture.now() + LIFE, ..row };
    assert!(!store.replace_delivery(&late).await.unwrap());
}
