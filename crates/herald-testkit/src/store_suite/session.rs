//! Sessions, and what is told of them.

use std::{slice::from_ref, sync::Arc};

use herald_core::{session::SessionStatus, store::SessionRow};

use super::{
    StoreFixture,
    begin::begin,
    race::race,
    sample::{ACTIVE, LEASE, SECOND, Sample, next_session},
};

/// Every member; also one that was ended, and one that nobody ended whose time is over.
pub async fn a_session_comes_back_as_it_was_stored(mut fixture: impl StoreFixture) {
    let (store, sample) = (fixture.store(), Sample::of("acme", fixture.now()));
    let active = SessionRow {
        connection: Sample::connection(&"c".repeat(40)),
        created_at: sample.now - SECOND,
        ..sample.session(u128::MAX, u128::MAX - 1)
    };
    let over = SessionRow { status: SessionStatus::Ended, ..sample.session(1, 7) };
    for row in [&active, &over] {
        begin(store.as_ref(), &sample, row).await;
        assert_eq!(store.session(&sample.tenant, row.id).await.unwrap().as_ref(), Some(row));
    }
    assert_eq!(store.session(&sample.tenant, sample.session(2, 7).id).await.unwrap(), None);
    fixture.fast_forward(ACTIVE).await;
    assert_eq!(store.session(&sample.tenant, active.id).await.unwrap(), Some(active));
}

/// Of many writers that saw the same version exactly one gets true, and its row and what it tells are what stays.
pub async fn of_racing_session_writers_one_wins(fixture: impl StoreFixture) {
    let (store, sample) = (fixture.store(), Sample::of("acme", fixture.now()));
    let mut row = sample.session(1, 1);
    begin(store.as_ref(), &sample, &row).await;
    for round in 0..5_u128 {
        let wrote = race(|writer| {
            let (store, row) = (Arc::clone(&store), next_session(&row, &format!("writer {writer}")));
            let number = round << 64 | (writer as u128) << 1;
            let told = [sample.due_delivery(number, sample.now), sample.due_delivery(number + 1, sample.now)];
            async move { store.replace_session(&row, &told).await.unwrap().then_some((row, told)) }
        })
        .await;
        let mut winners = wrote.into_iter().flatten();
        let (winner, deliveries) = winners.next().expect("one wins");
        assert!(winners.next().is_none());
        assert_eq!(store.session(&sample.tenant, row.id).await.unwrap().as_ref(), Some(&winner));
        let mut told = store.lease_deliveries(&sample.tenant, "a", LEASE, 200).await.unwrap();
        told.sort_by_key(|row| row.id);
        assert_eq!(told, deliveries);
        row = winner;
    }
}

/// Neither an old nor a future version, nor a session that is not there; and such a write tells nothing.
pub async fn a_session_write_needs_the_version_before(fixture: impl StoreFixture) {
    let (store, sample) = (fixture.store(), Sample::of("acme", fixture.now()));
    let (first, told) = (sample.session(1, 1), sample.due_delivery(1, sample.now));
    assert!(!store.replace_session(&next_session(&first, "absent"), from_ref(&told)).await.unwrap());
    begin(store.as_ref(), &sample, &first).await;
    let second = next_session(&first, "second");
    assert!(store.replace_session(&second, &[]).await.unwrap());
    for version in [0, 1, 2, 4, u64::MAX] {
        let stale = SessionRow { version, ..first.clone() };
        assert!(!store.replace_session(&stale, from_ref(&told)).await.unwrap(), "{version}");
    }
    assert_eq!(store.session(&sample.tenant, first.id).await.unwrap(), Some(second));
    assert_eq!(store.lease_deliveries(&sample.tenant, "a", LEASE, 10).await.unwrap(), []);
}
