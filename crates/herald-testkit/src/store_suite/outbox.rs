//! Events: who tells them.

use std::{collections::BTreeSet, slice::from_ref, sync::Arc};

use herald_core::store::{EventRow, Store};

use super::{
    StoreFixture,
    begin::begin,
    race::race,
    sample::{ALMOST_LEASE, LEASE, LIFE, SECOND, Sample, ended},
};

/// Writes events with the end of a session.
async fn write(store: &dyn Store, sample: &Sample, events: &[EventRow]) {
    let session = sample.session(1, 1);
    begin(store, sample, &session).await;
    assert!(store.replace_session(&ended(&session), events).await.unwrap());
}

/// Not before the lease is over or given back by its holder; then it is, until it is told.
pub async fn a_leased_event_is_not_leased_again(mut fixture: impl StoreFixture) {
    let (store, sample) = (fixture.store(), Sample::of("acme", fixture.now()));
    let row = sample.due_event(1, sample.now);
    write(store.as_ref(), &sample, from_ref(&row)).await;
    assert_eq!(store.lease_events("a", LEASE, 10).await.unwrap(), from_ref(&row));
    for holder in ["a", "b"] {
        assert_eq!(store.lease_events(holder, LEASE, 10).await.unwrap(), []);
    }
    fixture.fast_forward(ALMOST_LEASE).await;
    assert_eq!(store.lease_events("b", LEASE, 10).await.unwrap(), []);
    assert_eq!(store.next_event_due().await.unwrap(), Some(sample.now + LEASE));
    fixture.fast_forward(SECOND).await;
    assert_eq!(store.lease_events("b", LEASE, 10).await.unwrap(), from_ref(&row));
    store.release_event("a", &row.tenant, row.id).await.unwrap();
    assert_eq!(store.lease_events("c", LEASE, 10).await.unwrap(), []);
    store.release_event("b", &row.tenant, row.id).await.unwrap();
    assert_eq!(store.lease_events("c", LEASE, 10).await.unwrap(), from_ref(&row));

    let told = EventRow { version: 2, due_at: None, ..row };
    assert!(store.replace_event(&told).await.unwrap());
    store.release_event("c", &told.tenant, told.id).await.unwrap();
    assert_eq!(store.lease_events("d", LEASE, 10).await.unwrap(), []);
    assert_eq!(store.next_event_due().await.unwrap(), None);
}

/// Put off while leased: after the release, the new time and what was written count.
pub async fn an_event_put_off_is_due_at_its_new_time(mut fixture: impl StoreFixture) {
    let (store, sample) = (fixture.store(), Sample::of("acme", fixture.now()));
    let (now, later) = (sample.due_event(1, sample.now), sample.due_event(2, sample.now + SECOND));
    write(store.as_ref(), &sample, &[later.clone(), now.clone(), sample.event(3)]).await;
    assert_eq!(store.next_event_due().await.unwrap(), now.due_at);
    assert_eq!(store.lease_events("a", LEASE, 10).await.unwrap(), from_ref(&now));
    let due_at = Some(sample.now + 2 * SECOND);
    let put_off = EventRow { version: 2, due_at, body: sample.body("put off"), ..now };
    assert!(store.replace_event(&put_off).await.unwrap());
    store.release_event("a", &put_off.tenant, put_off.id).await.unwrap();
    assert_eq!(store.lease_events("a", LEASE, 10).await.unwrap(), []);
    assert_eq!(store.next_event_due().await.unwrap(), later.due_at);
    fixture.fast_forward(2 * SECOND).await;
    assert_eq!(store.lease_events("a", LEASE, 0).await.unwrap(), []);
    assert_eq!(store.lease_events("a", LEASE, 1).await.unwrap(), [later]);
    assert_eq!(store.lease_events("b", LEASE, 10).await.unwrap(), [put_off]);
}

/// However many ask at once, each due event goes to one of them, and none is left over.
pub async fn racing_holders_share_out_the_events(fixture: impl StoreFixture) {
    let (store, sample) = (fixture.store(), Sample::of("acme", fixture.now()));
    let events: Vec<EventRow> = (0..120).map(|number| sample.due_event(number, sample.now)).collect();
    write(store.as_ref(), &sample, &events).await;
    let leased = race(|holder| {
        let store = Arc::clone(&store);
        async move { store.lease_events(&format!("holder {holder}"), LEASE, 3).await.unwrap() }
    })
    .await;
    assert!(leased.iter().all(|rows| rows.len() <= 3));
    let leased: Vec<u128> = leased.into_iter().flatten().map(|row| row.id.as_u128()).collect();
    let distinct: BTreeSet<u128> = leased.iter().copied().collect();
    assert_eq!(leased.len(), distinct.len());
    assert_eq!(distinct, (0..120).collect());
}

/// As for logins: exactly one of those that saw the same version.
pub async fn of_racing_event_writers_one_wins(fixture: impl StoreFixture) {
    let (store, sample) = (fixture.store(), Sample::of("acme", fixture.now()));
    let row = sample.due_event(1, sample.now);
    assert!(!store.replace_event(&EventRow { version: 2, ..row.clone() }).await.unwrap());
    write(store.as_ref(), &sample, from_ref(&row)).await;
    let wrote = race(|writer| {
        let body = sample.body(&format!("writer {writer}"));
        let (store, row) = (Arc::clone(&store), EventRow { version: 2, body, ..row.clone() });
        async move { store.replace_event(&row).await.unwrap().then_some(row) }
    })
    .await;
    let winners: Vec<EventRow> = wrote.into_iter().flatten().collect();
    assert_eq!(winners.len(), 1);
    assert_eq!(store.lease_events("a", LEASE, 10).await.unwrap(), winners);
    for version in [0, 1, 2, 4] {
        assert!(!store.replace_event(&EventRow { version, ..row.clone() }).await.unwrap(), "{version}");
    }
}

/// Nor does it bring anybody to look again once it was looked for, and nobody changes it.
pub async fn an_expired_event_is_not_leased(mut fixture: impl StoreFixture) {
    let (store, sample) = (fixture.store(), Sample::of("acme", fixture.now()));
    let row = sample.due_event(1, sample.now + SECOND);
    write(store.as_ref(), &sample, from_ref(&row)).await;
    fixture.fast_forward(LIFE).await;
    assert_eq!(store.lease_events("a", LEASE, 10).await.unwrap(), []);
    assert_eq!(store.next_event_due().await.unwrap(), None);
    let late = EventRow { version: 2, purge_at: fixture.now() + LIFE, ..row };
    assert!(!store.replace_event(&late).await.unwrap());
}
