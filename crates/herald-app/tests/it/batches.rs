//! Many notifications accepted in one call.

use std::{collections::BTreeSet, time::Duration};

use herald_app::{AcceptError, Accepted, NewNotification, NotifyError};
use herald_core::{id::NotificationId, store::StoreError, text::IdempotencyKey};
use herald_testkit::late_store::{Trouble, Write};

use crate::{accepting::wish, world::World};

/// Accepts so many notifications, each under a key of its own; at most ten real seconds, which means that it never ends.
async fn accept_all(world: &World, count: usize) -> Vec<Result<Accepted, AcceptError>> {
    let key = |index: usize| IdempotencyKey::parse(&format!("k{index}")).unwrap();
    let items: Vec<(IdempotencyKey, NewNotification)> =
        (0..count).map(|index| (key(index), wish("main"))).collect();
    let tenant = world.tenant();
    let notifications = world.herald.notifications();
    let accepting = notifications.accept_many(&tenant, items);
    tokio::time::timeout(Duration::from_secs(10), accepting).await.expect("it ends")
}

fn is_away(answer: &Result<Accepted, AcceptError>) -> bool {
    matches!(answer, Err(AcceptError::Notify(NotifyError::Store(StoreError::Unavailable(_)))))
}

#[tokio::test]
async fn a_store_that_is_away_for_one_is_not_waited_for_again_and_the_same_batch_completes_it() {
    let (world, late) = World::with_late_store().await;
    // As many as are accepted at once: the store gives no answer to most of them, until one hears that it is away.
    let hanging = std::iter::repeat_n(Trouble::Slow, 63).chain([Trouble::Before]);
    late.troubles(Write::AcceptNotification, hanging);
    let answers = accept_all(&world, 300).await;
    assert_eq!((answers.len(), answers.iter().filter(|answer| is_away(answer)).count()), (300, 300));
    late.apply_now().await.unwrap();

    let answers = accept_all(&world, 300).await;
    let ids: BTreeSet<NotificationId> =
        answers.into_iter().map(|answer| answer.expect("it is accepted").notification.id).collect();
    assert_eq!(ids.len(), 300);
    let again = accept_all(&world, 300).await;
    assert!(again.iter().all(|answer| {
        answer.as_ref().is_ok_and(|answer| answer.is_replay && ids.contains(&answer.notification.id))
    }));
}
