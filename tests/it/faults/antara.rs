//! A provider that recognises repeats: an end that nobody saw is looked for again under the same key.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use crate::{caller::Caller, stack::Stack};

async fn stack() -> Stack {
    let stack = Stack::start_with(|config| {
        config.replace("provider = \"antara\"\n", "provider = \"antara\"\ntimeout_seconds = 1\n")
    })
    .await;
    stack.switch("antara", json!({ "everyone_reachable": true })).await;
    stack
}

async fn fault(stack: &Stack, operation: &str, members: Value) {
    let mut fault = json!({ "provider": "antara", "operation": operation });
    fault.as_object_mut().unwrap().extend(members.as_object().cloned().unwrap_or_default());
    stack.tell("faults", fault).await;
}

fn message(text: &str) -> Value {
    json!({ "to": { "type": "slug", "slug": "xK9mNpQ2vRt7" }, "message": { "type": "text", "text": text } })
}

async fn send(caller: &Caller, key: &str) -> Value {
    caller.notify(key, &message(key)).await.body
}

fn statuses(notification: &Value) -> Vec<&str> {
    let attempts = notification["attempts"].as_array().unwrap();
    attempts.iter().filter_map(|attempt| attempt["status"].as_str()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_end_that_nobody_saw_is_looked_for_under_the_same_key() {
    let stack = stack().await;
    let caller = stack.caller("antara");
    for (name, effect) in [
        ("lost", json!({ "type": "lost" })),
        ("half", json!({ "type": "half" })),
        ("garbage", json!({ "type": "garbage" })),
        ("s500", json!({ "type": "status", "status": 500 })),
        ("s503", json!({ "type": "status", "status": 503 })),
        ("reset", json!({ "type": "reset" })),
        ("hang", json!({ "type": "hang" })),
        ("s409", json!({ "type": "status", "status": 409 })),
    ] {
        fault(&stack, "send", json!({ "times": 1, "effect": effect })).await;
        let now = send(&caller, name).await;
        assert_eq!(
            (&now["status"], statuses(&now)),
            (&json!("sent"), vec!["unknown", "sent"]),
            "{name}: {now}"
        );
        let effects = stack.effects("send").await;
        let mine: Vec<&Value> = effects.iter().filter(|effect| effect["body"] == name).collect();
        assert_eq!(mine.len(), 1, "{name}: {mine:?}");
        assert_eq!(now["attempts"][1]["provider_message_id"], mine[0]["reference"], "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_is_still_at_work_there_is_no_failure() {
    let stack = stack().await;
    stack.switch("antara", json!({ "repeated_key": "in_progress" })).await;
    fault(&stack, "send", json!({ "times": 1, "effect": { "type": "lost" } })).await;
    let caller = stack.caller("antara");
    let accepted = accept(&caller, "k").await;
    let is_asked_again =
        |now: &Value| statuses(now).iter().filter(|status| **status == "unknown").count() >= 2;
    let now = until(&caller, &accepted, is_asked_again).await;
    assert!(!["failed", "sent"].contains(&now["status"].as_str().unwrap()), "{now}");
    // When it is done there, the same key gets the answer.
    stack.switch("antara", json!({ "repeated_key": "same_answer" })).await;
    let now = look(&caller, &accepted, "wait=60").await;
    assert_eq!(now["status"], "sent", "{now}");
    assert_eq!(stack.effects("send").await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_is_refused_is_renewed_once_and_then_left_alone() {
    let stack = stack().await;
    let caller = stack.caller("antara");
    assert_eq!(send(&caller, "first").await["status"], "sent");
    stack.tell("antara/tokens/revoke", json!({})).await;
    let now = send(&caller, "second").await;
    assert_eq!((&now["status"], statuses(&now)), (&json!("sent"), vec!["sent"]), "{now}");
    let calls = || async { stack.control("counters").await["antara"].clone() };
    let before = calls().await;
    assert_eq!((&before["send"], &before["exchange"]), (&json!(3), &json!(2)), "{before}");

    // Now no token is good any more: one message finds out, and nobody asks for a minute.
    fault(&stack, "send", json!({ "effect": { "type": "status", "status": 401 } })).await;
    let mut waiting = Vec::new();
    for number in 0..20 {
        let accepted = accept(&caller, &format!("number-{number}")).await;
        if number == 0 {
            until(&caller, &accepted, |now| statuses(now) == ["failed"]).await;
        }
        waiting.push(accepted);
    }
    let last = look(&caller, &waiting[19], "wait=3").await;
    assert_eq!(last["status"], "queued", "{last}");
    let after = calls().await;
    let grown = |name: &str| after[name].as_u64().unwrap() - before[name].as_u64().unwrap();
    assert!(grown("send") + grown("exchange") <= 3, "{before} {after}");
    assert!(!stack.herald.log().contains("panicked"));
}

async fn accept(caller: &Caller, key: &str) -> Value {
    let headers = [("Idempotency-Key", key)];
    let answer = caller.call(Method::POST, "/v1/notifications", &headers, Some(&message(key))).await;
    assert_eq!(answer.status, 202, "{:?}", answer.body);
    answer.body
}

async fn look(caller: &Caller, notification: &Value, wait: &str) -> Value {
    let path = format!("/v1/notifications/{}", notification["id"].as_str().unwrap());
    caller.call(Method::GET, &path, &[("Prefer", wait)], None).await.body
}

/// The notification as soon as that holds of it.
async fn until(caller: &Caller, notification: &Value, holds: impl Fn(&Value) -> bool) -> Value {
    let again = async {
        let mut ticks = tokio::time::interval(Duration::from_millis(50));
        loop {
            ticks.tick().await;
            let now = look(caller, notification, "wait=0").await;
            if holds(&now) {
                return now;
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(30), again).await.expect("it comes to that")
}
