//! Sessions are the same everywhere: their rotation, their end, and the keys that sign their tokens.

use std::{
    collections::BTreeSet,
    time::{Duration, Instant},
};

use serde_json::json;
use tokio::task::JoinSet;

use super::fleet::{Fleet, until};
use crate::{
    sessions::{Tokens, forward_auth, keys::rotate_at, site_in},
    stack::client,
    token::{published_keys, read_with},
};

/// How long an ended session may still be let in by a replica that did not end it.
const ENDED_WITHIN: Duration = Duration::from_secs(5);

#[tokio::test(flavor = "multi_thread")]
async fn fifty_refreshes_at_two_replicas_are_one_rotation_and_everybody_gets_the_successor() {
    let fleet = Fleet::start(2).await;
    let callers = fleet.callers("antirius");
    let mut tokens = fleet.sign_in("antirius").await.tokens();
    for _ in 0..5 {
        let mut calls = JoinSet::new();
        for call in 0..50 {
            let (caller, token) = (callers[call % 2].clone(), tokens.refresh.clone());
            calls.spawn(async move { caller.refresh(&token).await });
        }
        let answers = calls.join_all().await;
        let successors: BTreeSet<&str> = answers.iter().map(|tokens| &*tokens.refresh).collect();
        assert_eq!((answers.len(), successors.len()), (50, 1), "{successors:?}");
        for (number, answer) in answers.iter().enumerate() {
            assert_eq!(answer.session, tokens.session);
            assert_eq!(callers[number % 2].verify(&answer.access).await["active"], true);
        }
        assert_ne!(answers[0].refresh, tokens.refresh);
        tokens = answers[0].clone();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_was_ended_on_one_replica_is_refused_by_the_other() {
    let fleet = Fleet::start_with(2, |config| site_in(&config, "")).await;
    let [here, there] = [0, 1].map(|replica| fleet.caller_at(replica, "antirius"));
    let http = client();
    let mut slowest = Duration::ZERO;
    for round in 0..10 {
        let tokens = fleet.sign_in("antirius").await.tokens();
        // What the other replica knows of the session is warm.
        for _ in 0..3 {
            assert_eq!(there.verify(&tokens.access).await["active"], true);
            assert_eq!(there.introspect(&tokens.access).await["active"], true);
            assert_eq!(forward_auth(fleet.url_of(1), &http, &tokens.access).await, 200);
        }
        if round % 2 == 0 {
            here.end(&tokens.session).await;
        } else {
            let answer = here.form("/v1/oauth/revoke", &[("token", &tokens.refresh)]).await;
            assert_eq!(answer.status, 200);
        }
        let ended = Instant::now();
        there.refuses(&tokens.refresh).await;
        until("the ended session is refused", async || {
            let is_refused = there.verify(&tokens.access).await == json!({ "active": false })
                && there.introspect(&tokens.access).await == json!({ "active": false })
                && forward_auth(fleet.url_of(1), &http, &tokens.access).await == 401;
            is_refused.then_some(())
        })
        .await;
        slowest = slowest.max(ended.elapsed());
    }
    println!("an ended session was refused elsewhere after {slowest:.1?} at most");
    assert!(slowest < ENDED_WITHIN, "{slowest:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_rotated_on_one_replica_sign_and_verify_on_all() {
    let fleet = Fleet::start(2).await;
    let issuer = format!("{}/t/antirius", fleet.url);
    let callers = fleet.callers("antirius");
    let mut all: Vec<Tokens> = Vec::new();
    for rotation in 0..3 {
        all.push(fleet.sign_in("antirius").await.tokens());
        // Whoever fetched the keys anywhere before the rotation can check what is signed anywhere after it.
        let known = [
            published_keys(fleet.url_of(0), "antirius").await,
            published_keys(fleet.url_of(1), "antirius").await,
        ];
        let kids = |set: &jsonwebtoken::jwk::JwkSet| -> BTreeSet<String> {
            set.keys.iter().filter_map(|key| key.common.key_id.clone()).collect()
        };
        assert_eq!(kids(&known[0]), kids(&known[1]), "both publish the same");
        rotate_at(fleet.url_of(rotation % 2), &["--tenant", "antirius"]);
        for caller in &callers {
            let tokens = fleet.sign_in("antirius").await.tokens();
            let refreshed = caller.refresh(&tokens.refresh).await;
            for (keys, token) in known.iter().zip([&tokens.access, &refreshed.access]) {
                read_with(keys, &issuer, &issuer, token).unwrap_or_else(|error| panic!("{error}"));
            }
            all.push(tokens);
            all.push(refreshed);
        }
        for tokens in &all {
            for (replica, caller) in callers.iter().enumerate() {
                assert_eq!(caller.verify(&tokens.access).await["active"], true);
                let published = published_keys(fleet.url_of(replica), "antirius").await;
                read_with(&published, &issuer, &issuer, &tokens.access)
                    .unwrap_or_else(|error| panic!("replica {replica} does not publish it: {error}"));
            }
        }
    }
}
