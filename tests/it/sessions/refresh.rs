//! Refreshing at the same moment, and again after an answer that never arrived.

use std::collections::BTreeSet;

use reqwest::Method;
use serde_json::json;
use tokio::{io::AsyncWriteExt as _, net::TcpStream, task::JoinSet};

use super::Tokens;
use crate::{
    caller::Caller,
    replicas::fleet::until,
    stack::{Stack, TENANTS},
};

#[tokio::test(flavor = "multi_thread")]
async fn fifty_refreshes_at_once_are_one_rotation_and_everybody_gets_the_successor() {
    let stack = Stack::start().await;
    let caller = stack.caller("antirius");
    let mut tokens = stack.sign_in("antirius").await.tokens();
    for _ in 0..3 {
        let mut calls = JoinSet::new();
        for _ in 0..50 {
            let (caller, token) = (caller.clone(), tokens.refresh.clone());
            calls.spawn(async move { caller.refresh(&token).await });
        }
        let answers = calls.join_all().await;
        let successors: BTreeSet<&str> = answers.iter().map(|tokens| &*tokens.refresh).collect();
        assert_eq!((answers.len(), successors.len()), (50, 1), "{successors:?}");
        for answer in &answers {
            assert_eq!(answer.session, tokens.session);
            assert_eq!(caller.verify(&answer.access).await["active"], true, "nobody is logged out");
        }
        assert_ne!(answers[0].refresh, tokens.refresh);
        tokens = answers[0].clone();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_lost_the_answer_gets_the_same_successor_again() {
    let stack = Stack::start().await;
    let caller = stack.caller("antirius");
    let mut tokens = stack.sign_in("antirius").await.tokens();
    for _ in 0..20 {
        let before = last_used(&caller, &tokens.session).await;
        send_and_hang_up(&stack, &tokens).await;
        let rotated_at = until("what was sent takes effect", async || {
            Some(last_used(&caller, &tokens.session).await).filter(|now| *now != before)
        })
        .await;
        let successor = caller.refresh(&tokens.refresh).await;
        let again = caller.refresh(&tokens.refresh).await;
        assert_eq!(again.refresh, successor.refresh);
        assert_eq!(
            last_used(&caller, &tokens.session).await,
            rotated_at,
            "the lost one was the only rotation"
        );
        assert_eq!(caller.verify(&successor.access).await["active"], true);
        tokens = successor;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_used_token_whose_successor_was_used_is_refused_and_the_session_lives_on() {
    let stack = Stack::start().await;
    let caller = stack.caller("antirius");
    let first = stack.sign_in("antirius").await.tokens();
    let second = caller.refresh(&first.refresh).await;
    let third = caller.refresh(&second.refresh).await;
    caller.refuses(&first.refresh).await;
    assert_eq!(caller.refresh(&second.refresh).await.refresh, third.refresh, "the last but one is forgiven");
    caller.refresh(&third.refresh).await;
    assert_eq!(caller.verify(&first.access).await["active"], true);
    // Another tenant's service gets nothing for it, and does no harm.
    let stranger = stack.caller("antara");
    stranger.refuses(&third.refresh).await;
    assert_eq!(stranger.verify(&third.access).await, json!({ "active": false }));
    assert_eq!(caller.verify(&third.access).await["active"], true);
}

/// When a session was last rotated, to the millisecond.
async fn last_used(caller: &Caller, session: &str) -> String {
    let shown = caller.call(Method::GET, &format!("/v1/sessions/{session}"), &[], None).await;
    shown.body["last_used_at"].as_str().unwrap_or_else(|| panic!("{:?}", shown.body)).to_owned()
}

/// A client that is killed right after it has sent its refresh.
async fn send_and_hang_up(stack: &Stack, tokens: &Tokens) {
    let address = stack.url.trim_start_matches("http://");
    let (_, key) = TENANTS[1];
    let body = json!({ "refresh_token": tokens.refresh }).to_string();
    let request = format!(
        "POST /v1/sessions/refresh HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {key}\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    let mut stream = TcpStream::connect(address).await.expect("Herald accepts connections");
    stream.write_all(request.as_bytes()).await.expect("Herald takes the request");
}
