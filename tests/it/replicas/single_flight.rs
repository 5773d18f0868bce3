//! What costs a provider something, or can be done once, is asked for by one replica for all.

use std::{collections::BTreeSet, ops::Range};

use futures_util::future::join_all;
use serde_json::json;

use super::fleet::Fleet;
use crate::{caller::Caller, sessions::authara::next};

#[tokio::test(flavor = "multi_thread")]
async fn fifty_refreshes_of_an_authara_session_at_two_replicas_are_one_call() {
    let fleet = Fleet::start(2).await;
    fleet.switch("authara", json!({ "rotation": "always", "refresh_ms": 1_000 })).await;
    let callers = fleet.callers("authara");
    let cookie = fleet.tell("authara/sign-in", json!({})).await["cookie"].as_str().unwrap().to_owned();
    let answers = join_all((0..50).map(|call| callers[call % 2].refresh_cookies(&cookie))).await;
    assert!(answers.iter().all(|answer| answer.status == 200), "{:?}", answers[0]);
    let given: BTreeSet<String> =
        answers.iter().map(|answer| answer.body["set_cookies"].to_string()).collect();
    assert_eq!((answers.len(), given.len()), (50, 1), "{given:?}");
    assert_eq!(fleet.effects("refresh").await.len(), 1);
    assert_eq!(fleet.control("counters").await["authara"]["refresh"], 1);
    // Late comers of either replica get the same, and nobody is logged out.
    for caller in &callers {
        let late = caller.refresh_cookies(&cookie).await;
        assert_eq!(late.body, answers[0].body);
        assert_eq!(caller.verify_cookies(&next(&late)).await["active"], true);
    }
    assert_eq!(fleet.control("counters").await["authara"]["refresh"], 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn forty_sends_at_two_replicas_that_have_no_token_yet_fetch_one() {
    let fleet = Fleet::start(2).await;
    fleet.switch("antara", json!({ "everyone_reachable": true })).await;
    // So slow that all of them are there before the first token is.
    let slow = json!({ "provider": "antara", "operation": "exchange", "latency_ms": 500, "effect": { "type": "none" } });
    fleet.tell("faults", slow).await;
    let callers = fleet.callers("antara");
    send(&callers, 0..40).await;
    assert_eq!(fleet.effects("send").await.len(), 40);
    assert_eq!(fleet.control("counters").await["antara"]["exchange"], 1);

    // One that is refused is replaced once for all, too.
    fleet.tell("antara/tokens/revoke", json!({})).await;
    send(&callers, 40..80).await;
    assert_eq!(fleet.effects("send").await.len(), 80);
    assert_eq!(fleet.control("counters").await["antara"]["exchange"], 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unclear_refresh_of_an_authara_session_is_sent_again_by_no_replica() {
    let fleet = Fleet::start(3).await;
    fleet.switch("authara", json!({ "rotation": "always" })).await;
    let callers = fleet.callers("authara");
    let cookie = fleet.tell("authara/sign-in", json!({})).await["cookie"].as_str().unwrap().to_owned();
    let fault = json!({ "provider": "authara", "operation": "refresh", "times": 1,
                        "effect": { "type": "status", "status": 500 } });
    fleet.tell("faults", fault).await;
    let unclear = callers[0].refresh_cookies(&cookie).await;
    assert_eq!((unclear.status.as_u16(), &unclear.body["code"]), (503, &json!("provider_unavailable")));
    assert_eq!(unclear.body["retryable"], false, "{:?}", unclear.body);
    // Sent again it would be good now, or end the session: nobody knows which.
    for caller in [&callers[1], &callers[2], &callers[0]] {
        let refused = caller.refresh_cookies(&cookie).await;
        assert_eq!((refused.status.as_u16(), &refused.body["code"]), (403, &json!("refresh_refused")));
    }
    assert_eq!(fleet.control("counters").await["authara"]["refresh"], 1);
}

/// Sends these messages at once, each through another replica than the one before.
async fn send(callers: &[Caller], numbers: Range<usize>) {
    let sends = numbers.map(|number| async move {
        let body = json!({
            "to": { "type": "slug", "slug": format!("slug{number:06}") },
            "message": { "type": "text", "text": format!("message {number}") }
        });
        let sent = callers[number % callers.len()].notify(&format!("key-{number}"), &body).await;
        assert_eq!(sent.body["status"], "sent", "{:?}", sent.body);
    });
    join_all(sends).await;
}
