//! Providers' notices, and deliveries that come before the outcome of what they deliver.

use std::{sync::Arc, time::Duration};

use herald_core::{
    notification::NotificationStatus,
    store::{Accepted, NotificationRow, Replaced, Store},
};

use super::{
    StoreFixture,
    sample::{ALMOST_LIFE, LEASE, LIFE, SECOND, Sample, sent},
};

/// How often delivery and outcome race.
const MEETINGS: u128 = 60;

async fn accept(store: &dyn Store, sample: &Sample, number: u128) -> NotificationRow {
    let lasting = sample.now + 3 * LIFE;
    let row = NotificationRow { purge_at: lasting, ..sample.due_notification(number, sample.now) };
    let accepted = store.accept_notification(&row, &sample.key(number, 1), &[]).await.unwrap();
    assert_eq!(accepted, Accepted::New);
    row
}

/// Not before it was taken in, and as long as it was said last.
pub async fn a_notice_is_remembered_until_its_time(mut fixture: impl StoreFixture) {
    let (store, sample) = (fixture.store(), Sample::of("acme", fixture.now()));
    let (tenant, notice) = (&sample.tenant, sample.hash("notice", 1));
    assert!(!store.is_noticed(tenant, notice).await.unwrap());
    store.remember_notice(tenant, notice, sample.now + SECOND).await.unwrap();
    store.remember_notice(tenant, notice, sample.now + LIFE).await.unwrap();
    assert!(!store.is_noticed(tenant, sample.hash("notice", 2)).await.unwrap());
    fixture.fast_forward(ALMOST_LIFE).await;
    assert!(store.is_noticed(tenant, notice).await.unwrap());
    fixture.fast_forward(SECOND).await;
    assert!(!store.is_noticed(tenant, notice).await.unwrap());
    store.remember_notice(tenant, notice, fixture.now() + SECOND).await.unwrap();
    assert!(store.is_noticed(tenant, notice).await.unwrap());
}

/// Until its time; an outcome that says `delivered` itself, one of another message, and one without any are stored.
pub async fn a_delivery_that_comes_early_is_found_by_the_outcome(mut fixture: impl StoreFixture) {
    let (store, sample) = (fixture.store(), Sample::of("acme", fixture.now()));
    let (tenant, message) = (&sample.tenant, sample.hash("message", 1));
    let at = sample.now - SECOND;
    let row = accept(store.as_ref(), &sample, 1).await;
    assert_eq!(store.note_delivered(tenant, message, at, sample.now + LIFE).await.unwrap(), None);
    let told = [sample.due_delivery(1, sample.now)];
    let late = sent(&row, message);
    assert_eq!(store.replace_notification(&late, &told).await.unwrap(), Replaced::DeliveredAt(at));
    assert_eq!(store.notification(tenant, row.id).await.unwrap().as_ref(), Some(&row));
    assert_eq!(store.lease_deliveries(tenant, "a", LEASE, 9).await.unwrap(), []);
    let stale = NotificationRow { version: 3, ..late.clone() };
    assert_eq!(store.replace_notification(&stale, &told).await.unwrap(), Replaced::Stale);
    let delivered = NotificationRow { status: NotificationStatus::Delivered, ..late };
    assert_eq!(store.replace_notification(&delivered, &told).await.unwrap(), Replaced::Done);
    assert_eq!(store.notification(tenant, row.id).await.unwrap(), Some(delivered));
    assert_eq!(store.lease_deliveries(tenant, "a", LEASE, 9).await.unwrap(), told);

    let other = accept(store.as_ref(), &sample, 2).await;
    let other_message = sent(&other, sample.hash("message", 2));
    assert_eq!(store.replace_notification(&other_message, &[]).await.unwrap(), Replaced::Done);
    let none = NotificationRow { version: 2, ..accept(store.as_ref(), &sample, 3).await };
    assert_eq!(store.replace_notification(&none, &[]).await.unwrap(), Replaced::Done);

    let forgotten = sample.hash("message", 4);
    assert_eq!(store.note_delivered(tenant, forgotten, at, sample.now + LIFE).await.unwrap(), None);
    fixture.fast_forward(LIFE).await;
    let row = sent(&accept(store.as_ref(), &sample, 4).await, forgotten);
    assert_eq!(store.replace_notification(&row, &[]).await.unwrap(), Replaced::Done);
}

/// As long as it is there and has that message; and then nothing is noted.
pub async fn a_delivery_that_comes_late_finds_its_notification(mut fixture: impl StoreFixture) {
    let (store, sample) = (fixture.store(), Sample::of("acme", fixture.now()));
    let (tenant, now) = (&sample.tenant, sample.now);
    let (first, second) = (sample.hash("message", 1), sample.hash("message", 2));
    let row = sent(&accept(store.as_ref(), &sample, 1).await, first);
    assert_eq!(store.replace_notification(&row, &[]).await.unwrap(), Replaced::Done);
    assert_eq!(store.note_delivered(tenant, first, now, now + LIFE).await.unwrap(), Some(row.id));
    let row = sent(&row, second);
    assert_eq!(store.replace_notification(&row, &[]).await.unwrap(), Replaced::Done);
    let row = NotificationRow { version: row.version + 1, body: sample.body("again"), ..row };
    assert_eq!(store.replace_notification(&row, &[]).await.unwrap(), Replaced::Done);
    assert_eq!(store.note_delivered(tenant, second, now, now + LIFE).await.unwrap(), Some(row.id));
    assert_eq!(store.note_delivered(tenant, first, now, now + LIFE).await.unwrap(), None);
    fixture.fast_forward(3 * LIFE).await;
    let until = fixture.now() + LIFE;
    assert_eq!(store.note_delivered(tenant, second, fixture.now(), until).await.unwrap(), None);
}

/// At once, many times: the outcome is told of the delivery, or the delivery finds the notification.
pub async fn however_delivery_and_outcome_meet_one_sees_the_other(fixture: impl StoreFixture) {
    let (store, sample) = (fixture.store(), Sample::of("acme", fixture.now()));
    for number in 0..MEETINGS {
        let message = sample.hash("message", number);
        let row = sent(&accept(store.as_ref(), &sample, number).await, message);
        let outcome = tokio::spawn({
            let (store, row) = (Arc::clone(&store), row.clone());
            async move { store.replace_notification(&row, &[]).await.unwrap() }
        });
        let until = sample.now + LIFE + Duration::from_millis(7);
        let found = store.note_delivered(&sample.tenant, message, sample.now, until).await.unwrap();
        match (outcome.await.unwrap(), found) {
            (Replaced::Done, Some(found)) => assert_eq!(found, row.id),
            (Replaced::DeliveredAt(at), None) => assert_eq!(at, sample.now),
            other => panic!("{other:?}"),
        }
    }
}
