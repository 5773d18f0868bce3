//! Idempotency keys.

use std::sync::Arc;

use herald_core::store::{Accepted, KeyRecord, NotificationRow, Replaced};

use super::{
    StoreFixture,
    race::{RACERS, race},
    sample::{ALMOST_LIFE, LIFE, SECOND, Sample},
};

/// Of many accepts under one key exactly one is new, and the others see its row.
pub async fn one_key_one_notification(fixture: impl StoreFixture) {
    let (store, sample) = (fixture.store(), Sample::of("acme", fixture.now()));
    let accepted = race(|number| {
        let (store, key) = (Arc::clone(&store), sample.key(1, 1));
        let row = sample.notification(number as u128);
        async move { (store.accept_notification(&row, &key, &[]).await.unwrap(), row) }
    })
    .await;
    let new: Vec<&NotificationRow> =
        accepted.iter().filter(|(accepted, _)| *accepted == Accepted::New).map(|(_, row)| row).collect();
    assert_eq!(new.len(), 1);
    let replays = accepted
        .iter()
        .filter(|(accepted, _)| *accepted == Accepted::Replay(Box::new(new[0].clone())))
        .count();
    assert_eq!(replays, RACERS - 1);
    for (_, row) in &accepted {
        let stored = store.notification(&sample.tenant, row.id).await.unwrap();
        assert_eq!(stored.is_some(), row.id == new[0].id);
    }

    let sent = NotificationRow { version: 2, body: sample.body("sent"), ..new[0].clone() };
    assert_eq!(store.replace_notification(&sent, &[]).await.unwrap(), Replaced::Done);
    let again = store.accept_notification(&sample.notification(99), &sample.key(1, 1), &[]).await.unwrap();
    assert_eq!(again, Accepted::Replay(Box::new(sent)));
}

/// Another fingerprint under a used key is refused, and neither the notification nor the fingerprint is stored.
pub async fn a_reused_key_stores_nothing(fixture: impl StoreFixture) {
    let (store, sample) = (fixture.store(), Sample::of("acme", fixture.now()));
    let first = sample.notification(1);
    assert_eq!(store.accept_notification(&first, &sample.key(1, 1), &[]).await.unwrap(), Accepted::New);
    let second = sample.due_notification(2, sample.now);
    let reused = store.accept_notification(&second, &sample.key(1, 2), &[]).await.unwrap();
    assert_eq!(reused, Accepted::KeyReused);
    assert_eq!(store.notification(&sample.tenant, second.id).await.unwrap(), None);
    assert_eq!(store.lease_notifications(&sample.tenant, "a", SECOND, 10).await.unwrap(), []);
    let again = store.accept_notification(&second, &sample.key(1, 1), &[]).await.unwrap();
    assert_eq!(again, Accepted::Replay(Box::new(first)));
}

/// Until `keep_until` a key is used, from then on it is free, for another fingerprint too; its notification stays.
pub async fn a_key_is_free_after_its_time(mut fixture: impl StoreFixture) {
    let (store, sample) = (fixture.store(), Sample::of("acme", fixture.now()));
    let first = NotificationRow { purge_at: sample.now + 3 * LIFE, ..sample.notification(1) };
    assert_eq!(store.accept_notification(&first, &sample.key(1, 1), &[]).await.unwrap(), Accepted::New);
    fixture.fast_forward(ALMOST_LIFE).await;
    let reused = store.accept_notification(&sample.notification(2), &sample.key(1, 2), &[]).await.unwrap();
    assert_eq!(reused, Accepted::KeyReused);
    fixture.fast_forward(SECOND).await;

    let later = Sample::of("acme", fixture.now());
    let (second, key) = (later.notification(2), later.key(1, 2));
    assert_eq!(store.accept_notification(&second, &key, &[]).await.unwrap(), Accepted::New);
    assert_eq!(store.accept_notification(&first, &later.key(1, 1), &[]).await.unwrap(), Accepted::KeyReused);
    assert_eq!(store.notification(&sample.tenant, first.id).await.unwrap(), Some(first));
    assert_eq!(store.notification(&sample.tenant, second.id).await.unwrap(), Some(second.clone()));

    fixture.fast_forward(ALMOST_LIFE).await;
    let again = store.accept_notification(&later.notification(3), &key, &[]).await.unwrap();
    assert_eq!(again, Accepted::Replay(Box::new(second)));
}

/// The same hash under two tenants is two keys.
pub async fn a_key_is_its_tenants_own(fixture: impl StoreFixture) {
    let store = fixture.store();
    let (ours, theirs) = (Sample::of("acme", fixture.now()), Sample::of("zenith", fixture.now()));
    let key = ours.key(1, 1);
    let other = KeyRecord { fingerprint: theirs.key(1, 1).fingerprint, ..key };
    let accepted = store.accept_notification(&ours.notification(1), &key, &[]).await.unwrap();
    assert_eq!(accepted, Accepted::New);
    let accepted = store.accept_notification(&theirs.notification(1), &other, &[]).await.unwrap();
    assert_eq!(accepted, Accepted::New);
}

/// Asking what is under a key says what an accept would say, but for the free one, and stores nothing.
pub async fn a_free_key_is_under_nothing(mut fixture: impl StoreFixture) {
    let (store, sample) = (fixture.store(), Sample::of("acme", fixture.now()));
    let (tenant, key) = (&sample.tenant, sample.key(1, 1));
    assert_eq!(store.notification_under(tenant, &key).await.unwrap(), None);
    assert_eq!(store.notification_under(tenant, &sample.key(1, 2)).await.unwrap(), None);
    let row = NotificationRow { purge_at: sample.now + 2 * LIFE, ..sample.notification(1) };
    assert_eq!(store.accept_notification(&row, &key, &[]).await.unwrap(), Accepted::New);
    let replay = Accepted::Replay(Box::new(row));
    assert_eq!(store.notification_under(tenant, &key).await.unwrap(), Some(replay));
    let reused = store.notification_under(tenant, &sample.key(1, 2)).await.unwrap();
    assert_eq!(reused, Some(Accepted::KeyReused));
    let other = Sample::of("zenith", sample.now).tenant;
    assert_eq!(store.notification_under(&other, &key).await.unwrap(), None);
    fixture.fast_forward(LIFE).await;
    assert_eq!(store.notification_under(tenant, &key).await.unwrap(), None);
}
