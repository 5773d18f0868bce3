//! Leases: who attends to what is due.

use std::{collections::BTreeSet, slice::from_ref, sync::Arc};

use herald_core::{login::LoginStatus, store::LoginRow};

use super::{
    StoreFixture,
    race::race,
    sample::{ALMOST_LEASE, LEASE, LIFE, SECOND, Sample, next},
};

/// Not before the lease is over or given back; then it is.
pub async fn a_leased_login_is_not_leased_again(mut fixture: impl StoreFixture) {
    let (store, sample) = (fixture.store(), Sample::of("acme", fixture.now()));
    let row = sample.due_login(1, sample.now);
    assert!(store.insert_login(&row, &[]).await.unwrap());
    assert_eq!(store.lease_logins("a", LEASE, 10).await.unwrap(), from_ref(&row));
    for holder in ["a", "b"] {
        assert_eq!(store.lease_logins(holder, LEASE, 10).await.unwrap(), []);
    }
    fixture.fast_forward(ALMOST_LEASE).await;
    assert_eq!(store.lease_logins("b", LEASE, 10).await.unwrap(), []);
    fixture.fast_forward(SECOND).await;
    assert_eq!(store.lease_logins("b", LEASE, 10).await.unwrap(), from_ref(&row));
    store.release_login("b", &row.tenant, row.id).await.unwrap();
    assert_eq!(store.lease_logins("c", LEASE, 10).await.unwrap(), [row]);
}

/// A lease leaves the row as it is, keeps nobody from writing, and lets nobody write who did not see the last version.
pub async fn a_lease_is_no_right_to_write(fixture: impl StoreFixture) {
    let (store, sample) = (fixture.store(), Sample::of("acme", fixture.now()));
    let row = sample.due_login(1, sample.now);
    assert!(store.insert_login(&row, &[]).await.unwrap());
    assert_eq!(store.lease_logins("a", LEASE, 10).await.unwrap(), from_ref(&row));
    assert_eq!(store.login(&row.tenant, row.id).await.unwrap(), Some(row.clone()));
    assert!(store.replace_login(&next(&row, "somebody else"), &[]).await.unwrap());
    assert!(!store.replace_login(&next(&row, "the holder"), &[]).await.unwrap());
}

/// However many ask at once, each due login goes to one of them, and none is left over.
pub async fn racing_holders_share_out_what_is_due(fixture: impl StoreFixture) {
    let (store, sample) = (fixture.store(), Sample::of("acme", fixture.now()));
    let number_of_rows = 120;
    for number in 0..number_of_rows {
        assert!(store.insert_login(&sample.due_login(number, sample.now), &[]).await.unwrap());
    }
    let leased = race(|holder| {
        let store = Arc::clone(&store);
        async move { store.lease_logins(&format!("holder {holder}"), LEASE, 3).await.unwrap() }
    })
    .await;
    assert!(leased.iter().all(|rows| rows.len() <= 3));
    let leased: Vec<u128> = leased.into_iter().flatten().map(|row| row.id.as_u128()).collect();
    let distinct: BTreeSet<u128> = leased.iter().copied().collect();
    assert_eq!(leased.len(), distinct.len());
    assert_eq!(distinct, (0..number_of_rows).collect());
}

/// As many as asked for, across tenants, and none before its time.
pub async fn the_earliest_is_leased_first(mut fixture: impl StoreFixture) {
    let store = fixture.store();
    let (ours, theirs) = (Sample::of("acme", fixture.now()), Sample::of("zenith", fixture.now()));
    let at = |seconds: u32| ours.now + SECOND * seconds;
    let rows = [theirs.due_login(9, at(1)), ours.due_login(1, at(2)), theirs.due_login(3, at(3))];
    for row in rows.iter().rev() {
        assert!(store.insert_login(row, &[]).await.unwrap());
    }
    assert!(store.insert_login(&ours.due_login(7, at(60)), &[]).await.unwrap());
    assert_eq!(store.lease_logins("a", LEASE, 10).await.unwrap(), []);
    assert_eq!(store.next_login_due().await.unwrap(), Some(at(1)));
    fixture.fast_forward(3 * SECOND).await;
    assert_eq!(store.lease_logins("a", LEASE, 0).await.unwrap(), []);
    assert_eq!(store.lease_logins("a", LEASE, 2).await.unwrap(), rows[..2]);
    assert_eq!(store.lease_logins("b", LEASE, 10).await.unwrap(), rows[2..]);
}

/// A login by name: also before its time, once, again by its holder, who thereby prolongs it.
pub async fn one_login_is_leased_due_or_not(mut fixture: impl StoreFixture) {
    let (store, sample) = (fixture.store(), Sample::of("acme", fixture.now()));
    let (later, never) = (sample.due_login(1, sample.now + SECOND), sample.login(2));
    for row in [&later, &never] {
        assert!(store.insert_login(row, &[]).await.unwrap());
        assert!(store.lease_login("a", &row.tenant, row.id, LEASE).await.unwrap());
        assert!(!store.lease_login("b", &row.tenant, row.id, LEASE).await.unwrap());
    }
    fixture.fast_forward(ALMOST_LEASE).await;
    assert_eq!(store.lease_logins("b", LEASE, 10).await.unwrap(), []);
    assert!(store.lease_login("a", &later.tenant, later.id, LEASE).await.unwrap());
    fixture.fast_forward(2 * SECOND).await;
    assert!(!store.lease_login("b", &later.tenant, later.id, LEASE).await.unwrap());
    assert!(store.lease_login("b", &never.tenant, never.id, LEASE).await.unwrap());
    fixture.fast_forward(LEASE).await;
    assert_eq!(store.lease_logins("b", LEASE, 10).await.unwrap(), [later]);
}

