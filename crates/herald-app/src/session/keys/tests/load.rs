//! Rotations under load: no good token is ever refused.

use tokio::{sync::mpsc, task::JoinSet};

use super::*;

/// How many tokens are verified between two rotations.
const BETWEEN: usize = 40;
const ROTATIONS: usize = 30;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_fresh_token_is_refused_while_two_replicas_rotate() {
    let here = Arc::new(World::new());
    let there = Arc::new(here.replica());
    let (done, mut progress) = mpsc::channel(BETWEEN);
    let mut users = JoinSet::new();
    for number in 0..8 {
        let (signer, verifier) = if number % 2 == 0 { (&here, &there) } else { (&there, &here) };
        let (signer, verifier, done) = (Arc::clone(signer), Arc::clone(verifier), done.clone());
        users.spawn(async move {
            let mut tokens = 0_usize;
            loop {
                let token = signer.token().await.expect("it is signed");
                assert!(verifier.is_good(&token).await, "token {tokens} of user {number} was refused");
                tokens += 1;
                if done.send(kid_of(&token)).await.is_err() {
                    return;
                }
            }
        });
    }
    drop(done);
    let mut kids = std::collections::HashSet::new();
    for rotation in 0..ROTATIONS {
        for _ in 0..BETWEEN {
            kids.insert(progress.recv().await.expect("the users go on"));
        }
        let world = if rotation % 2 == 0 { &here } else { &there };
        world.keys.rotate(&world.tenant).await.unwrap();
        world.pass(1_000);
    }
    drop(progress);
    while let Some(user) = users.join_next().await {
        user.expect("no token was refused");
    }
    assert_eq!(here.version().await, 1 + ROTATIONS as u64);
    assert!(kids.len() > ROTATIONS / 2, "{}", kids.len());
}
