//! The session that Authara has with a browser, refreshed through Herald.

use std::collections::BTreeSet;

use reqwest::Method;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::{
    caller::{Answer, Caller},
    stack::Stack,
};

#[tokio::test(flavor = "multi_thread")]
async fn fifty_refreshes_of_an_authara_session_are_one_call_and_everybody_gets_its_cookies() {
    let stack = rotating().await;
    let caller = stack.caller("authara");
    let cookie = signed_in(&stack).await;
    // So slow that all of them are there before the first has its answer.
    stack.switch("authara", json!({ "refresh_ms": 1_000 })).await;
    let mut calls = JoinSet::new();
    for _ in 0..50 {
        let (caller, cookie) = (caller.clone(), cookie.clone());
        calls.spawn(async move { caller.refresh_cookies(&cookie).await });
    }
    let answers = calls.join_all().await;
    let given: BTreeSet<String> =
        answers.iter().map(|answer| answer.body["set_cookies"].to_string()).collect();
    assert!(answers.iter().all(|answer| answer.status == 200), "{:?}", answers[0]);
    assert_eq!((answers.len(), given.len()), (50, 1), "{given:?}");
    assert_eq!((stack.effects("refresh").await.len(), upstream_calls(&stack).await), (1, 1));

    // A late comer gets the same, and what it gets is good.
    let late = caller.refresh_cookies(&cookie).await;
    assert_eq!(late.body, answers[0].body);
    assert_eq!(upstream_calls(&stack).await, 1);
    assert_eq!(caller.verify_cookies(&next(&late)).await["active"], true, "nobody is logged out");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refresh_whose_new_token_is_refused_ends_the_session_instead_of_looping() {
    let stack = rotating().await;
    stack.switch("authara", json!({ "has_redis": true })).await;
    let caller = stack.caller("authara");
    let signed_in = stack.tell("authara/sign-in", json!({})).await;
    let (first, csrf) = (signed_in["cookie"].as_str().unwrap(), signed_in["csrf_token"].as_str().unwrap());
    let winner = next(&caller.refresh_cookies(first).await);
    assert_eq!(caller.verify_cookies(&winner).await["active"], true);

    // Somebody sends the consumed one again, past Herald: Authara then refuses the winner's access tokens, but not its refresh.
    let replay = crate::stack::client()
        .post(format!("{}/auth/api/v1/sessions/refresh?audience=app", stack.sandbox_url))
        .header("Cookie", first)
        .header("X-CSRF-Token", csrf);
    assert_eq!(replay.send().await.unwrap().status(), 401);
    let before = upstream_calls(&stack).await;
    for _ in 0..3 {
        let refused = caller.refresh_cookies(&winner).await;
        assert_eq!((refused.status.as_u16(), &refused.body["code"]), (403, &json!("refresh_refused")));
        assert!(refused.body["set_cookies"].is_null(), "{:?}", refused.body);
    }
    assert_eq!(upstream_calls(&stack).await, before + 1, "it is asked once");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unclear_refresh_is_never_sent_again() {
    let stack = rotating().await;
    let caller = stack.caller("authara");
    let cookie = signed_in(&stack).await;
    let fault = json!({ "provider": "authara", "operation": "refresh", "effect": { "type": "status", "status": 500 } });
    stack.tell("faults", fault).await;
    let unclear = caller.refresh_cookies(&cookie).await;
    assert_eq!((unclear.status.as_u16(), &unclear.body["code"]), (503, &json!("provider_unavailable")));
    assert_eq!(unclear.body["retryable"], false);
    assert!(unclear.headers.get("retry-after").is_none());
    for _ in 0..3 {
        let refused = caller.refresh_cookies(&cookie).await;
        assert_eq!((refused.status.as_u16(), &refused.body["code"]), (403, &json!("refresh_refused")));
    }
    assert_eq!(upstream_calls(&stack).await, 1);
}

/// A stack whose Authara replaces the refresh token at every refresh.
async fn rotating() -> Stack {
    let stack = Stack::start().await;
    stack.switch("authara", json!({ "rotation": "always" })).await;
    stack
}

/// The cookies of somebody who signed in at Authara.
async fn signed_in(stack: &Stack) -> String {
    stack.tell("authara/sign-in", json!({})).await["cookie"].as_str().unwrap().to_owned()
}

/// How often Authara was asked to refresh, with whatever outcome.
async fn upstream_calls(stack: &Stack) -> u64 {
    stack.control("counters").await["authara"]["refresh"].as_u64().unwrap_or(0)
}

/// The cookies that a browser has after it was given `set_cookies`.
pub(crate) fn next(answer: &Answer) -> String {
    let set = answer.body["set_cookies"].as_array().unwrap_or_else(|| panic!("{:?}", answer.body));
    let pairs = set.iter().map(|cookie| cookie.as_str().unwrap().split(';').next().unwrap());
    pairs.collect::<Vec<_>>().join("; ")
}

impl Caller {
    pub(crate) async fn refresh_cookies(&self, cookie: &str) -> Answer {
        self.call(Method::POST, "/v1/sessions/refresh-cookies", &[], Some(&json!({ "cookie": cookie }))).await
    }

    pub(crate) async fn verify_cookies(&self, cookie: &str) -> Value {
        let body = json!({ "credential": { "type": "cookies", "cookie": cookie } });
        self.call(Method::POST, "/v1/sessions/verify", &[], Some(&body)).await.body
    }
}
