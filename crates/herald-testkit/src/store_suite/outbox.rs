//! Deliveries: who makes them.

use std::{collections::BTreeSet, slice::from_ref, sync::Arc};

use herald_core::store::{Backlog, OutboxRow, Page, Store};
use jiff::Timestamp;

use super::{
    StoreFixture,
    outbox_list::of_endpoint,
    race::race,
    sample::{ALMOST_LEASE, LEASE, LIFE, SECOND, Sample},
};

/// When the next delivery can be leased, of whatever tenant.
pub(super) async fn next_due(store: &dyn Store) -> Option<Timestamp> {
    store.outbox_backlog().await.unwrap().into_iter().map(|of| of.next_at).min()
}

/// Every member, set and not set.
pub async fn a_delivery_comes_back_as_it_was_stored(fixture: impl StoreFixture) {
    let (store, sample) = (fixture.store(), Sample::of("acme", fixture.now()));
    let full = OutboxRow { created_at: sample.now - SECOND, ..sample.due_delivery(u128::MAX, sample.now) };
    let bare = OutboxRow { endpoint: None, version: 7, ..sample.due_delivery(1, sample.now + SECOND) };
    let settled = sample.delivery(2);
    store.append_outbox(&[full.clone(), bare.clone(), settled.clone()]).await.unwrap();
    assert_eq!(store.lease_deliveries(&sample.tenant, "a", LEASE, 10).await.unwrap(), from_ref(&full));
    let (filter, page) = (of_endpoint(1), Page { after: None, limit: 10 });
    assert_eq!(store.list_deliveries(&sample.tenant, filter, page).await.unwrap(), [settled, full]);
    let due = OutboxRow { version: 8, due_at: Some(sample.now), ..bare };
    assert!(store.replace_delivery(&due).await.unwrap());
    assert_eq!(store.lease_deliveries(&sample.tenant, "a", LEASE, 10).await.unwrap(), [due]);
}

/// Not before the lease is over or given back by its holder; then it is, until it is made.
pub async fn a_leased_delivery_is_not_leased_again(mut fixture: impl StoreFixture) {
    let (store, sample) = (fixture.store(), Sample::of("acme", fixture.now()));
    let row = sample.due_delivery(1, sample.now);
    store.append_outbox(from_ref(&row)).await.unwrap();
    assert_eq!(store.lease_deliveries(&sample.tenant, "a", LEASE, 10).await.unwrap(), from_ref(&row));
    for holder in ["a", "b"] {
        assert_eq!(store.lease_deliveries(&sample.tenant, holder, LEASE, 10).await.unwrap(), []);
    }
    fixture.fast_forward(ALMOST_LEASE).await;
    assert_eq!(store.lease_deliveries(&sample.tenant, "b", LEASE, 10).await.unwrap(), []);
    assert_eq!(next_due(store.as_ref()).await, Some(sample.now + LEASE));
    fixture.fast_forward(SECOND).await;
    assert_eq!(store.lease_deliveries(&sample.tenant, "b", LEASE, 10).await.unwrap(), from_ref(&row));
    store.release_delivery("a", &row.tenant, row.id, None).await.unwrap();
    assert_eq!(store.lease_deliveries(&sample.tenant, "c", LEASE, 10).await.unwrap(), []);
    store.release_delivery("b", &row.tenant, row.id, None).await.unwrap();
    assert_eq!(store.lease_deliveries(&sample.tenant, "c", LEASE, 10).await.unwrap(), from_ref(&row));

    let made = OutboxRow { version: 2, due_at: None, ..row };
    assert!(store.replace_delivery(&made).await.unwrap());
    store.release_delivery("c", &made.tenant, made.id, None).await.unwrap();
    assert_eq!(store.lease_deliveries(&sample.tenant, "d", LEASE, 10).await.unwrap(), []);
    assert_eq!(next_due(store.as_ref()).await, None);
}

