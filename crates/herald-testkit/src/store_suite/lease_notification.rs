//! Leases of notifications: each tenant's for itself, and put off without a write.

use std::{collections::BTreeSet, slice::from_ref, sync::Arc};

use herald_core::store::{Accepted, Backlog, NotificationRow, Replaced, Store};

use super::{
    StoreFixture,
    race::race,
    sample::{ALMOST_LEASE, LEASE, LIFE, SECOND, Sample},
};

async fn accept(store: &dyn Store, sample: &Sample, row: &NotificationRow) {
    let key = sample.key(row.id.as_u128(), 1);
    assert_eq!(store.accept_notification(row, &key, &[]).await.unwrap(), Accepted::New);
}

/// Not before the lease is over or given back by its holder; then it is, until nothing is left to do.
pub async fn a_leased_notification_is_not_leased_again(mut fixture: impl StoreFixture) {
    let (store, sample) = (fixture.store(), Sample::of("acme", fixture.now()));
    let (tenant, row) = (&sample.tenant, sample.due_notification(1, sample.now));
    accept(store.as_ref(), &sample, &row).await;
    assert_eq!(store.lease_notifications(tenant, "a", LEASE, 10).await.unwrap(), from_ref(&row));
    for holder in ["a", "b"] {
        assert_eq!(store.lease_notifications(tenant, holder, LEASE, 10).await.unwrap(), []);
    }
    fixture.fast_forward(ALMOST_LEASE).await;
    assert_eq!(store.lease_notifications(tenant, "b", LEASE, 10).await.unwrap(), []);
    fixture.fast_forward(SECOND).await;
    assert_eq!(store.lease_notifications(tenant, "b", LEASE, 10).await.unwrap(), from_ref(&row));
    store.release_notification("a", tenant, row.id, None).await.unwrap();
    assert_eq!(store.lease_notifications(tenant, "c", LEASE, 10).await.unwrap(), []);
    store.release_notification("b", tenant, row.id, None).await.unwrap();
    assert_eq!(store.lease_notifications(tenant, "c", LEASE, 10).await.unwrap(), from_ref(&row));

    let sent = NotificationRow { version: 2, due_at: None, ..row };
    assert_eq!(store.replace_notification(&sent, &[]).await.unwrap(), Replaced::Done);
    store.release_notification("c", tenant, sent.id, Some(sample.now + LEASE)).await.unwrap();
    fixture.fast_forward(LEASE).await;
    assert_eq!(store.lease_notifications(tenant, "d", LEASE, 10).await.unwrap(), []);
    assert_eq!(store.notification_backlog().await.unwrap(), []);
}

/// However many ask at once, each due notification goes to one of them, and none is left over.
pub async fn racing_holders_share_out_the_notifications(fixture: impl StoreFixture) {
    let (store, sample) = (fixture.store(), Sample::of("acme", fixture.now()));
    for number in 0..120 {
        accept(store.as_ref(), &sample, &sample.due_notification(number, sample.now)).await;
    }
    let leased = race(|holder| {
        let (store, tenant) = (Arc::clone(&store), sample.tenant.clone());
        async move { store.lease_notifications(&tenant, &format!("holder {holder}"), LEASE, 3).await.unwrap() }
    })
    .await;
    assert!(leased.iter().all(|rows| rows.len() <= 3));
    let leased: Vec<u128> = leased.into_iter().flatten().map(|row| row.id.as_u128()).collect();
    let distinct: BTreeSet<u128> = leased.iter().copied().collect();
    assert_eq!(leased.len(), distinct.len());
    assert_eq!(distinct, (0..120).collect());
}

/// However much another tenant has waiting, and the earliest of its own first.
pub async fn a_tenant_leases_its_own(fixture: impl StoreFixture) {
    let store = fixture.store();
    let (ours, theirs) = (Sample::of("acme", fixture.now()), Sample::of("zenith", fixture.now()));
    for number in 0..40 {
        accept(store.as_ref(), &theirs, &theirs.due_notification(number, theirs.now - LEASE)).await;
    }
    let rows =
        [2, 1, 0].map(|age| ours.due_notification(age, ours.now - SECOND * u32::try_from(age).unwrap()));
    for row in rows.iter().rev() {
        accept(store.as_ref(), &ours, row).await;
    }
    accept(store.as_ref(), &ours, &ours.due_notification(9, ours.now + SECOND)).await;
    assert_eq!(store.lease_notifications(&ours.tenant, "a", LEASE, 0).await.unwrap(), []);
    assert_eq!(store.lease_notifications(&ours.tenant, "a", LEASE, 2).await.unwrap(), rows[..2]);
    assert_eq!(store.lease_notifications(&ours.tenant, "a", LEASE, 99).await.unwrap(), rows[2..]);
    let nobody = Sample::of("nobody", ours.now).tenant;
    assert_eq!(store.lease_notifications(&nobody, "a", LEASE, 99).await.unwrap(), []);
    let their_own = store.lease_notifications(&theirs.tenant, "a", LEASE, 99).await.unwrap();
    assert_eq!(their_own.len(), 40);
    assert!(their_own.iter().all(|row| row.tenant == theirs.tenant));
}

