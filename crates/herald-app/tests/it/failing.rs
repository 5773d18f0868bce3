//! A store that fails while it writes: nobody can know whether it wrote, and nothing is lost or done twice for that.

use std::time::Duration;

use herald_app::{ClaimError, LoginError, RefreshCookiesError, RefreshError, SessionError};
use herald_core::{
    clock::Clock as _,
    id::{LoginId, SessionId},
    login::LoginStatus,
    seal::Sealed,
    store::StoreError,
};
use herald_testkit::late_store::{LateStore, Trouble, Write};
use jiff::SignedDuration;

use crate::{
    claiming::claim,
    foreign::{COOKIES, first, refresh as refresh_cookies, refreshing, sent, until_sent},
    sessions::{is_active, refresh, tokens},
    world::{World, claimed},
};

/// What a browser sends, and what it gets when that was refreshed.
const FIRST: &str = "fake_refresh=0; HttpOnly";

/// How a write fails.
const FAILURES: [Trouble; 3] = [Trouble::Before, Trouble::After, Trouble::Later];

fn is_away(error: &SessionError) -> bool {
    matches!(error, SessionError::Store(StoreError::Unavailable(_)))
}

/// A refresh that the store failed before anything was sent.
async fn failed_refresh(world: &World) {
    let failed = refresh_cookies(world, COOKIES).await.unwrap_err();
    assert!(matches!(&failed, RefreshCookiesError::Session(error) if is_away(error)), "{failed:?}");
    assert_eq!(sent(world), 0);
}

/// What `work` gives; at most ten real seconds, which means that it never will.
async fn soon<T>(work: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(10), work).await.expect("it ends")
}

/// Lets a moment pass. Every write that somebody waited for is done after it: it waits for one behind them.
async fn moment(world: &World) {
    world.clock.advance(SignedDuration::from_millis(50));
    let name = world.clock.now().to_string();
    world.store.shared_secret(&name, Sealed::from_bytes(vec![])).await.unwrap();
}

/// What `work` gives while moment after moment passes.
async fn in_time<T>(world: &World, work: impl Future<Output = T>) -> T {
    let time = async {
        loop {
            moment(world).await;
        }
    };
    tokio::select! {
        done = soon(work) => done,
        () = time => unreachable!("the time never ends"),
    }
}

async fn sessions_of(world: &World) -> Vec<SessionId> {
    let (sessions, _) = world.herald.sessions().list(&world.tenant(), None, None, None, 10).await.unwrap();
    sessions.iter().map(|session| session.id).collect()
}

#[tokio::test]
async fn a_refresh_token_that_the_store_failed_to_note_as_sent_was_not_sent_and_is_refreshed_later() {
    for failure in FAILURES {
        let (world, late) = World::with_late_store().await;
        late.troubles(Write::ReplaceSecret, [failure]);
        failed_refresh(&world).await;
        assert_eq!(late.apply_now().await.unwrap(), usize::from(failure == Trouble::Later));
        assert_eq!(sent(&world), 0);
        let renewed = soon(refresh_cookies(&world, COOKIES)).await.unwrap();
        assert_eq!((first(&renewed), sent(&world)), (FIRST, 1), "{failure:?}");
    }
}

#[tokio::test]
async fn a_note_that_comes_when_its_token_is_free_again_or_was_sent_is_too_late() {
    for has_been_sent in [false, true] {
        let (world, late) = World::with_late_store().await;
        late.troubles(Write::ReplaceSecret, [Trouble::Later]);
        failed_refresh(&world).await;
        for _ in 0..5 {
            moment(&world).await;
        }
        if has_been_sent {
            refresh_cookies(&world, COOKIES).await.unwrap();
        }
        assert_eq!(late.apply_now().await.unwrap(), 1);
        let renewed = soon(refresh_cookies(&world, COOKIES)).await.unwrap();
        assert_eq!((first(&renewed), sent(&world)), (FIRST, 1), "{has_been_sent}");
    }
}

