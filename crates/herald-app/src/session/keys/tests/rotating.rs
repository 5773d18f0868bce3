//! Rotations: by command, on schedule, by a change of the algorithm; and revocation.

use herald_core::jwt::Algorithm;
use tokio_util::sync::CancellationToken;

use super::*;

#[tokio::test]
async fn a_token_of_a_retired_key_verifies_until_it_is_over_and_not_a_moment_longer() {
    let world = World::new();
    let token = world.token().await.unwrap();
    world.keys.rotate(&world.tenant).await.unwrap();
    assert_ne!(kid_of(&world.token().await.unwrap()), kid_of(&token));
    world.pass(599_999);
    assert!(world.is_good(&token).await);
    world.pass(1);
    assert!(!world.is_good(&token).await);
    // The key itself goes 960 s after the rotation.
    world.pass(359_999);
    assert!(world.keys.verifying_key(&world.tenant, &kid_of(&token)).await.unwrap().is_some());
    assert_eq!(states(&world.keys().await), [KeyState::Current, KeyState::Next, KeyState::Retired]);
    world.pass(1);
    assert!(world.keys.verifying_key(&world.tenant, &kid_of(&token)).await.unwrap().is_none());
    assert!(!world.keys.is_known_now(&world.tenant.id, &kid_of(&token)));
    assert_eq!(states(&world.keys().await), [KeyState::Current, KeyState::Next]);
    assert_eq!(world.keys.jwks(&world.tenant).await.unwrap().len(), 2);
}

#[tokio::test]
async fn the_key_that_signs_was_published_before_the_rotation() {
    let world = World::new();
    for _ in 0..3 {
        let published = world.keys.jwks(&world.tenant).await.unwrap();
        let listed = world.keys.rotate(&world.tenant).await.unwrap();
        let signer = kid_of(&world.token().await.unwrap());
        assert_eq!(listed[0].kid, signer);
        assert!(published.iter().any(|jwk| jwk.kid() == signer));
    }
}

#[tokio::test]
async fn revoked_keys_stop_at_once() {
    let world = World::new();
    let before = world.token().await.unwrap();
    world.keys.rotate(&world.tenant).await.unwrap();
    let after = world.token().await.unwrap();
    let old = world.keys().await;
    let new = world.keys.revoke_all(&world.tenant).await.unwrap();
    assert_eq!(states(&new), [KeyState::Current, KeyState::Next]);
    assert!(new.iter().all(|key| old.iter().all(|old| old.kid != key.kid)));
    for token in [before, after] {
        assert!(!world.keys.is_known_now(&world.tenant.id, &kid_of(&token)));
        assert!(!world.is_good(&token).await);
    }
    assert!(world.is_good(&world.token().await.unwrap()).await);
}

#[tokio::test]
async fn a_change_of_the_algorithm_takes_effect_at_the_next_use() {
    let mut world = World::new();
    let old = world.token().await.unwrap();
    world.tenant.sessions.algorithm = Algorithm::EdDsa;
    let new = world.token().await.unwrap();
    assert_eq!(jwt::peek(&new).unwrap().alg, "EdDSA");
    assert!(world.is_good(&old).await && world.is_good(&new).await);
    let keys = world.keys().await;
    assert_eq!(states(&keys), [KeyState::Current, KeyState::Next, KeyState::Retired]);
    let algorithms: Vec<_> = keys.iter().map(|key| key.algorithm).collect();
    assert_eq!(algorithms, [Algorithm::EdDsa, Algorithm::EdDsa, Algorithm::Es256]);
    assert_eq!(world.version().await, 2);
}

#[tokio::test]
async fn a_key_that_has_signed_for_its_time_is_rotated_by_its_next_use() {
    let mut world = World::new();
    world.tenant.sessions.key_rotation_seconds = 86_400;
    let first = world.keys().await;
    world.pass(86_399_999);
    assert_eq!(kid_of(&world.token().await.unwrap()), first[0].kid);
    world.pass(1);
    assert_eq!(kid_of(&world.token().await.unwrap()), first[1].kid);
    assert_eq!(world.version().await, 2);
    assert_eq!(kid_of(&world.token().await.unwrap()), first[1].kid);
    assert_eq!(world.version().await, 2);
}

