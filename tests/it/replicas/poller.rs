//! However many replicas there are and however many wait at each: one poller for a login, and one call that takes its answer.

use std::{collections::BTreeSet, time::Instant};

use futures_util::{StreamExt as _, stream};
use serde_json::Value;

use super::fleet::Fleet;
use crate::{
    crowd::{
        all_answers, claim, confirm, detached_in, sessions, start_logins, statuses,
        until_each_was_polled_again,
    },
    dice::Dice,
    stack::TENANTS,
    waiter::{Waiter, allow_open_files},
};

const LOGINS: usize = 200;
/// How many wait for each login at each replica.
const WAITERS: usize = 4;

#[tokio::test(flavor = "multi_thread")]
async fn logins_waited_for_at_two_replicas_have_one_poller_and_are_redeemed_once() {
    allow_open_files(10_000);
    let mut dice = Dice::new();
    println!("HERALD_TEST_SEED={}", dice.seed());
    let fleet = Fleet::start_with(2, |config| detached_in(&config)).await;
    // Begun here and there: the relay takes turns.
    let logins = start_logins(&fleet, LOGINS).await;
    let waiters = wait_everywhere(&fleet, &logins).await;

    let began = Instant::now();
    let before = sessions(&fleet).await;
    let during = until_each_was_polled_again(&fleet, &before).await;
    // A poll is held for 10 s; two pollers would begin twice as many.
    let allowed = began.elapsed().as_secs() / 10 + 1;
    for (session, calls) in &during {
        let new = calls.status - before[session].status;
        assert!(new <= allowed, "{new} status calls of one login, and not {allowed}");
    }

    let people = fleet.control("antirius/persons").await["items"].as_array().unwrap().clone();
    let order = dice.shuffled(logins.len());
    let decisions: Vec<(&Value, &Value)> =
        order.into_iter().map(|login| (&logins[login], dice.pick(&people))).collect();
    confirm(&fleet, decisions.iter().map(|(login, person)| (*login, Some(*person)))).await;
    let seen = all_answers(waiters).await;
    assert_eq!((seen.len(), statuses(&seen)), (2 * LOGINS * WAITERS, BTreeSet::from(["confirmed"])));
    let calls = sessions(&fleet).await;
    assert_eq!(calls.len(), LOGINS);
    assert!(calls.values().all(|calls| calls.full == 1), "an answer was taken twice");

    // Claimed on both at once, and both say the same.
    let callers = fleet.callers("antirius");
    let claims = stream::iter(&decisions).map(|(login, person)| {
        let callers = &callers;
        async move {
            let (here, there) = tokio::join!(claim(&callers[0], login), claim(&callers[1], login));
            assert_eq!(here, there);
            assert_eq!(here["identity"]["provider_user_id"], person["id"], "{here}");
            here["session"]["id"].as_str().unwrap().to_owned()
        }
    });
    let of_logins: BTreeSet<String> = claims.buffer_unordered(16).collect().await;
    assert_eq!(of_logins.len(), LOGINS, "each login has one session of its own");
}

async fn wait_everywhere(fleet: &Fleet, logins: &[Value]) -> Vec<Waiter> {
    let (_, key) = TENANTS[1];
    let all = (0..2 * WAITERS).flat_map(|round| logins.iter().map(move |login| (round % 2, login)));
    let sends = stream::iter(all)
        .map(|(replica, login)| Waiter::send(fleet.url_of(replica), key, login["id"].as_str().unwrap()));
    sends.buffer_unordered(64).collect().await
}
