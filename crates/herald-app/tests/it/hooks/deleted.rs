//! A deleted user gets no session from a login that was under way.

use herald_app::{ClaimError, Claimed, RefreshError};
use herald_core::{
    id::LoginId,
    login::{Ending, FailureCode, LoginStatus, Phase},
    secret::ClaimSecret,
    session::EndReason,
};
use herald_testkit::late_store::{LateStore, Trouble, Write};

use crate::{
    sessions::{is_active, refresh, tokens},
    sites,
    world::{WEB_SITE, World, claimed},
};

/// A confirmed login, and what claims it.
type Confirmed = (LoginId, ClaimSecret, String);

async fn claim(world: &World, (id, secret, code): &Confirmed) -> Result<Claimed, ClaimError> {
    world.herald.logins().claim(&world.tenant(), *id, secret.expose(), Some(code)).await
}

/// Why each session of the tenant ended.
async fn ends(world: &World) -> Vec<Option<EndReason>> {
    let (sessions, _) = world.herald.sessions().list(&world.tenant(), None, None, None, 10).await.unwrap();
    sessions.iter().map(|session| session.end.as_ref().map(|end| end.reason)).collect()
}

#[tokio::test]
async fn a_login_that_was_confirmed_before_cannot_be_claimed() {
    let world = World::new().await.with_hooks();
    let ivan = world.confirmed("web").await;
    world.web.user_is("olga");
    let olga = world.confirmed("web").await;
    world.hears("web", "evt-1 deleted ivan").await.unwrap();
    for _ in 0..2 {
        assert!(matches!(claim(&world, &ivan).await, Err(ClaimError::Ended(LoginStatus::Failed))));
    }
    let login = world.login(ivan.0).await;
    let rejected = Ending::Failed(FailureCode::IdentityRejected);
    assert!(matches!(&login.phase, Phase::Ended { ending, .. } if *ending == rejected));
    let olga = claim(&world, &olga).await.unwrap();
    assert!(is_active(&world, tokens(&olga).0).await);
    assert_eq!(ends(&world).await, [None]);
}

#[tokio::test]
async fn a_login_of_a_site_that_was_confirmed_before_is_not_entered() {
    let world = World::new().await.with_hooks();
    let login = sites::confirmed(&world, WEB_SITE).await;
    world.hears("web", "evt-1 deleted ivan").await.unwrap();
    assert!(world.herald.sites().enter(&login).await.unwrap().is_none());
    assert_eq!(world.login(login.terms.id).await.status(), LoginStatus::Failed);
    assert!(ends(&world).await.is_empty());
}

#[tokio::test]
async fn what_was_claimed_before_is_neither_handed_out_again_nor_refreshed() {
    let world = World::new().await.with_hooks();
    let login = world.confirmed("web").await;
    let claimed = claim(&world, &login).await.unwrap();
    world.hears("web", "evt-1 deleted ivan").await.unwrap();
    assert!(matches!(claim(&world, &login).await, Err(ClaimError::AlreadyClaimed)));
    assert!(!is_active(&world, tokens(&claimed).0).await);
    let refreshed = refresh(&world, tokens(&claimed).1).await;
    assert!(matches!(refreshed, Err(RefreshError::Refused)), "{refreshed:?}");
}

#[tokio::test]
async fn a_user_of_the_same_name_at_another_account_is_another_user() {
    let world = World::new().await.with_hooks();
    let login = world.confirmed("main").await;
    world.hears("web", "evt-1 deleted ivan").await.unwrap();
    assert!(is_active(&world, tokens(&claim(&world, &login).await.unwrap()).0).await);
}

#[tokio::test]
async fn a_deletion_is_remembered_for_a_day() {
    let world = World::new().await.with_hooks();
    world.hears("web", "evt-1 deleted ivan").await.unwrap();
    let day = 24 * 60 * 60;
    world.pass(day - 1);
    let login = world.confirmed("web").await;
    assert!(matches!(claim(&world, &login).await, Err(ClaimError::Ended(LoginStatus::Failed))));
    world.pass(1);
    assert!(is_active(&world, tokens(&claimed(&world, "web").await).0).await);
}

/// A claim whose store goes wrong like this, up to the moment in which it did.
async fn claiming(trouble: Trouble) -> (World, std::sync::Arc<LateStore>, Confirmed) {
    let (world, late) = World::with_late_store().await;
    let world = world.with_hooks();
    let login = world.confirmed("web").await;
    late.troubles(Write::ClaimLogin, [trouble]);
    (world, late, login)
}

#[tokio::test]
async fn a_deletion_in_the_middle_of_a_claim_ends_it_with_nothing_handed_out() {
    let (world, late, login) = claiming(Trouble::Slow).await;
    let running = tokio::spawn({
        let (world, login) = (world.clone(), (login.0, login.1.clone(), login.2.clone()));
        async move { claim(&world, &login).await }
    });
    late.struck(1).await;
    world.hears("web", "evt-1 deleted ivan").await.unwrap();
    assert_eq!(late.apply_now().await.unwrap(), 1);
    assert!(matches!(running.await.unwrap(), Err(ClaimError::AlreadyClaimed)));
    assert_eq!(ends(&world).await, [Some(EndReason::UserDeleted)]);
}

#[tokio::test]
async fn a_session_that_the_deletion_did_not_see_is_ended_when_its_claim_comes_again() {
    let (world, late, login) = claiming(Trouble::Later).await;
    assert!(matches!(claim(&world, &login).await, Err(ClaimError::Login(_))));
    world.hears("web", "evt-1 deleted ivan").await.unwrap();
    assert_eq!(late.apply_now().await.unwrap(), 1);
    assert_eq!(ends(&world).await, [None]);
    assert!(matches!(claim(&world, &login).await, Err(ClaimError::AlreadyClaimed)));
    assert_eq!(ends(&world).await, [Some(EndReason::UserDeleted)]);
}