/// Put off while leased: after the release, the new time and what was written count.
pub async fn a_delivery_put_off_is_due_at_its_new_time(mut fixture: impl StoreFixture) {
    let (store, sample) = (fixture.store(), Sample::of("acme", fixture.now()));
    let (now, later) = (sample.due_delivery(1, sample.now), sample.due_delivery(2, sample.now + SECOND));
    store.append_outbox(&[later.clone(), now.clone(), sample.delivery(3)]).await.unwrap();
    assert_eq!(next_due(store.as_ref()).await, now.due_at);
    assert_eq!(store.lease_deliveries(&sample.tenant, "a", LEASE, 10).await.unwrap(), from_ref(&now));
    let due_at = Some(sample.now + 2 * SECOND);
    let put_off = OutboxRow { version: 2, due_at, body: sample.body("put off"), ..now };
    assert!(store.replace_delivery(&put_off).await.unwrap());
    store.release_delivery("a", &put_off.tenant, put_off.id, None).await.unwrap();
    assert_eq!(store.lease_deliveries(&sample.tenant, "a", LEASE, 10).await.unwrap(), []);
    assert_eq!(next_due(store.as_ref()).await, later.due_at);
    fixture.fast_forward(2 * SECOND).await;
    assert_eq!(store.lease_deliveries(&sample.tenant, "a", LEASE, 0).await.unwrap(), []);
    assert_eq!(store.lease_deliveries(&sample.tenant, "a", LEASE, 1).await.unwrap(), [later]);
    assert_eq!(store.lease_deliveries(&sample.tenant, "b", LEASE, 10).await.unwrap(), [put_off]);
}