#[tokio::test]
async fn a_store_that_goes_on_failing_does_not_make_a_token_count_as_sent() {
    for note in FAILURES {
        for taken_back in FAILURES {
            let (world, late) = World::with_late_store().await;
            late.troubles(Write::ReplaceSecret, [note, taken_back, taken_back]);
            failed_refresh(&world).await;
            in_time(&world, late.struck(3)).await;
            late.apply_now().await.unwrap();
            let renewed = in_time(&world, refresh_cookies(&world, COOKIES)).await.unwrap();
            assert_eq!((first(&renewed), sent(&world)), (FIRST, 1), "{note:?} {taken_back:?}");
        }
    }
}

#[tokio::test]
async fn who_hangs_up_between_note_and_call_does_not_leave_the_token_noted_and_unsent() {
    let (world, late) = World::with_late_store().await;
    late.troubles(Write::ReplaceSecret, [Trouble::Slow]);
    let caller = refreshing(&world);
    late.struck(1).await;
    caller.abort();
    assert!(caller.await.unwrap_err().is_cancelled());
    assert_eq!((sent(&world), late.apply_now().await.unwrap()), (0, 1));
    let renewed = soon(refresh_cookies(&world, COOKIES)).await.unwrap();
    assert_eq!((first(&renewed), sent(&world)), (FIRST, 1));
}

#[tokio::test]
async fn an_answer_that_the_store_failed_to_keep_is_handed_out_and_its_token_never_sent_again() {
    for failure in FAILURES {
        let (world, late) = World::with_late_store().await;
        world.sessions.hold();
        let caller = refreshing(&world);
        until_sent(&world).await;
        late.troubles(Write::ReplaceSecret, [failure]);
        world.sessions.let_through();
        assert_eq!(first(&caller.await.unwrap().unwrap()), FIRST);
        late.apply_now().await.unwrap();
        match in_time(&world, refresh_cookies(&world, COOKIES)).await {
            Ok(renewed) => assert_eq!(first(&renewed), FIRST),
            Err(RefreshCookiesError::Unclear) => assert_eq!(failure, Trouble::Before),
            Err(error) => panic!("{error:?}"),
        }
        assert_eq!(sent(&world), 1, "{failure:?}");
    }
}

async fn failed_end(world: &World, session: SessionId) {
    let failed = world.herald.sessions().end(&world.tenant(), session).await.unwrap_err();
    assert!(is_away(&failed), "{failed:?}");
}

#[tokio::test]
async fn a_session_whose_end_took_effect_and_failed_is_refused_by_the_next_verification_and_told_at_once() {
    let (world, late) = World::with_late_store().await;
    let claimed = claimed(&world, "main").await;
    let (access, refresh_token) = tokens(&claimed);
    assert!(is_active(&world, access).await);
    late.troubles(Write::ReplaceSession, [Trouble::After]);
    failed_end(&world, claimed.session.0).await;
    assert!(!is_active(&world, access).await);
    assert!(matches!(refresh(&world, refresh_token).await, Err(RefreshError::Refused)));
    // The clock stands still: it is not told by who looks now and then.
    assert_eq!(soon(world.courier.parcels(1)).await.len(), 1);
    // Ending it once more is fine, and told no more.
    assert!(world.herald.sessions().end(&world.tenant(), claimed.session.0).await.unwrap());
    assert_eq!(world.courier.so_far().len(), 1);
}

#[tokio::test]
async fn a_session_whose_end_comes_later_is_refused_within_two_seconds_of_it() {
    let (world, late) = World::with_late_store().await;
    let claimed = claimed(&world, "main").await;
    let access = tokens(&claimed).0;
    late.troubles(Write::ReplaceSession, [Trouble::Later]);
    failed_end(&world, claimed.session.0).await;
    assert!(is_active(&world, access).await);
    assert_eq!(late.apply_now().await.unwrap(), 1);
    world.pass(2);
    assert!(!is_active(&world, access).await);
}