/// Then it is leased, as it was: nothing was written. A time that is over already puts nothing off.
pub async fn a_notification_put_off_rests_until_its_time(mut fixture: impl StoreFixture) {
    let (store, sample) = (fixture.store(), Sample::of("acme", fixture.now()));
    let (tenant, row) = (&sample.tenant, sample.due_notification(1, sample.now));
    accept(store.as_ref(), &sample, &row).await;
    let lease = |holder| store.lease_notifications(tenant, holder, LEASE, 10);
    assert_eq!(lease("a").await.unwrap(), from_ref(&row));
    store.release_notification("a", tenant, row.id, Some(sample.now + LEASE)).await.unwrap();
    assert_eq!(store.notification(tenant, row.id).await.unwrap().as_ref(), Some(&row));
    fixture.fast_forward(ALMOST_LEASE).await;
    for holder in ["a", "b"] {
        assert_eq!(lease(holder).await.unwrap(), []);
    }
    fixture.fast_forward(SECOND).await;
    assert_eq!(lease("b").await.unwrap(), from_ref(&row));
    store.release_notification("b", tenant, row.id, Some(sample.now)).await.unwrap();
    assert_eq!(lease("c").await.unwrap(), from_ref(&row));
    // Nor does a rest that is over count after the next lease.
    fixture.fast_forward(LEASE).await;
    assert_eq!(lease("d").await.unwrap(), [row]);
}

/// A change ends its rest, whether it is due at another time then or as before.
pub async fn a_notification_put_off_is_due_when_it_changed(fixture: impl StoreFixture) {
    let (store, sample) = (fixture.store(), Sample::of("acme", fixture.now()));
    let tenant = &sample.tenant;
    for (number, due_at) in [(1, sample.now), (2, sample.now - SECOND), (3, sample.now + SECOND)] {
        let row = sample.due_notification(number, sample.now);
        accept(store.as_ref(), &sample, &row).await;
        assert_eq!(store.lease_notifications(tenant, "a", LEASE, 10).await.unwrap(), from_ref(&row));
        store.release_notification("a", tenant, row.id, Some(sample.now + LEASE)).await.unwrap();
        let changed = NotificationRow { version: 2, due_at: Some(due_at), ..row };
        assert_eq!(store.replace_notification(&changed, &[]).await.unwrap(), Replaced::Done);
        let leased = store.lease_notifications(tenant, "a", LEASE, 10).await.unwrap();
        assert_eq!(leased, Vec::from_iter((due_at <= sample.now).then_some(changed)));
    }
    let backlog = store.notification_backlog().await.unwrap();
    assert_eq!(backlog.iter().map(|it| it.waiting).collect::<Vec<_>>(), [3]);
    assert_eq!(backlog[0].next_at, sample.now + SECOND);
}

/// Its holder may not have seen that. He is told when it can be leased next, if ever.
pub async fn what_changed_while_it_was_held_is_not_put_off(fixture: impl StoreFixture) {
    let (store, sample) = (fixture.store(), Sample::of("acme", fixture.now()));
    let (tenant, later) = (&sample.tenant, sample.now + LEASE);
    for (number, due_at) in [(1, Some(sample.now)), (2, Some(sample.now + SECOND)), (3, None)] {
        let row = sample.due_notification(number, sample.now);
        accept(store.as_ref(), &sample, &row).await;
        assert_eq!(store.lease_notifications(tenant, "a", LEASE, 10).await.unwrap(), from_ref(&row));
        let changed = NotificationRow { version: 2, due_at, ..row };
        assert_eq!(store.replace_notification(&changed, &[]).await.unwrap(), Replaced::Done);
        let id = changed.id;
        assert_eq!(store.release_notification("b", tenant, id, Some(later)).await.unwrap(), None);
        assert_eq!(store.release_notification("a", tenant, id, Some(later)).await.unwrap(), due_at);
        let leased = store.lease_notifications(tenant, "b", LEASE, 10).await.unwrap();
        assert_eq!(leased, Vec::from_iter((due_at == Some(sample.now)).then_some(changed)));
        // Nobody changed it since.
        let rests_until = (due_at == Some(sample.now)).then_some(later);
        assert_eq!(store.release_notification("b", tenant, id, Some(later)).await.unwrap(), rests_until);
    }
}

