//! Logins whose browser comes back.

mod ended;
mod late;

use std::time::Duration;

use herald_core::{
    login::{LoginStatus, Phase},
    secret::BrowserToken,
};
use herald_testkit::fake_provider::Ends;

use crate::world::World;

fn query(name: &str, value: &str) -> Vec<(String, String)> {
    vec![(name.to_owned(), value.to_owned())]
}

#[tokio::test]
async fn of_a_hundred_callbacks_one_makes_the_exchange() {
    let world = World::new().await;
    let (id, _) = world.start("web").await;
    let login = world.login(id).await;
    let callbacks: Vec<_> = (0..100)
        .map(|_| {
            let (world, login) = (world.clone(), login.clone());
            tokio::spawn(
                async move { world.herald.logins().returned(&login, query("code", "c"), vec![]).await },
            )
        })
        .collect();
    for callback in callbacks {
        assert_eq!(callback.await.unwrap().unwrap().status(), LoginStatus::Confirmed);
    }
    assert_eq!(world.web.redeem_count(), 1);
}

#[tokio::test]
async fn a_replayed_callback_changes_nothing() {
    let world = World::new().await;
    let (id, _) = world.start("web").await;
    let login = world.login(id).await;
    let first = world.herald.logins().returned(&login, query("code", "c"), vec![]).await.unwrap();
    let again =
        world.herald.logins().returned(&login, query("error", "access_denied"), vec![]).await.unwrap();
    assert_eq!(first, again);
    assert_eq!(world.web.redeem_count(), 1);
}

#[tokio::test]
async fn a_refusal_comes_back_as_denied() {
    let world = World::new().await;
    let (id, _) = world.start("web").await;
    let login = world.login(id).await;
    let back = world.herald.logins().returned(&login, query("error", "access_denied"), vec![]).await.unwrap();
    assert_eq!(back.status(), LoginStatus::Denied);
}

#[tokio::test]
async fn a_caller_who_hangs_up_does_not_stop_the_exchange() {
    let world = World::new().await;
    let (id, _) = world.start("web").await;
    let login = world.login(id).await;
    let callback = world.herald.logins().returned(&login, query("code", "c"), vec![]);
    drop(tokio::time::timeout(Duration::ZERO, callback).await);
    world.until_status(id, LoginStatus::Confirmed).await;
    assert_eq!(world.web.redeem_count(), 1);
}

#[tokio::test]
async fn the_first_browser_is_bound_and_no_other() {
    let world = World::new().await;
    let (id, _) = world.start("web").await;
    let logins = world.herald.logins();
    let (mine, other) = (logins.new_browser_token(), logins.new_browser_token());
    let login = world.login(id).await;
    let (mine, other) = ([mine.expose()], [other.expose()]);
    let bound = logins.bind(&login, &mine).await.unwrap().expect("the first is bound");
    assert!(logins.is_bound_to(&bound, &mine) && !logins.is_bound_to(&bound, &other));
    assert!(logins.bind(&login, &mine).await.unwrap().is_some());
    assert!(logins.bind(&login, &other).await.unwrap().is_none());
    assert!(logins.bind(&login, &[]).await.unwrap().is_none() && !logins.is_bound_to(&bound, &[]));
}

#[tokio::test]
async fn a_browser_that_has_several_tokens_is_bound_by_one_and_known_by_any_that_comes_with_it() {
    let world = World::new().await;
    let (id, _) = world.start("web").await;
    let logins = world.herald.logins();
    let tokens = [(); 3].map(|()| logins.new_browser_token());
    let [first, second, strangers] = tokens.each_ref().map(BrowserToken::expose);
    let login = world.login(id).await;
    let bound = logins.bind(&login, &[first, second]).await.unwrap().expect("the first is bound");
    // Its other tab sent them the other way round, at the same time.
    assert!(logins.bind(&login, &[second, first]).await.unwrap().is_some());
    assert!(logins.is_bound_to(&bound, &[second, first]) && logins.is_bound_to(&bound, &[first]));
    for other in [&[second][..], &[strangers], &[strangers, second]] {
        assert!(!logins.is_bound_to(&bound, other));
        assert!(logins.bind(&login, other).await.unwrap().is_none());
    }
}

#[tokio::test]
async fn a_login_is_found_by_id_only_by_its_own_names() {
    let world = World::new().await;
    let (id, _) = world.start("web").await;
    let logins = world.herald.logins();
    let login = logins.find_by_id(id).await.unwrap().expect("found by id");
    assert!(logins.find_by_qr(login.terms.qr_token.expose()).await.unwrap().is_some());
    assert!(logins.find_by_state(login.terms.qr_token.expose()).await.unwrap().is_none());
    assert!(logins.find_by_state(&"x".repeat(10_000)).await.unwrap().is_none());
}

#[tokio::test]
async fn a_browser_is_not_kept_waiting_for_a_slow_provider_for_ever() {
    let world = World::new().await;
    let (id, _) = world.start("web").await;
    let login = world.login(id).await;
    world.web.redeem_ends([Ends::Hangs]);
    let callback = world.herald.logins().returned(&login, query("code", "c"), vec![]);
    let time = async {
        world.until(id, |login| matches!(login.phase, Phase::Redeeming { .. })).await;
        world.pass(25);
    };
    let (back, ()) = tokio::join!(callback, time);
    assert_eq!(back.unwrap().status(), LoginStatus::Pending);
}

#[tokio::test]
async fn a_browser_holds_a_few_streams_and_takes_no_callers_place() {
    let world = World::new().await;
    let (id, _) = world.start("web").await;
    let login = world.login(id).await;
    let logins = world.herald.logins();
    let mut streams = vec![];
    while let Ok(Some(stream)) = logins.watch_by_browser(&login).await {
        streams.push(stream);
        assert!(streams.len() <= 8, "a browser has as many as it likes");
    }
    assert_eq!(streams.len(), 8);
    assert!(logins.watch(&world.tenant(), id).await.unwrap().is_some());
    streams.pop();
    assert!(logins.watch_by_browser(&login).await.is_ok());
}
