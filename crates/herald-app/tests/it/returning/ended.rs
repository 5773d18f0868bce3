//! Logins that have ended when the browser comes back: what it brings is consumed and thrown away.

use std::{sync::Arc, time::Duration};

use herald_core::{
    error::{ErrorKind, Retry},
    id::LoginId,
    login::{Leftover, Login, LoginStatus, Phase},
};
use herald_testkit::fake_provider::Ends;

use super::query;
use crate::world::World;

fn leftover(login: &Login) -> Option<&Leftover> {
    match &login.phase {
        Phase::Ended { leftover, .. } => leftover.as_ref(),
        _ => panic!("it has not ended"),
    }
}

async fn cancelled(world: &World) -> LoginId {
    let (id, _) = world.start("web").await;
    world.herald.logins().cancel(&world.tenant(), id).await.unwrap();
    id
}

/// The browser comes back with this code.
async fn returned(world: &World, id: LoginId, code: &str) -> Arc<Login> {
    let login = world.login(id).await;
    world.herald.logins().returned(&login, query("code", code), vec![]).await.unwrap()
}

#[tokio::test]
async fn what_comes_back_after_a_cancel_is_consumed_once_and_thrown_away() {
    let world = World::new().await;
    let id = cancelled(&world).await;
    for code in ["c", "c", "another"] {
        let back = returned(&world, id, code).await;
        assert_eq!((back.status(), leftover(&back)), (LoginStatus::Cancelled, None));
        assert_eq!(world.web.redeem_count(), 1, "{code}");
    }
}

#[tokio::test]
async fn what_comes_back_while_the_login_is_cancelled_is_consumed_and_thrown_away() {
    let world = World::new().await;
    let (id, _) = world.start("web").await;
    let go = world.web.look_waits();
    let callback = tokio::spawn({
        let world = world.clone();
        async move { returned(&world, id, "c").await }
    });
    world.web.looks_reach(1).await;
    world.herald.logins().cancel(&world.tenant(), id).await.unwrap();
    go.send(()).unwrap();
    let back = callback.await.unwrap();
    assert_eq!((back.status(), leftover(&back)), (LoginStatus::Cancelled, None));
    assert_eq!(world.web.redeem_count(), 1);
}

#[tokio::test]
async fn of_many_who_come_back_to_an_ended_login_one_consumes() {
    let world = World::new().await;
    let go = world.web.redeem_waits();
    let id = cancelled(&world).await;
    let callbacks: Vec<_> = (0..20)
        .map(|_| {
            let world = world.clone();
            tokio::spawn(async move { returned(&world, id, "c").await })
        })
        .collect();
    world.web.redeems_reach(1).await;
    world.breath(0).await;
    go.send(()).unwrap();
    for callback in callbacks {
        assert_eq!(callback.await.unwrap().status(), LoginStatus::Cancelled);
    }
    let login = world.login(id).await;
    assert_eq!((world.web.redeem_count(), leftover(&login)), (1, None));
}

#[tokio::test]
async fn what_comes_back_after_the_wait_is_consumed_to_the_providers_own_end_and_no_longer() {
    for (seconds, redeems) in [(299, 1), (300, 0)] {
        let world = World::new().await;
        let (id, _) = world.start("web").await;
        world.pass(300);
        world.until_status(id, LoginStatus::Expired).await;
        world.pass(seconds);
        assert_eq!(returned(&world, id, "c").await.status(), LoginStatus::Expired);
        assert_eq!(world.web.redeem_count(), redeems, "{seconds} s later");
    }
}

#[tokio::test]
async fn a_refusal_that_comes_back_to_an_ended_login_leaves_nothing() {
    let world = World::new().await;
    let id = cancelled(&world).await;
    let login = world.login(id).await;
    let back = world.herald.logins().returned(&login, query("error", "access_denied"), vec![]).await.unwrap();
    assert_eq!((back.status(), leftover(&back)), (LoginStatus::Cancelled, None));
    assert_eq!(world.web.redeem_count(), 0);
}

#[tokio::test]
async fn what_a_provider_would_not_take_back_yet_is_tried_again_without_the_browser() {
    let world = World::new().await;
    let later = Retry::After(Duration::from_secs(3));
    world.web.redeem_ends([Ends::Fails(ErrorKind::RateLimited, later)]);
    let id = cancelled(&world).await;
    let back = returned(&world, id, "c").await;
    assert!(leftover(&back).is_some_and(|left| left.not_before.is_some()), "{back:?}");
    // Meanwhile the browser changes nothing.
    returned(&world, id, "c").await;
    assert_eq!(world.web.redeem_count(), 1);
    world.pass(3);
    world.until(id, |login| leftover(login).is_none()).await;
    assert_eq!((world.web.redeem_count(), world.login(id).await.status()), (2, LoginStatus::Cancelled));
}

#[tokio::test]
async fn an_exchange_that_was_put_off_is_made_for_nobody_when_the_login_ends_before_it() {
    let world = World::new().await;
    let later = Retry::After(Duration::from_secs(3));
    world.web.redeem_ends([Ends::Fails(ErrorKind::RateLimited, later)]);
    let (id, _) = world.start("web").await;
    let login = world.login(id).await;
    let callback = world.herald.logins().returned(&login, query("code", "c"), vec![]);
    drop(tokio::time::timeout(Duration::ZERO, callback).await);
    world.until(id, |login| matches!(login.phase, Phase::Ready { .. })).await;
    world.herald.logins().cancel(&world.tenant(), id).await.unwrap();
    world.pass(3);
    world.until(id, |login| leftover(login).is_none()).await;
    assert_eq!((world.web.redeem_count(), world.login(id).await.status()), (2, LoginStatus::Cancelled));
}