/// Who does not hold it does not put it off either.
pub async fn only_the_holder_puts_off(fixture: impl StoreFixture) {
    let store = fixture.store();
    let (ours, theirs) = (Sample::of("acme", fixture.now()), Sample::of("zenith", fixture.now()));
    let (row, later) = (ours.due_notification(1, ours.now), Some(ours.now + LIFE));
    accept(store.as_ref(), &ours, &row).await;
    store.release_notification("a", &ours.tenant, row.id, later).await.unwrap();
    assert_eq!(store.lease_notifications(&ours.tenant, "a", LEASE, 10).await.unwrap(), from_ref(&row));
    store.release_notification("b", &ours.tenant, row.id, later).await.unwrap();
    store.release_notification("a", &theirs.tenant, row.id, later).await.unwrap();
    assert_eq!(store.lease_notifications(&ours.tenant, "b", LEASE, 10).await.unwrap(), []);
    store.release_notification("a", &ours.tenant, row.id, None).await.unwrap();
    assert_eq!(store.lease_notifications(&ours.tenant, "b", LEASE, 10).await.unwrap(), [row]);
}

/// Only that of its holder, while he has it, and never shortened; several at once, and those only that he asks for.
pub async fn a_prolonged_lease_lasts_longer(mut fixture: impl StoreFixture) {
    let (store, sample) = (fixture.store(), Sample::of("acme", fixture.now()));
    let tenant = &sample.tenant;
    let rows = [1, 2, 3].map(|number| sample.due_notification(number, sample.now));
    for row in &rows {
        accept(store.as_ref(), &sample, row).await;
    }
    let [first, second, third] = [0, 1, 2].map(|row: usize| rows[row].id);
    let prolong = |holder, ids: Vec<_>, lease| {
        let store = Arc::clone(&store);
        async move { store.prolong_notifications(tenant, holder, &ids, lease).await.unwrap() }
    };
    let lease = |holder| store.lease_notifications(tenant, holder, LEASE, 10);
    assert_eq!(lease("a").await.unwrap(), rows);
    fixture.fast_forward(ALMOST_LEASE).await;
    prolong("a", vec![first, second], LEASE).await;
    prolong("a", vec![first], SECOND).await;
    prolong("b", vec![third], LEASE).await;
    prolong("a", vec![], LEASE).await;
    fixture.fast_forward(SECOND).await;
    assert_eq!(lease("b").await.unwrap(), rows[2..]);
    assert_eq!(store.notification_backlog().await.unwrap()[0].next_at, sample.now + ALMOST_LEASE + LEASE);
    // It is another's by now.
    prolong("a", vec![third], 9 * LEASE).await;
    fixture.fast_forward(ALMOST_LEASE).await;
    assert_eq!(lease("c").await.unwrap(), rows[..2]);
    fixture.fast_forward(SECOND).await;
    assert_eq!(lease("d").await.unwrap(), rows[2..]);

    // A lease that is over is not prolonged, nor one on a row that was never there.
    fixture.fast_forward(LEASE).await;
    prolong("d", vec![third, sample.notification(9).id], LEASE).await;
    assert_eq!(lease("e").await.unwrap().len(), 3);
    // What changed under a prolonged lease is still not put off.
    let changed = NotificationRow { version: 2, ..rows[0].clone() };
    assert_eq!(store.replace_notification(&changed, &[]).await.unwrap(), Replaced::Done);
    prolong("e", vec![first], LIFE).await;
    let next = store.release_notification("e", tenant, first, Some(fixture.now() + LEASE)).await.unwrap();
    assert_eq!(next, Some(sample.now));
}

