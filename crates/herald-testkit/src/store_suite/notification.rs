//! Notifications.

use std::sync::Arc;

use herald_core::{
    notification::NotificationStatus,
    store::{Accepted, NotificationRow},
};

use super::{
    StoreFixture,
    race::race,
    sample::{SECOND, Sample},
};

/// Every member, set and not set.
pub async fn a_notification_comes_back_as_it_was_stored(fixture: impl StoreFixture) {
    let (store, sample) = (fixture.store(), Sample::of("acme", fixture.now()));
    for (number, status) in (1..).zip(NotificationStatus::ALL) {
        let row = NotificationRow {
            status,
            due_at: (number % 2 == 0).then(|| sample.now + SECOND),
            ..sample.notification(u128::MAX - number)
        };
        let accepted = store.accept_notification(&row, &sample.key(number, 1)).await.unwrap();
        assert_eq!(accepted, Accepted::New);
        assert_eq!(store.notification(&sample.tenant, row.id).await.unwrap(), Some(row));
    }
    assert_eq!(store.notification(&sample.tenant, sample.notification(1).id).await.unwrap(), None);
}

/// As for logins: exactly one of those that saw the same version.
pub async fn of_racing_notification_writers_one_wins(fixture: impl StoreFixture) {
    let (store, sample) = (fixture.store(), Sample::of("acme", fixture.now()));
    let row = sample.notification(1);
    assert!(!store.replace_notification(&NotificationRow { version: 2, ..row.clone() }).await.unwrap());
    assert_eq!(store.accept_notification(&row, &sample.key(1, 1)).await.unwrap(), Accepted::New);
    let wrote = race(|writer| {
        let body = sample.body(&format!("writer {writer}"));
        let (store, row) = (Arc::clone(&store), NotificationRow { version: 2, body, ..row.clone() });
        async move { store.replace_notification(&row).await.unwrap().then_some(row) }
    })
    .await;
    let winners: Vec<NotificationRow> = wrote.into_iter().flatten().collect();
    assert_eq!(winners.len(), 1);
    assert_eq!(store.notification(&sample.tenant, row.id).await.unwrap().as_ref(), winners.first());
    for version in [0, 1, 2, 4] {
        let stale = NotificationRow { version, ..row.clone() };
        assert!(!store.replace_notification(&stale).await.unwrap(), "{version}");
    }
}
