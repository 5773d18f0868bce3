//! What the shelf of a token promises to the replicas that share it.

use std::{sync::Arc, time::Duration};

use herald_core::{
    clock::Clock as _,
    id::TenantId,
    provider::{ProviderAccount, ProviderName},
    token_shelf::{Shelf, ShelvedToken, TokenShelf, Turn},
};
use herald_testkit::late_store::{Trouble, Write};
use jiff::SignedDuration;
use secrecy::{ExposeSecret as _, SecretString};

use crate::world::World;

const LEASE: Duration = Duration::from_secs(15);

fn shelf(world: &World, tenant: &str, account: &str) -> Arc<dyn TokenShelf> {
    let account = ProviderAccount { provider: ProviderName::ANTARA, account: account.to_owned() };
    world.herald.shared_tokens().of(&TenantId::parse(tenant).unwrap(), &account, "https://api.antara.example")
}

/// Two replicas' shelves of one token.
async fn two() -> (World, Arc<dyn TokenShelf>, Arc<dyn TokenShelf>) {
    let world = World::new().await;
    let other = world.replica("replica-2").await;
    let shelves = (shelf(&world, "acme", "app"), shelf(&other, "acme", "app"));
    (world, shelves.0, shelves.1)
}

fn token(world: &World, text: &str) -> ShelvedToken {
    let now = world.clock.now();
    ShelvedToken {
        token: text.into(),
        renew_at: now + SignedDuration::from_secs(80),
        expires_at: now + SignedDuration::from_secs(100),
    }
}

async fn turn(shelf: &Arc<dyn TokenShelf>, refused: Option<&SecretString>) -> Turn {
    match shelf.look(refused, LEASE).await.unwrap() {
        Shelf::Fetch(turn) => turn,
        other => panic!("not ours to fetch: {other:?}"),
    }
}

async fn found(shelf: &Arc<dyn TokenShelf>) -> Option<String> {
    match shelf.look(None, LEASE).await.unwrap() {
        Shelf::Token(token) => Some(token.token.expose_secret().to_owned()),
        Shelf::Fetch(_) | Shelf::Wait(_) => None,
    }
}

#[tokio::test]
async fn of_many_who_look_one_fetches() {
    let (world, one, other) = two().await;
    let looks = futures_util::future::join_all((0..50).map(|number| {
        let shelf = if number % 2 == 0 { &one } else { &other };
        async move { shelf.look(None, LEASE).await.unwrap() }
    }));
    let turns: Vec<Turn> = looks
        .await
        .into_iter()
        .filter_map(|look| match look {
            Shelf::Fetch(turn) => Some(turn),
            Shelf::Wait(_) => None,
            Shelf::Token(_) => panic!("nobody has fetched one"),
        })
        .collect();
    let [turn] = turns[..] else { panic!("{} turns", turns.len()) };
    one.put(turn, &token(&world, "aat_1")).await.unwrap();
    assert_eq!(found(&other).await.as_deref(), Some("aat_1"));
    // Another tenant's and another account's lie elsewhere.
    assert_eq!(found(&shelf(&world, "zenith", "app")).await, None);
    assert_eq!(found(&shelf(&world, "acme", "app-2")).await, None);
    // It is renewed by one, too.
    world.clock.advance(SignedDuration::from_secs(80));
    let renewal = self::turn(&other, None).await;
    assert!(matches!(one.look(None, LEASE).await.unwrap(), Shelf::Wait(_)));
    other.put(renewal, &token(&world, "aat_2")).await.unwrap();
    assert_eq!(found(&one).await.as_deref(), Some("aat_2"));
}

#[tokio::test]
async fn who_dies_fetching_holds_nobody_up_for_longer_than_his_lease() {
    let (world, dead, heir) = two().await;
    let lost = turn(&dead, None).await;
    assert!(matches!(heir.look(None, LEASE).await.unwrap(), Shelf::Wait(_)));
    world.clock.advance(SignedDuration::from_secs(15));
    let taken = turn(&heir, None).await;
    // The one who was only slow has lost his turn.
    dead.put(lost, &token(&world, "aat_late")).await.unwrap();
    dead.give_up(lost).await.unwrap();
    heir.put(taken, &token(&world, "aat_heir")).await.unwrap();
    assert_eq!(found(&dead).await.as_deref(), Some("aat_heir"));
    // Who fails gives his turn to the next.
    world.clock.advance(SignedDuration::from_secs(100));
    let failed = turn(&dead, None).await;
    dead.give_up(failed).await.unwrap();
    turn(&heir, None).await;
}

#[tokio::test]
async fn a_refused_token_is_fetched_anew_once() {
    let (world, one, other) = two().await;
    let first = turn(&one, None).await;
    one.put(first, &token(&world, "aat_1")).await.unwrap();
    let refused = SecretString::from("aat_1");
    let again = turn(&one, Some(&refused)).await;
    assert!(matches!(other.look(Some(&refused), LEASE).await.unwrap(), Shelf::Wait(_)));
    one.put(again, &token(&world, "aat_2")).await.unwrap();
    // Who was refused the same one takes the new one.
    let found = other.look(Some(&refused), LEASE).await.unwrap();
    assert!(matches!(found, Shelf::Token(token) if token.token.expose_secret() == "aat_2"));
}

#[tokio::test]
async fn a_store_that_refuses_although_nothing_newer_lies_there_is_asked_again_in_a_moment() {
    let (world, late) = World::with_late_store().await;
    let shelf = shelf(&world, "acme", "app");
    // As long as its clock and ours do not agree that what lay there is gone.
    late.troubles(Write::ReplaceSecret, [Trouble::Refused; 3]);
    for _ in 0..3 {
        assert!(
            matches!(shelf.look(None, LEASE).await.unwrap(), Shelf::Wait(until) if until > world.clock.now())
        );
    }
    turn(&shelf, None).await;
}