#[tokio::test]
async fn keys_that_nobody_uses_are_rotated_within_a_minute_and_a_tenant_without_is_left_without() {
    let world = World::new();
    let tenants = vec![world.tenant.clone(), tenant("quiet")];
    world.context.tenants.store(Arc::new(Tenants::new(tenants)));
    world.keys().await;
    world.pass(i64::from(world.tenant.sessions.key_rotation_seconds) * 1000 - 30_000);
    let stop = CancellationToken::new();
    let background = tokio::spawn({
        let (keys, stop) = (world.keys.clone(), stop.clone());
        async move { keys.run(stop).await }
    });
    let reads = world.shaky.reads();
    while world.shaky.reads() < reads + 2 {
        tokio::task::yield_now().await;
    }
    assert_eq!(world.version().await, 1);
    let is_rotated = async {
        while world.version().await == 1 {
            // The first look may not have gone to sleep yet.
            world.pass(60_000);
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(10), is_rotated).await.expect("it is rotated");
    assert_eq!(world.version().await, 2);
    let quiet = TenantId::parse("quiet").unwrap();
    assert!(world.store.secret(&quiet, "signing-keys").await.unwrap().is_none());
    stop.cancel();
    background.await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_rotation_that_is_due_is_made_once_however_many_replicas_see_it() {
    let worlds = replicas::<4>();
    let old = worlds[0].keys().await;
    worlds[0].pass(i64::from(worlds[0].tenant.sessions.key_rotation_seconds) * 1000);
    let users: Vec<_> = (0..40)
        .map(|number| {
            let world = Arc::clone(&worlds[number % 4]);
            tokio::spawn(async move { world.token().await.unwrap() })
        })
        .collect();
    for user in users {
        let token = user.await.unwrap();
        // Whoever does not make the rotation may sign by the old key meanwhile.
        assert!(old.iter().any(|key| key.kid == kid_of(&token)));
        assert!(worlds[0].is_good(&token).await);
    }
    assert_eq!(worlds[0].version().await, 2);
}

#[tokio::test]
async fn of_commands_to_rotate_at_once_one_rotates() {
    let [here, there] = replicas();
    let old = here.keys().await;
    let token = there.token().await.unwrap();
    let rotate = |world: &Arc<World>| {
        let world = Arc::clone(world);
        async move { world.keys.rotate(&world.tenant).await.unwrap() }
    };
    let listed = tokio::join!(rotate(&here), rotate(&there), rotate(&here), rotate(&there));
    for listed in [listed.0, listed.1, listed.2, listed.3] {
        assert_eq!(listed[0].kid, old[1].kid);
    }
    assert_eq!(here.version().await, 2);
    assert_eq!(here.keys().await, there.keys().await);
    assert!(here.is_good(&token).await && there.is_good(&token).await);
    // One after the other they are two.
    rotate(&here).await;
    rotate(&there).await;
    assert_eq!(here.version().await, 4);
}

#[tokio::test]
async fn a_rotation_goes_on_when_its_caller_is_gone() {
    let world = World::new();
    world.keys().await;
    {
        let rotation = std::pin::pin!(world.keys.rotate(&world.tenant));
        assert!(futures_util::poll!(rotation).is_pending());
    }
    world.context.tasks.drained().await;
    assert_eq!(world.version().await, 2);
    assert_eq!(states(&world.keys().await).len(), 3);
}

fn replicas<const N: usize>() -> [Arc<World>; N] {
    let first = Arc::new(World::new());
    std::array::from_fn(|number| if number == 0 { Arc::clone(&first) } else { Arc::new(first.replica()) })
}