/// One that is another's by now, that was given back, that is over, or that is of a row that was never there: whoever believed
/// that he has them does so no longer.
pub async fn who_prolongs_hears_what_is_not_his_any_more(mut fixture: impl StoreFixture) {
    let (store, sample) = (fixture.store(), Sample::of("acme", fixture.now()));
    let tenant = &sample.tenant;
    for number in 1..=4 {
        accept(store.as_ref(), &sample, &sample.due_notification(number, sample.now)).await;
    }
    let ids = [1, 2, 3, 4, 5].map(|number| sample.notification(number).id);
    let prolong = async |holder, lease| {
        let mut kept = store.prolong_notifications(tenant, holder, &ids, lease).await.unwrap();
        kept.sort();
        kept
    };
    assert_eq!(prolong("a", LEASE).await, []);
    assert_eq!(store.lease_notifications(tenant, "a", LEASE, 4).await.unwrap().len(), 4);
    assert_eq!(prolong("a", SECOND).await, ids[..4], "also where the lease lasts longer anyway");
    assert_eq!(prolong("b", LEASE).await, []);
    store.release_notification("a", tenant, ids[0], None).await.unwrap();
    store.release_notification("a", tenant, ids[1], None).await.unwrap();
    assert_eq!(store.lease_notifications(tenant, "b", 2 * LEASE, 1).await.unwrap()[0].id, ids[0]);
    assert_eq!(prolong("a", LEASE).await, ids[2..4]);
    assert_eq!(prolong("b", LEASE).await, ids[..1]);
    let stranger = Sample::of("zenith", sample.now).tenant;
    assert_eq!(store.prolong_notifications(&stranger, "a", &ids, LEASE).await.unwrap(), []);
    fixture.fast_forward(LEASE).await;
    assert_eq!(prolong("a", LEASE).await, []);
    assert_eq!(prolong("b", LEASE).await, ids[..1]);
}

/// What is due now, later, held, or put off; of each tenant; with its earliest time, and when there is something to lease.
pub async fn the_backlog_counts_what_waits(mut fixture: impl StoreFixture) {
    let store = fixture.store();
    let (ours, theirs) = (Sample::of("acme", fixture.now()), Sample::of("zenith", fixture.now()));
    let now = ours.now;
    let backlog = |sample: &Sample, waiting, oldest_due_at, next_at| Backlog {
        tenant: sample.tenant.clone(),
        waiting,
        oldest_due_at,
        next_at,
    };
    assert_eq!(store.notification_backlog().await.unwrap(), []);
    accept(store.as_ref(), &ours, &ours.notification(9)).await;
    assert_eq!(store.notification_backlog().await.unwrap(), []);
    let rows = [(1, now - 2 * SECOND), (2, now - SECOND), (3, now + 9 * SECOND)]
        .map(|(number, due_at)| ours.due_notification(number, due_at));
    for row in &rows {
        accept(store.as_ref(), &ours, row).await;
    }
    accept(store.as_ref(), &theirs, &theirs.due_notification(1, now + LIFE)).await;
    let of_theirs = backlog(&theirs, 1, now + LIFE, now + LIFE);
    let both = async || {
        let mut both = store.notification_backlog().await.unwrap();
        both.sort_by(|one, other| one.tenant.cmp(&other.tenant));
        assert_eq!(both.len(), 2);
        assert_eq!(both.pop().as_ref(), Some(&of_theirs));
        both.remove(0)
    };
    assert_eq!(both().await, backlog(&ours, 3, now - 2 * SECOND, now - 2 * SECOND));

    assert_eq!(store.lease_notifications(&ours.tenant, "a", LEASE, 1).await.unwrap(), rows[..1]);
    assert_eq!(both().await, backlog(&ours, 3, now - 2 * SECOND, now - SECOND));
    assert_eq!(store.lease_notifications(&ours.tenant, "b", LEASE, 1).await.unwrap(), rows[1..2]);
    assert_eq!(both().await, backlog(&ours, 3, now - 2 * SECOND, now + 9 * SECOND));
    store.release_notification("a", &ours.tenant, rows[0].id, Some(now + SECOND)).await.unwrap();
    assert_eq!(both().await, backlog(&ours, 3, now - 2 * SECOND, now + SECOND));

    let sent = NotificationRow { version: 2, due_at: None, ..rows[0].clone() };
    assert_eq!(store.replace_notification(&sent, &[]).await.unwrap(), Replaced::Done);
    assert_eq!(both().await, backlog(&ours, 2, now - SECOND, now + 9 * SECOND));
    fixture.fast_forward(9 * SECOND).await;
    assert_eq!(store.lease_notifications(&ours.tenant, "a", LIFE, 9).await.unwrap(), rows[2..]);
    assert_eq!(both().await, backlog(&ours, 2, now - SECOND, now + LEASE));
    // Due after its lease: there is nothing to lease before.
    let later = NotificationRow { version: 2, due_at: Some(now + 2 * LEASE), ..rows[1].clone() };
    assert_eq!(store.replace_notification(&later, &[]).await.unwrap(), Replaced::Done);
    assert_eq!(both().await, backlog(&ours, 2, now + 9 * SECOND, now + 2 * LEASE));
    fixture.fast_forward(LEASE).await;
    assert_eq!(both().await, backlog(&ours, 2, now + 9 * SECOND, now + 2 * LEASE));
}
