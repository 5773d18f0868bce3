//! Claims: in which order they are refused, and what they give.

use std::{sync::Arc, time::Duration};

use herald_app::{CancelError, ClaimError, Claimed, LoginError, Tenants};
use herald_core::{id::LoginId, login::LoginStatus, secret::ClaimSecret};
use herald_testkit::fake_provider::Person;

use crate::world::World;

async fn confirmed(world: &World) -> (LoginId, ClaimSecret, String) {
    world.confirmed("main").await
}

pub(crate) async fn claim(
    world: &World,
    id: LoginId,
    secret: &str,
    code: Option<&str>,
) -> Result<Claimed, ClaimError> {
    world.herald.logins().claim(&world.tenant(), id, secret, code).await
}

#[tokio::test]
async fn secret_and_code_claim_once_and_the_same_claim_gives_the_same_for_a_minute() {
    let world = World::new().await;
    let (id, secret, code) = confirmed(&world).await;
    let first = claim(&world, id, secret.expose(), Some(&code)).await.unwrap();
    world.pass(59);
    let again = claim(&world, id, secret.expose(), Some(&code)).await.unwrap();
    assert_eq!(
        (first.subject, &first.login, &first.identity),
        (again.subject, &again.login, &again.identity)
    );
    world.pass(2);
    assert!(matches!(claim(&world, id, secret.expose(), Some(&code)).await, Err(ClaimError::AlreadyClaimed)));
}

#[tokio::test]
async fn a_claim_is_refused_in_the_order_of_the_contract() {
    let world = World::new().await;
    // At the other provider: what a cancelled login leaves at a polled one would be consumed beside the second login.
    let (pending, pending_secret) = world.start("web").await;
    let stranger = LoginId::from_u128(1);
    let wrong = "hcs_wrong";
    assert!(matches!(claim(&world, stranger, wrong, None).await, Err(ClaimError::NotFound)));
    assert!(matches!(claim(&world, pending, wrong, None).await, Err(ClaimError::Refused)));
    assert!(matches!(claim(&world, pending, pending_secret.expose(), None).await, Err(ClaimError::Pending)));
    world.herald.logins().cancel(&world.tenant(), pending).await.unwrap();
    let ended = claim(&world, pending, pending_secret.expose(), None).await;
    assert!(matches!(ended, Err(ClaimError::Ended(LoginStatus::Cancelled))));

    let (id, secret, code) = confirmed(&world).await;
    assert!(matches!(claim(&world, id, secret.expose(), None).await, Err(ClaimError::Refused)));
    assert!(matches!(claim(&world, id, secret.expose(), Some("hcc_wrong")).await, Err(ClaimError::Refused)));
    assert!(matches!(claim(&world, id, &code, Some(&code)).await, Err(ClaimError::Refused)));
    assert!(claim(&world, id, secret.expose(), Some(&code)).await.is_ok());
    assert!(matches!(claim(&world, id, wrong, Some(&code)).await, Err(ClaimError::Refused)));
    assert!(matches!(
        claim(&world, id, secret.expose(), Some("hcc_wrong")).await,
        Err(ClaimError::AlreadyClaimed)
    ));
    assert!(matches!(claim(&world, id, secret.expose(), None).await, Err(ClaimError::AlreadyClaimed)));
    assert!(matches!(world.herald.logins().cancel(&world.tenant(), id).await, Err(CancelError::Claimed)));
}

#[tokio::test]
async fn of_racing_claims_all_get_the_same_subject() {
    let world = World::new().await;
    let (id, secret, code) = confirmed(&world).await;
    let claims: Vec<_> = (0..50)
        .map(|_| {
            let (world, secret, code) = (world.clone(), secret.clone(), code.clone());
            tokio::spawn(
                async move { claim(&world, id, secret.expose(), Some(&code)).await.map(|c| c.subject) },
            )
        })
        .collect();
    let mut subjects = std::collections::HashSet::new();
    for claim in claims {
        subjects.insert(claim.await.unwrap().unwrap());
    }
    assert_eq!(subjects.len(), 1);
}

#[tokio::test]
async fn a_person_is_the_same_subject_at_every_login_and_another_person_is_not() {
    let world = World::new().await;
    let mut subjects = vec![];
    for user in ["ivan", "ivan", "olga"] {
        world.polled.user_is(user);
        let (id, secret, code) = confirmed(&world).await;
        subjects.push(claim(&world, id, secret.expose(), Some(&code)).await.unwrap().subject);
    }
    assert_eq!(subjects[0], subjects[1]);
    assert_ne!(subjects[0], subjects[2]);
}

#[tokio::test]
async fn a_confirmed_login_past_its_time_is_not_claimed() {
    let world = World::new().await;
    let (id, secret, code) = confirmed(&world).await;
    world.pass(300);
    let late = claim(&world, id, secret.expose(), Some(&code)).await;
    assert!(matches!(late, Err(ClaimError::Ended(LoginStatus::Expired))));
}

#[tokio::test]
async fn a_login_whose_account_is_gone_is_left_alone_until_it_is_back() {
    let world = World::new().await;
    let (id, _) = world.start("main").await;
    let mut other = world.tenant_value();
    other.connections.retain(|name, _| name.as_str() != "main");
    world.herald.replace_tenants(Tenants::new(vec![other]));
    let gone = world.herald.logins().get(&world.tenant(), id).await;
    assert!(matches!(gone, Err(LoginError::AccountGone)));

    world.polled.person_is(Person::Confirmed);
    world.herald.replace_tenants(Tenants::new(vec![world.tenant_value()]));
    // Whoever watched it gave up when the account was gone; the lease runs out, and it is taken up again.
    world.pass(31);
    world.until_status(id, LoginStatus::Confirmed).await;
}

#[tokio::test]
async fn a_poll_in_flight_takes_no_answer_for_an_account_that_is_gone_when_it_ends() {
    let world = World::new().await;
    let (id, secret) = world.start("main").await;
    world.polled.is_watched().await;
    let mut other = world.tenant_value();
    other.connections.retain(|name, _| name.as_str() != "main");
    world.herald.replace_tenants(Tenants::new(vec![other]));
    let pending = claim(&world, id, secret.expose(), None).await;
    assert!(matches!(pending, Err(ClaimError::Login(LoginError::AccountGone))), "{pending:?}");

    // The poll that still holds the line hears of the yes.
    world.polled.person_is(Person::Confirmed);
    let redeemed = tokio::time::timeout(Duration::from_millis(300), world.polled.redeems_reach(1)).await;
    assert!(redeemed.is_err(), "the answer was taken for an account that nobody has configured");
    world.herald.replace_tenants(Tenants::new(vec![world.tenant_value()]));
    world.pass(31);
    world.until_status(id, LoginStatus::Confirmed).await;
    assert_eq!(world.polled.redeem_count(), 1);
}

#[tokio::test]
async fn another_tenant_finds_nothing() {
    let world = World::new().await;
    let (id, secret, code) = confirmed(&world).await;
    let mut other = world.tenant_value();
    other.id = herald_core::id::TenantId::parse("other").unwrap();
    let other = Arc::new(other);
    let logins = world.herald.logins();
    assert!(logins.get(&other, id).await.unwrap().is_none());
    assert!(logins.watch(&other, id).await.unwrap().is_none());
    assert!(matches!(
        logins.claim(&other, id, secret.expose(), Some(&code)).await,
        Err(ClaimError::NotFound)
    ));
    assert!(matches!(logins.cancel(&other, id).await, Err(CancelError::NotFound)));
    assert!(logins.list(&other, None, None, None, 10).await.unwrap().0.is_empty());
}
