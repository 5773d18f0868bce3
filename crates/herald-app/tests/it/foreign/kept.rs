//! What is kept of a refresh of a provider's session, and for how long.

use std::sync::Arc;

use herald_app::RefreshCookiesError;
use herald_core::{
    id::TenantId,
    seal::{Keyring, Place},
    store::{Change, ChangeStore as _, SecretStore as _},
};
use herald_testkit::{
    fake_clock::FakeClock,
    fake_sessions::Says,
    late_store::{Trouble, Write},
    shared_store::SharedStore,
};
use zeroize::Zeroizing;

use super::{COOKIES, first, refresh, refreshing, sent, until_sent};
use crate::world::{self, World};

/// What such secrets are called, and sealed as.
const KINDS: [&str; 2] = ["cookie-refresh", "cookie-answer"];

/// A world, and another replica's ear for what is written there.
async fn heard() -> (World, Arc<SharedStore>) {
    let clock = Arc::new(FakeClock::default());
    let mut handles = SharedStore::handles(&world::store(&clock), 2);
    let (ear, handle) = (handles.remove(1), handles.remove(0));
    (World::on(clock, handle.clone(), handle).await, ear)
}

/// The names of the secrets that were written since this was asked last.
async fn written(ear: &SharedStore) -> Vec<(TenantId, String)> {
    let mut names = vec![];
    loop {
        tokio::select! {
            biased;
            change = ear.next_change() => if let Change::Secret { tenant, name } = change {
                names.push((tenant, name));
            },
            () = std::future::ready(()) => return names,
        }
    }
}

/// What the store gives under these names, opened.
async fn kept(ear: &SharedStore, names: &[(TenantId, String)]) -> Vec<String> {
    let keyring = Keyring::new(&[Zeroizing::new([7; 32])]).unwrap();
    let mut opened = vec![];
    for (tenant, name) in names {
        let Some(kind) = KINDS.into_iter().find(|kind| name.split(':').next() == Some(kind)) else {
            continue;
        };
        let Some(row) = ear.secret(tenant, name).await.unwrap() else { continue };
        let place = Place { tenant: Some(tenant), kind, id: name };
        let plain = keyring.open(place, &row.body).expect("what is kept can be opened");
        opened.push(String::from_utf8(plain.to_vec()).unwrap());
    }
    opened
}

fn hold_cookies(kept: &[String]) -> bool {
    kept.iter().any(|plain| plain.contains("fake_refresh="))
}

#[tokio::test]
async fn after_a_minute_nothing_that_opens_holds_cookies_and_the_refusal_stands_for_a_day() {
    for is_rotated in [true, false] {
        let (world, ear) = heard().await;
        written(&ear).await;
        world.sessions.says([Says::Renewed { is_rotated }]);
        refresh(&world, COOKIES).await.unwrap();
        let names = written(&ear).await;
        assert!(hold_cookies(&kept(&ear, &names).await), "late comers are given them: {names:?}");
        world.pass(59);
        assert_eq!(first(&refresh(&world, COOKIES).await.unwrap()), "fake_refresh=0; HttpOnly");
        assert!(hold_cookies(&kept(&ear, &names).await));
        world.pass(2);
        let left = kept(&ear, &names).await;
        assert!(!hold_cookies(&left), "{left:?}");
        if !is_rotated {
            continue;
        }
        let refused = async || matches!(refresh(&world, COOKIES).await, Err(RefreshCookiesError::Refused));
        assert!(!left.is_empty() && refused().await);
        world.pass(24 * 3600 - 62);
        assert!(refused().await, "a second before the day is over");
        assert_eq!(sent(&world), 1);
        world.pass(1);
        refresh(&world, COOKIES).await.unwrap();
        assert_eq!(sent(&world), 2, "it is forgotten");
    }
}

#[tokio::test]
async fn what_could_not_be_kept_is_asked_for_again_only_if_the_token_is_good_still() {
    for is_rotated in [true, false] {
        for failures in [1, 2] {
            let (world, late) = World::with_late_store().await;
            world.sessions.says([Says::Renewed { is_rotated }]);
            world.sessions.hold();
            let caller = refreshing(&world);
            until_sent(&world).await;
            late.troubles(Write::ReplaceSecret, vec![Trouble::Before; failures]);
            world.sessions.let_through();
            assert_eq!(first(&caller.await.unwrap().unwrap()), "fake_refresh=0; HttpOnly");
            let late_comer = refresh(&world, COOKIES).await;
            let sent = sent(&world);
            match (failures, is_rotated) {
                (1, _) => assert_eq!((first(&late_comer.unwrap()), sent), ("fake_refresh=0; HttpOnly", 1)),
                (_, true) => {
                    assert!(matches!(late_comer, Err(RefreshCookiesError::Unclear)), "{late_comer:?}");
                    assert_eq!(sent, 1);
                }
                (_, false) => assert_eq!((late_comer.is_ok(), sent), (true, 2)),
            }
        }
    }
}

#[tokio::test]
async fn an_outcome_that_the_store_failed_to_note_is_handed_out_and_its_token_never_sent_again() {
    for failure in [Trouble::Before, Trouble::After, Trouble::Later] {
        let (world, late) = World::with_late_store().await;
        world.sessions.hold();
        let caller = refreshing(&world);
        until_sent(&world).await;
        // The cookies are kept, and then it is not noted that they are.
        late.troubles(Write::ReplaceSecret, [Trouble::Slow, failure]);
        world.sessions.let_through();
        late.struck(1).await;
        late.apply_now().await.unwrap();
        assert_eq!(first(&caller.await.unwrap().unwrap()), "fake_refresh=0; HttpOnly");
        late.apply_now().await.unwrap();
        if failure == Trouble::Before {
            // Whoever asked counts as alive until then.
            world.pass(31);
            let unclear = refresh(&world, COOKIES).await;
            assert!(matches!(unclear, Err(RefreshCookiesError::Unclear)), "{unclear:?}");
        } else {
            let late_comer = refresh(&world, COOKIES).await.unwrap();
            assert_eq!(first(&late_comer), "fake_refresh=0; HttpOnly");
        }
        assert_eq!(sent(&world), 1, "{failure:?}");
    }
}
