//! Keys are made at first use, once, and lie sealed.

use std::collections::HashSet;

use herald_core::seal::Place;
use serde_json::Value;

use super::*;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_racing_first_users_all_get_the_same_keys() {
    let here = Arc::new(World::new());
    let worlds = [Arc::clone(&here), Arc::new(here.replica())];
    let users: Vec<_> = (0..60)
        .map(|number| {
            let world = Arc::clone(&worlds[number % 2]);
            tokio::spawn(async move {
                match number % 3 {
                    0 => kid_of(&world.token().await.unwrap()),
                    1 => world.keys().await[0].kid.clone(),
                    _ => world.keys.jwks(&world.tenant).await.unwrap()[0].kid().to_owned(),
                }
            })
        })
        .collect();
    let mut kids = HashSet::new();
    for user in users {
        kids.insert(user.await.unwrap());
    }
    assert_eq!(kids.len(), 1);
    assert_eq!(here.version().await, 1);
}

#[tokio::test]
async fn a_new_ring_has_a_key_that_signs_and_one_that_will() {
    let world = World::new();
    let keys = world.keys().await;
    assert_eq!(states(&keys), [KeyState::Current, KeyState::Next]);
    assert!(keys.iter().all(|key| key.created_at == world.clock.now() && key.verifies_until.is_none()));
    let published: Vec<_> =
        world.keys.jwks(&world.tenant).await.unwrap().iter().map(|jwk| jwk.kid().to_owned()).collect();
    assert_eq!(published, keys.iter().map(|key| key.kid.clone()).collect::<Vec<_>>());
    let token = world.token().await.unwrap();
    assert_eq!(kid_of(&token), keys[0].kid);
    let claims = world.read(&token).await.unwrap().unwrap();
    assert_eq!(claims.iss, "https://herald.example/t/acme");
}

#[tokio::test]
async fn to_verify_makes_no_keys() {
    let world = World::new();
    assert!(world.keys.verifying_key(&world.tenant, "k").await.unwrap().is_none());
    assert!(world.row().await.is_none());
}

#[tokio::test]
async fn a_restart_finds_the_same_keys() {
    let world = World::new();
    let (token, keys) = (world.token().await.unwrap(), world.keys().await);
    let after = world.replica();
    assert_eq!(after.keys().await, keys);
    assert!(after.is_good(&token).await);
}

#[tokio::test]
async fn tenants_have_keys_of_their_own() {
    let world = World::new();
    let other = tenant("other");
    let token = world.token().await.unwrap();
    let theirs = world.keys.list(&other).await.unwrap();
    assert!(world.keys().await.iter().all(|key| theirs.iter().all(|their| their.kid != key.kid)));
    assert!(world.keys.verifying_key(&other, &kid_of(&token)).await.unwrap().is_none());
    assert!(!world.keys.is_known_now(&other.id, &kid_of(&token)));
    assert!(world.keys.is_known_now(&world.tenant.id, &kid_of(&token)));
}

#[tokio::test]
async fn keys_lie_sealed_and_open_in_their_own_place_only() {
    let world = World::new();
    world.keys().await;
    let row = world.row().await.unwrap();
    let vault = &world.context.vault;
    let open: Value = vault.open(&world.tenant.id, "secret", "signing-keys", &row.body).unwrap();
    let private = open["current"]["pkcs8"].as_str().unwrap();
    assert!(private.len() > 80);
    let stored = row.body.as_bytes();
    let der = base64::Engine::decode(&base64::engine::general_purpose::URL_SAFE_NO_PAD, private).unwrap();
    let kid = kid_of(&world.token().await.unwrap());
    // 16 bytes of a key are enough to know it by.
    for secret in [&private.as_bytes()[40..56], &der[40..56], b"pkcs8", kid.as_bytes()] {
        assert!(!stored.windows(secret.len()).any(|part| part == secret));
    }
    let other = TenantId::parse("other").unwrap();
    assert!(vault.open::<Value>(&other, "secret", "signing-keys", &row.body).is_err());
    let keyring = Keyring::new(&[Zeroizing::new([8; 32])]).unwrap();
    let place = Place { tenant: Some(&world.tenant.id), kind: "secret", id: "signing-keys" };
    assert!(keyring.open(place, &row.body).is_err());
}
