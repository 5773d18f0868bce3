//! What one replica does, another sees soon enough; and made-up key ids cost nothing.

use super::*;

#[tokio::test]
async fn another_replica_verifies_by_the_new_key_at_once_and_signs_by_it_within_four_seconds() {
    let here = World::new();
    let there = here.replica();
    here.keys().await;
    let old = kid_of(&there.token().await.unwrap());
    here.keys.rotate(&here.tenant).await.unwrap();
    let token = here.token().await.unwrap();
    let reads = there.shaky.reads();
    assert!(there.is_good(&token).await);
    assert_eq!(there.shaky.reads(), reads, "the key was published before it signed");
    here.pass(2_000);
    assert_eq!(kid_of(&there.token().await.unwrap()), old);
    here.pass(2_001);
    assert_eq!(kid_of(&there.token().await.unwrap()), kid_of(&token));
}

#[tokio::test]
async fn another_replica_refuses_a_revoked_key_within_four_seconds_and_takes_the_new_one_at_once() {
    let here = World::new();
    let there = here.replica();
    let old = here.token().await.unwrap();
    assert!(there.is_good(&old).await);
    here.keys.revoke_all(&here.tenant).await.unwrap();
    assert!(there.is_good(&old).await);
    here.pass(4_001);
    assert!(!there.keys.is_known_now(&there.tenant.id, &kid_of(&old)));
    assert!(!there.is_good(&old).await);

    here.keys.revoke_all(&here.tenant).await.unwrap();
    here.pass(1_000);
    assert!(there.is_good(&here.token().await.unwrap()).await);
}

#[tokio::test]
async fn made_up_key_ids_are_looked_for_once_a_second() {
    let world = World::new();
    let token = world.token().await.unwrap();
    let reads = world.shaky.reads();
    for number in 0..10_000 {
        let kid = format!("made-up-{number}");
        assert!(world.keys.verifying_key(&world.tenant, &kid).await.unwrap().is_none());
    }
    assert!(world.is_good(&token).await);
    assert_eq!(world.shaky.reads(), reads + 1);
    world.pass(999);
    assert!(world.keys.verifying_key(&world.tenant, "made-up").await.unwrap().is_none());
    assert_eq!(world.shaky.reads(), reads + 1);
    world.pass(1);
    assert!(world.keys.verifying_key(&world.tenant, "made-up").await.unwrap().is_none());
    assert_eq!(world.shaky.reads(), reads + 2);
}

#[tokio::test]
async fn who_meets_a_new_key_while_somebody_looks_for_it_waits_for_the_look() {
    let here = World::new();
    let there = here.replica();
    there.keys().await;
    here.keys.revoke_all(&here.tenant).await.unwrap();
    let token = here.token().await.unwrap();
    let reads = there.shaky.reads();
    let gate = there.shaky.gate.write().await;
    let look = || there.is_good(&token);
    let open = async {
        tokio::task::yield_now().await;
        drop(gate);
    };
    let (first, second, ()) = tokio::join!(look(), look(), open);
    assert!(first && second);
    assert_eq!(there.shaky.reads(), reads + 1);
}

#[tokio::test]
async fn a_clock_that_steps_back_makes_the_ring_be_read_again() {
    let world = World::new();
    world.keys().await;
    let reads = world.shaky.reads();
    world.pass(-3_600_000);
    world.keys().await;
    assert_eq!(world.shaky.reads(), reads + 1);
    world.keys().await;
    assert_eq!(world.shaky.reads(), reads + 1);
}

#[tokio::test]
async fn where_the_store_was_emptied_all_replicas_have_the_new_keys_though_their_version_is_the_old_one() {
    let here = World::new();
    let there = here.replica();
    let lost = here.token().await.unwrap();
    assert!(there.is_good(&lost).await);
    let emptied = Arc::new(EmbeddedStore::in_memory(here.clock.clone()).unwrap());
    for world in [&here, &there] {
        world.shaky.exchange(emptied.clone());
    }
    here.pass(4_001);
    let token = here.token().await.unwrap();
    assert_ne!(kid_of(&token), kid_of(&lost));
    assert!(there.is_good(&token).await);
    assert_eq!(kid_of(&there.token().await.unwrap()), kid_of(&token));
    assert!(!there.is_good(&lost).await);
}
