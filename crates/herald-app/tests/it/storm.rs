//! Idempotency keys under load: one key, one notification, one effect, by single calls and batches alike.

use std::collections::{HashMap, HashSet};

use herald_app::{AcceptError, Accepted, NewNotification};
use herald_core::{
    id::NotificationId,
    notification::Message,
    text::{IdempotencyKey, MessageText},
};
use tokio::task::JoinSet;

use crate::{accepting::wish, world::World};

/// Another body than [`wish`] has.
fn other_wish(connection: &str) -> NewNotification {
    let message = Message::Text { text: MessageText::parse("Other words").unwrap() };
    NewNotification { message, ..wish(connection) }
}

impl World {
    async fn batch(&self, items: &[(&str, NewNotification)]) -> Vec<Result<Accepted, AcceptError>> {
        let named =
            |(key, wish): &(&str, NewNotification)| (IdempotencyKey::parse(key).unwrap(), wish.clone());
        let items = items.iter().map(named).collect();
        self.herald.notifications().accept_many(&self.tenant(), items).await
    }
}

fn id_of(answer: &Result<Accepted, AcceptError>) -> NotificationId {
    answer.as_ref().expect("it is accepted").notification.id
}

#[tokio::test]
async fn fifty_callers_under_each_of_two_hundred_keys_make_two_hundred_effects() {
    let world = World::new().await;
    let mut calls = JoinSet::new();
    for _ in 0..50 {
        for key in 0..200 {
            let world = world.clone();
            calls.spawn(async move { (key, world.accept_wish(&format!("k{key}"), wish("main")).await) });
        }
    }
    let (mut fresh, mut ids) = (0, HashMap::new());
    while let Some(call) = calls.join_next().await {
        let (key, accepted) = call.unwrap();
        fresh += usize::from(!accepted.is_replay);
        let id = accepted.notification.id;
        assert_eq!(*ids.entry(key).or_insert(id), id, "one key, two notifications");
    }
    assert_eq!((fresh, ids.len()), (200, 200));

    for id in ids.values() {
        world.settled(*id).await;
    }
    let effects = world.plain.effects();
    let keys: HashSet<_> = effects.iter().map(|(_, key)| key.clone()).collect();
    assert_eq!((effects.len(), keys.len()), (200, 200));

    for key in 0..200 {
        let reused = world.try_accept(&format!("k{key}"), other_wish("main")).await;
        assert!(matches!(reused, Err(AcceptError::KeyReused)), "{reused:?}");
    }
    assert_eq!(world.plain.effects().len(), 200);
}

#[tokio::test]
async fn a_batch_repeated_as_a_batch_and_item_by_item_adds_nothing() {
    let world = World::new().await;
    let keys: Vec<_> = (0..300).map(|number| format!("k{number}")).collect();
    let items: Vec<_> = keys.iter().map(|key| (key.as_str(), wish("main"))).collect();
    let first = world.batch(&items).await;
    assert!(first.iter().all(|answer| matches!(answer, Ok(Accepted { is_replay: false, .. }))));
    let ids: Vec<_> = first.iter().map(id_of).collect();
    assert_eq!(ids.iter().collect::<HashSet<_>>().len(), 300);

    let again = world.batch(&items).await;
    assert!(again.iter().all(|answer| matches!(answer, Ok(Accepted { is_replay: true, .. }))));
    assert_eq!(again.iter().map(id_of).collect::<Vec<_>>(), ids);
    for (key, id) in keys.iter().zip(&ids) {
        let accepted = world.accept_wish(key, wish("main")).await;
        assert!(accepted.is_replay && accepted.notification.id == *id);
        world.settled(*id).await;
    }
    assert_eq!(world.plain.effects().len(), 300);
}

#[tokio::test]
async fn each_item_of_a_batch_is_answered_on_its_own_and_in_its_place() {
    let world = World::new().await;
    let answers = world
        .batch(&[
            ("a", wish("main")),
            ("b", wish("nowhere")),
            ("a", wish("main")),
            ("a", other_wish("main")),
            // Refused before, so that its key was still free.
            ("b", wish("web")),
        ])
        .await;
    assert!(matches!(&answers[0], Ok(Accepted { is_replay: false, .. })), "{answers:?}");
    assert!(matches!(&answers[1], Err(AcceptError::UnknownConnection { index: 0 })), "{answers:?}");
    assert!(matches!(&answers[2], Ok(Accepted { is_replay: true, .. })), "{answers:?}");
    assert_eq!(id_of(&answers[2]), id_of(&answers[0]));
    assert!(matches!(&answers[3], Err(AcceptError::KeyReused)), "{answers:?}");
    assert!(matches!(&answers[4], Ok(Accepted { is_replay: false, .. })), "{answers:?}");
    for answer in [&answers[0], &answers[4]] {
        world.settled(id_of(answer)).await;
    }
    assert_eq!((world.plain.effects().len(), world.keyed.effects().len()), (1, 1));
}

#[tokio::test]
async fn two_batches_at_once_make_one_effect_for_each_key() {
    let world = World::new().await;
    let keys: Vec<_> = (0..200).map(|number| format!("k{number}")).collect();
    let items: Vec<_> = keys.iter().map(|key| (key.as_str(), wish("main"))).collect();
    let (one, other) = tokio::join!(world.batch(&items), world.batch(&items));
    let fresh =
        one.iter().chain(&other).filter(|answer| matches!(answer, Ok(accepted) if !accepted.is_replay));
    assert_eq!(fresh.count(), 200);
    for (one, other) in one.iter().zip(&other) {
        assert_eq!(id_of(one), id_of(other));
        world.settled(id_of(one)).await;
    }
    assert_eq!(world.plain.effects().len(), 200);
}
