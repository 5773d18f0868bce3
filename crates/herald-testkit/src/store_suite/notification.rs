//! Notifications.

use std::{slice::from_ref, sync::Arc};

use herald_core::{
    notification::NotificationStatus,
    store::{Accepted, NotificationRow, Replaced},
};

use super::{
    StoreFixture,
    race::race,
    sample::{LEASE, SECOND, Sample},
};

/// Every member, set and not set; also when it is replaced.
pub async fn a_notification_comes_back_as_it_was_stored(fixture: impl StoreFixture) {
    let (store, sample) = (fixture.store(), Sample::of("acme", fixture.now()));
    for (number, status) in (1..).zip(NotificationStatus::ALL) {
        let row = NotificationRow {
            status,
            subject: (number % 3 == 0).then(|| Sample::subject(u128::MAX - number)),
            reference: (number % 3 == 1).then(|| sample.hash("reference", number)),
            due_at: (number % 2 == 0).then(|| sample.now + SECOND),
            ..sample.notification(u128::MAX - number)
        };
        let accepted = store.accept_notification(&row, &sample.key(number, 1), &[]).await.unwrap();
        assert_eq!(accepted, Accepted::New);
        assert_eq!(store.notification(&sample.tenant, row.id).await.unwrap().as_ref(), Some(&row));
        let row = NotificationRow {
            version: 2,
            connection: (number % 2 == 0).then(|| Sample::connection(&"c".repeat(40))),
            message: (number % 3 > 0).then(|| sample.hash("message", number)),
            ..row
        };
        assert_eq!(store.replace_notification(&row, &[]).await.unwrap(), Replaced::Done);
        assert_eq!(store.notification(&sample.tenant, row.id).await.unwrap(), Some(row));
    }
    assert_eq!(store.notification(&sample.tenant, sample.notification(1).id).await.unwrap(), None);
}

/// As for logins: exactly one of those that saw the same version, and its row and what it tells are what stays.
pub async fn of_racing_notification_writers_one_wins(fixture: impl StoreFixture) {
    let (store, sample) = (fixture.store(), Sample::of("acme", fixture.now()));
    let row = sample.notification(1);
    let second = NotificationRow { version: 2, ..row.clone() };
    let told = |number: usize| sample.due_delivery(number as u128, sample.now);
    let absent = store.replace_notification(&second, &[told(999)]).await.unwrap();
    assert_eq!(absent, Replaced::Stale);
    assert_eq!(store.accept_notification(&row, &sample.key(1, 1), &[]).await.unwrap(), Accepted::New);
    let wrote = race(|writer| {
        let (store, told) = (Arc::clone(&store), told(writer));
        let row = NotificationRow { body: sample.body(&format!("writer {writer}")), ..second.clone() };
        async move {
            let replaced = store.replace_notification(&row, from_ref(&told)).await.unwrap();
            (replaced == Replaced::Done).then_some((row, told))
        }
    })
    .await;
    let (winners, winners_told): (Vec<_>, Vec<_>) = wrote.into_iter().flatten().unzip();
    assert_eq!(winners.len(), 1);
    assert_eq!(store.notification(&sample.tenant, row.id).await.unwrap().as_ref(), winners.first());
    for version in [0, 1, 2, 4, u64::MAX] {
        let stale = NotificationRow { version, ..row.clone() };
        let replaced = store.replace_notification(&stale, &[told(999)]).await.unwrap();
        assert_eq!(replaced, Replaced::Stale, "{version}");
    }
    assert_eq!(store.lease_deliveries(&sample.tenant, "a", LEASE, 99).await.unwrap(), winners_told);
}
