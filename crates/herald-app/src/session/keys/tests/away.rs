//! What works while the store does not, and for how long.

use std::task::Poll;

use futures_util::poll;
use herald_core::store::StoreError;

use super::*;

fn is_away<T>(answer: &Result<T, SessionError>) -> bool {
    matches!(answer, Err(SessionError::Store(StoreError::Unavailable(_))))
}

#[tokio::test]
async fn without_its_store_a_ring_serves_for_four_seconds_and_then_fails_closed() {
    let world = World::new();
    let token = world.token().await.unwrap();
    let kid = kid_of(&token);
    world.shaky.fail_reads(true);
    world.pass(4_000);
    assert!(world.is_good(&token).await);
    assert!(world.token().await.is_ok());
    assert!(world.keys.is_known_now(&world.tenant.id, &kid));
    world.pass(1);
    assert!(!world.keys.is_known_now(&world.tenant.id, &kid));
    assert!(is_away(&world.read(&token).await));
    assert!(is_away(&world.token().await));
    assert!(is_away(&world.keys.jwks(&world.tenant).await));
    assert!(is_away(&world.keys.list(&world.tenant).await));
    world.shaky.fail_reads(false);
    assert!(world.is_good(&token).await);
    assert!(world.token().await.is_ok());
}

#[tokio::test]
async fn a_key_that_cannot_be_looked_for_is_not_called_unknown() {
    let here = World::new();
    let there = here.replica();
    there.keys().await;
    here.keys.revoke_all(&here.tenant).await.unwrap();
    let token = here.token().await.unwrap();
    there.shaky.fail_reads(true);
    assert!(is_away(&there.read(&token).await));
    assert!(is_away(&there.read(&token).await));
    there.shaky.fail_reads(false);
    here.pass(1_000);
    assert!(there.is_good(&token).await);
}

#[tokio::test]
async fn while_one_caller_reads_the_others_go_on_until_the_ring_is_too_old() {
    let world = World::new();
    let token = world.token().await.unwrap();
    let reads = world.shaky.reads();
    let gate = world.shaky.gate.write().await;
    world.pass(2_001);
    let mut reader = std::pin::pin!(world.is_good(&token));
    assert!(poll!(&mut reader).is_pending());
    assert_eq!(world.shaky.reads(), reads + 1);
    let mut other = std::pin::pin!(world.is_good(&token));
    assert_eq!(poll!(&mut other), Poll::Ready(true));
    assert!(world.token().await.is_ok());
    world.pass(2_000);
    let mut late = std::pin::pin!(world.is_good(&token));
    assert!(poll!(&mut late).is_pending());
    drop(gate);
    assert_eq!(tokio::join!(reader, late), (true, true));
    assert_eq!(world.shaky.reads(), reads + 1, "one reading is enough for both");
}

#[tokio::test]
async fn who_waits_for_a_reading_shares_its_failure() {
    let world = World::new();
    let token = world.token().await.unwrap();
    world.pass(5_000);
    let reads = world.shaky.reads();
    let gate = world.shaky.gate.write().await;
    let open = async {
        tokio::task::yield_now().await;
        world.shaky.fail_reads(true);
        drop(gate);
    };
    let read = || world.read(&token);
    let (a, b, c, d, ()) = tokio::join!(read(), read(), read(), read(), open);
    for answer in [a, b, c, d] {
        assert!(is_away(&answer));
    }
    assert_eq!(world.shaky.reads(), reads + 1);
    assert!(is_away(&world.read(&token).await));
    assert_eq!(world.shaky.reads(), reads + 2);
}

#[tokio::test]
async fn a_rotation_that_cannot_be_stored_keeps_nobody_from_signing() {
    let world = World::new();
    let old = kid_of(&world.token().await.unwrap());
    world.pass(i64::from(world.tenant.sessions.key_rotation_seconds) * 1000);
    world.shaky.fail_writes(true);
    assert_eq!(kid_of(&world.token().await.unwrap()), old);
    assert!(is_away(&world.keys.rotate(&world.tenant).await));
    assert!(is_away(&world.keys.revoke_all(&world.tenant).await));
    world.shaky.fail_writes(false);
    assert_ne!(kid_of(&world.token().await.unwrap()), old);
}

#[tokio::test]
async fn without_a_store_no_key_is_made_up() {
    let world = World::new();
    world.shaky.fail_writes(true);
    assert!(is_away(&world.token().await));
    assert!(is_away(&world.keys.jwks(&world.tenant).await));
    world.shaky.fail_writes(false);
    assert!(world.token().await.is_ok());
}