/// A release by somebody else, or of another tenant's login of that id, does nothing.
pub async fn only_the_holder_gives_back(fixture: impl StoreFixture) {
    let store = fixture.store();
    let (ours, theirs) = (Sample::of("acme", fixture.now()), Sample::of("zenith", fixture.now()));
    let row = ours.due_login(1, ours.now);
    assert!(store.insert_login(&row, &[]).await.unwrap());
    assert_eq!(store.lease_logins("a", LEASE, 10).await.unwrap(), from_ref(&row));
    store.release_login("b", &row.tenant, row.id).await.unwrap();
    store.release_login("a", &theirs.tenant, row.id).await.unwrap();
    assert_eq!(store.lease_logins("b", LEASE, 10).await.unwrap(), []);
    assert!(!store.lease_login("b", &row.tenant, row.id, LEASE).await.unwrap());
}

/// A login with nothing left to do is not leased, whether it is settled before the lease or under it.
pub async fn a_settled_login_is_not_leased(mut fixture: impl StoreFixture) {
    let (store, sample) = (fixture.store(), Sample::of("acme", fixture.now()));
    for number in [1, 2] {
        let row = sample.due_login(number, sample.now);
        assert!(store.insert_login(&row, &[]).await.unwrap());
        if number == 2 {
            assert!(store.lease_login("a", &row.tenant, row.id, LEASE).await.unwrap());
        }
        let settled = LoginRow { status: LoginStatus::Denied, attend_at: None, ..next(&row, "denied") };
        assert!(store.replace_login(&settled, &[]).await.unwrap());
        assert_eq!(store.next_login_due().await.unwrap(), None);
        store.release_login("a", &row.tenant, row.id).await.unwrap();
        assert_eq!(store.lease_logins("b", LEASE, 10).await.unwrap(), []);
    }
    fixture.fast_forward(LEASE).await;
    assert_eq!(store.lease_logins("b", LEASE, 10).await.unwrap(), []);
}

/// After the release, the time that was written under the lease counts.
pub async fn a_login_moved_while_leased_is_due_at_its_new_time(mut fixture: impl StoreFixture) {
    let (store, sample) = (fixture.store(), Sample::of("acme", fixture.now()));
    let row = sample.due_login(1, sample.now);
    assert!(store.insert_login(&row, &[]).await.unwrap());
    assert_eq!(store.lease_logins("a", LEASE, 10).await.unwrap(), from_ref(&row));
    let moved = LoginRow { attend_at: Some(sample.now + 2 * SECOND), ..next(&row, "moved") };
    assert!(store.replace_login(&moved, &[]).await.unwrap());
    store.release_login("a", &row.tenant, row.id).await.unwrap();
    assert_eq!(store.next_login_due().await.unwrap(), moved.attend_at);
    fixture.fast_forward(SECOND).await;
    assert_eq!(store.lease_logins("a", LEASE, 10).await.unwrap(), []);
    fixture.fast_forward(SECOND).await;
    assert_eq!(store.lease_logins("a", LEASE, 10).await.unwrap(), [moved]);
}

/// Nor does it bring anybody to look again once it was looked for.
pub async fn an_expired_login_is_not_leased(mut fixture: impl StoreFixture) {
    let (store, sample) = (fixture.store(), Sample::of("acme", fixture.now()));
    let row = sample.due_login(1, sample.now + SECOND);
    assert!(store.insert_login(&row, &[]).await.unwrap());
    fixture.fast_forward(LIFE).await;
    assert_eq!(store.lease_logins("a", LEASE, 10).await.unwrap(), []);
    assert!(!store.lease_login("a", &row.tenant, row.id, LEASE).await.unwrap());
    assert_eq!(store.next_login_due().await.unwrap(), None);
}

/// Nothing, the earliest that is free, or the end of the lease of what is due.
pub async fn the_next_look_is_at_the_earliest_free_or_when_a_lease_ends(mut fixture: impl StoreFixture) {
    let (store, sample) = (fixture.store(), Sample::of("acme", fixture.now()));
    assert_eq!(store.next_login_due().await.unwrap(), None);
    let due = sample.due_login(1, sample.now);
    let soon = sample.due_login(2, sample.now + SECOND);
    for row in [&due, &soon, &sample.login(3)] {
        assert!(store.insert_login(row, &[]).await.unwrap());
    }
    assert_eq!(store.next_login_due().await.unwrap(), due.attend_at);
    assert_eq!(store.lease_logins("a", LEASE, 10).await.unwrap(), [due]);
    assert_eq!(store.next_login_due().await.unwrap(), soon.attend_at);
    fixture.fast_forward(SECOND).await;
    assert_eq!(store.lease_logins("a", LEASE, 10).await.unwrap(), from_ref(&soon));
    assert_eq!(store.next_login_due().await.unwrap(), Some(sample.now + LEASE));
    store.release_login("a", &soon.tenant, soon.id).await.unwrap();
    assert_eq!(store.next_login_due().await.unwrap(), soon.attend_at);
}