#[tokio::test]
async fn a_session_that_was_not_ended_because_the_store_failed_goes_on_and_can_be_ended() {
    let (world, late) = World::with_late_store().await;
    let claimed = claimed(&world, "main").await;
    let access = tokens(&claimed).0;
    late.troubles(Write::ReplaceSession, [Trouble::Before]);
    failed_end(&world, claimed.session.0).await;
    assert!(is_active(&world, access).await);
    assert!(world.herald.sessions().end(&world.tenant(), claimed.session.0).await.unwrap());
    assert!(!is_active(&world, access).await);
}

#[tokio::test]
async fn a_refresh_token_whose_rotation_failed_gives_one_successor_whether_it_was_written_or_not() {
    for failure in FAILURES {
        let (world, late) = World::with_late_store().await;
        let claimed = claimed(&world, "main").await;
        let zero = tokens(&claimed).1;
        late.troubles(Write::ReplaceSession, [failure]);
        let failed = refresh(&world, zero).await.unwrap_err();
        assert!(matches!(&failed, RefreshError::Session(error) if is_away(error)), "{failed:?}");
        late.apply_now().await.unwrap();
        world.pass(59);
        let one = refresh(&world, zero).await.unwrap();
        assert_ne!(one, zero, "{failure:?}");
        assert_eq!(refresh(&world, zero).await.unwrap(), one, "{failure:?}");
        let two = refresh(&world, &one).await.unwrap();
        assert!(matches!(refresh(&world, zero).await, Err(RefreshError::Refused)), "{failure:?}");
        refresh(&world, &two).await.unwrap();
    }
}

/// A confirmed login whose claim the store failed, and what claims it.
async fn failed_claim(world: &World, late: &LateStore, failure: Trouble) -> (LoginId, String, String) {
    let (id, secret, code) = world.confirmed("main").await;
    late.troubles(Write::ClaimLogin, [failure]);
    let failed = claim(world, id, secret.expose(), Some(&code)).await.unwrap_err();
    let is_away = matches!(failed, ClaimError::Login(LoginError::Store(StoreError::Unavailable(_))));
    assert!(is_away, "{failed:?}");
    (id, secret.expose().to_owned(), code)
}

#[tokio::test]
async fn a_claim_that_took_effect_and_failed_gives_its_one_session_when_it_is_made_again() {
    for failure in [Trouble::After, Trouble::Later] {
        let (world, late) = World::with_late_store().await;
        let (id, secret, code) = failed_claim(&world, &late, failure).await;
        late.apply_now().await.unwrap();
        let stored = sessions_of(&world).await;
        let again = claim(&world, id, &secret, Some(&code)).await.unwrap();
        assert_eq!(stored, [again.session.0], "{failure:?}");
        let (access, refresh_token) = tokens(&again);
        assert!(is_active(&world, access).await);
        refresh(&world, refresh_token).await.unwrap();
        let once_more = claim(&world, id, &secret, Some(&code)).await.unwrap();
        assert_eq!(tokens(&once_more), tokens(&again));
        assert_eq!(sessions_of(&world).await, stored);
    }
}

#[tokio::test]
async fn a_claim_that_failed_without_effect_leaves_no_session_and_can_be_made_again() {
    for failure in [Trouble::Before, Trouble::Later] {
        let (world, late) = World::with_late_store().await;
        let (id, secret, code) = failed_claim(&world, &late, failure).await;
        assert_eq!(sessions_of(&world).await, []);
        assert_eq!(world.login(id).await.status(), LoginStatus::Confirmed);
        let again = claim(&world, id, &secret, Some(&code)).await.unwrap();
        // What comes now finds the login claimed.
        late.apply_now().await.unwrap();
        assert_eq!(sessions_of(&world).await, [again.session.0], "{failure:?}");
        assert!(is_active(&world, tokens(&again).0).await);
    }
}