/// However many ask at once, each due delivery goes to one of them, and none is left over.
pub async fn racing_holders_share_out_the_deliveries(fixture: impl StoreFixture) {
    let (store, sample) = (fixture.store(), Sample::of("acme", fixture.now()));
    let tenant = &sample.tenant;
    let deliveries: Vec<OutboxRow> = (0..120).map(|number| sample.due_delivery(number, sample.now)).collect();
    store.append_outbox(&deliveries).await.unwrap();
    let leased = race(|holder| {
        let (store, tenant) = (Arc::clone(&store), tenant.clone());
        async move { store.lease_deliveries(&tenant, &format!("holder {holder}"), LEASE, 3).await.unwrap() }
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
    assert_eq!(store.lease_deliveries(&sample.tenant, "a", LEASE, 10).await.unwrap(), winners);
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
    assert_eq!(store.lease_deliveries(&sample.tenant, "a", LEASE, 10).await.unwrap(), []);
    assert_eq!(next_due(store.as_ref()).await, None);
    let late = OutboxRow { version: 2, purge_at: fixture.now() + LIFE, ..row };
    assert!(!store.replace_delivery(&late).await.unwrap());
}

/// However much another tenant has waiting, and the earliest of its own first.
pub async fn a_tenant_leases_its_own_deliveries(fixture: impl StoreFixture) {
    let store = fixture.store();
    let (ours, theirs) = (Sample::of("acme", fixture.now()), Sample::of("zenith", fixture.now()));
    let many: Vec<OutboxRow> =
        (0..40).map(|number| theirs.due_delivery(number, theirs.now - LEASE)).collect();
    store.append_outbox(&many).await.unwrap();
    let rows = [2, 1, 0].map(|age| ours.due_delivery(age, ours.now - SECOND * u32::try_from(age).unwrap()));
    store.append_outbox(&rows).await.unwrap();
    store.append_outbox(&[ours.due_delivery(9, ours.now + SECOND)]).await.unwrap();
    assert_eq!(store.lease_deliveries(&ours.tenant, "a", LEASE, 2).await.unwrap(), rows[..2]);
    assert_eq!(store.lease_deliveries(&ours.tenant, "a", LEASE, 99).await.unwrap(), rows[2..]);
    let nobody = Sample::of("nobody", ours.now).tenant;
    assert_eq!(store.lease_deliveries(&nobody, "a", LEASE, 99).await.unwrap(), []);
    let their_own = store.lease_deliveries(&theirs.tenant, "a", LEASE, 99).await.unwrap();
    assert_eq!(their_own.len(), 40);
    assert!(their_own.iter().all(|row| row.tenant == theirs.tenant));
}

/// Then it is leased, as it was: nothing was written. A change ends its rest, also one that leaves it due as before; who does
/// not hold it puts nothing off.
pub async fn a_delivery_put_off_rests_until_its_time(mut fixture: impl StoreFixture) {
    let (store, sample) = (fixture.store(), Sample::of("acme", fixture.now()));
    let (tenant, row) = (&sample.tenant, sample.due_delivery(1, sample.now));
    store.append_outbox(from_ref(&row)).await.unwrap();
    let lease = |holder| store.lease_deliveries(tenant, holder, LEASE, 10);
    assert_eq!(lease("a").await.unwrap(), from_ref(&row));
    store.release_delivery("a", tenant, row.id, Some(sample.now + LEASE)).await.unwrap();
    fixture.fast_forward(ALMOST_LEASE).await;
    assert_eq!(lease("a").await.unwrap(), []);
    store.release_delivery("a", tenant, row.id, None).await.unwrap();
    assert_eq!(lease("b").await.unwrap(), []);
    fixture.fast_forward(SECOND).await;
    assert_eq!(lease("b").await.unwrap(), from_ref(&row));
    store.release_delivery("b", tenant, row.id, Some(sample.now)).await.unwrap();
    assert_eq!(lease("c").await.unwrap(), from_ref(&row));
    store.release_delivery("c", tenant, row.id, Some(sample.now + 3 * LEASE)).await.unwrap();
    let changed = OutboxRow { version: 2, ..row };
    assert!(store.replace_delivery(&changed).await.unwrap());
    assert_eq!(lease("d").await.unwrap(), [changed]);
}

/// Only that of its holder, while he has it.
pub async fn a_prolonged_lease_on_a_delivery_lasts_longer(mut fixture: impl StoreFixture) {
    let (store, sample) = (fixture.store(), Sample::of("acme", fixture.now()));
    let (tenant, row) = (&sample.tenant, sample.due_delivery(1, sample.now));
    store.append_outbox(from_ref(&row)).await.unwrap();
    let lease = |holder| store.lease_deliveries(tenant, holder, LEASE, 10);
    assert_eq!(lease("a").await.unwrap(), from_ref(&row));
    fixture.fast_forward(ALMOST_LEASE).await;
    assert_eq!(store.prolong_deliveries(tenant, "a", &[row.id], LEASE).await.unwrap(), [row.id]);
    assert_eq!(store.prolong_deliveries(tenant, "b", &[row.id], 9 * LEASE).await.unwrap(), []);
    fixture.fast_forward(ALMOST_LEASE).await;
    assert_eq!(lease("b").await.unwrap(), []);
    fixture.fast_forward(SECOND).await;
    assert_eq!(store.prolong_deliveries(tenant, "a", &[row.id], LEASE).await.unwrap(), []);
    assert_eq!(lease("b").await.unwrap(), [row]);
}

/// What is due now, later, held, or put off; of each tenant; with its earliest time, and when there is something to lease.
pub async fn the_outbox_backlog_counts_what_waits(fixture: impl StoreFixture) {
    let store = fixture.store();
    let (ours, theirs) = (Sample::of("acme", fixture.now()), Sample::of("zenith", fixture.now()));
    let now = ours.now;
    assert_eq!(store.outbox_backlog().await.unwrap(), []);
    let rows = [(1, now - 2 * SECOND), (2, now - SECOND), (3, now + 9 * SECOND)]
        .map(|(number, due_at)| ours.due_delivery(number, due_at));
    store.append_outbox(&rows).await.unwrap();
    store.append_outbox(&[ours.delivery(9)]).await.unwrap();
    store.append_outbox(&[theirs.due_delivery(1, now + LIFE)]).await.unwrap();
    let backlog = async || {
        let mut backlog = store.outbox_backlog().await.unwrap();
        backlog.sort_by(|one, other| one.tenant.cmp(&other.tenant));
        let of = |of: &Backlog| (of.waiting, of.oldest_due_at, of.next_at);
        assert_eq!(backlog.iter().map(|of| of.tenant.as_str()).collect::<Vec<_>>(), ["acme", "zenith"]);
        assert_eq!(of(&backlog[1]), (1, now + LIFE, now + LIFE));
        of(&backlog[0])
    };
    assert_eq!(backlog().await, (3, now - 2 * SECOND, now - 2 * SECOND));
    assert_eq!(store.lease_deliveries(&ours.tenant, "a", LEASE, 2).await.unwrap(), rows[..2]);
    assert_eq!(backlog().await, (3, now - 2 * SECOND, now + 9 * SECOND));
    store.release_delivery("a", &ours.tenant, rows[0].id, Some(now + SECOND)).await.unwrap();
    assert_eq!(backlog().await, (3, now - 2 * SECOND, now + SECOND));
    let made = OutboxRow { version: 2, due_at: None, ..rows[0].clone() };
    assert!(store.replace_delivery(&made).await.unwrap());
    assert_eq!(backlog().await, (2, now - SECOND, now + 9 * SECOND));
}
