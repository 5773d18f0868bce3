//! However many ask under one key, and in whatever way, one message is sent. `make chaos` does the same with a thousand keys.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::{StreamExt as _, future::join_all, stream};
use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    caller::{Answer, Caller},
    stack::Stack,
};

const KEYS: usize = 40;
/// How many callers ask under each key at the same time.
const CALLERS: usize = 50;

fn message(number: usize) -> Value {
    let to = json!({ "type": "phone", "phone_number": format!("+7900{number:07}") });
    json!({ "to": to, "message": { "type": "text", "text": format!("message {number}") } })
}

async fn ask(caller: &Caller, number: usize) -> Answer {
    let key = format!("key-{number}");
    caller.call(Method::POST, "/v1/notifications", &[("Idempotency-Key", &key)], Some(&message(number))).await
}

fn is_replay(answer: &Answer) -> bool {
    answer.headers.get("idempotency-replayed").is_some_and(|value| value == "true")
}

/// How often the words of each message took effect, when all of these are sent.
async fn effects(
    stack: &Stack,
    caller: &Caller,
    ids: impl IntoIterator<Item = String>,
) -> BTreeMap<String, usize> {
    for id in ids {
        let path = format!("/v1/notifications/{id}");
        let now = caller.call(Method::GET, &path, &[("Prefer", "wait=30")], None).await.body;
        assert_eq!(now["status"], "sent", "{now}");
    }
    let mut effects = BTreeMap::new();
    for effect in stack.effects("send").await {
        *effects.entry(effect["body"].as_str().unwrap().to_owned()).or_default() += 1;
    }
    effects
}

async fn stack() -> (Stack, Caller) {
    let stack = Stack::start().await;
    stack.switch("antirius", json!({ "everyone_reachable": true })).await;
    let caller = stack.caller("antirius");
    (stack, caller)
}

#[tokio::test(flavor = "multi_thread")]
async fn fifty_callers_with_one_key_make_one_effect() {
    let (stack, caller) = stack().await;
    let caller = &caller;
    let keys = stream::iter(0..KEYS).map(|number| join_all((0..CALLERS).map(move |_| ask(caller, number))));
    let answers: Vec<Vec<Answer>> = keys.buffer_unordered(4).collect().await;
    let mut ids = BTreeSet::new();
    for answers in &answers {
        assert!(answers.iter().all(|answer| matches!(answer.status.as_u16(), 200 | 202)), "{answers:?}");
        assert_eq!(answers.iter().filter(|answer| !is_replay(answer)).count(), 1, "one is the first");
        let of_key: BTreeSet<&str> = answers.iter().filter_map(|answer| answer.body["id"].as_str()).collect();
        assert_eq!(of_key.len(), 1, "{of_key:?}");
        ids.extend(of_key.into_iter().map(str::to_owned));
    }
    assert_eq!(ids.len(), KEYS);
    let effects = effects(&stack, caller, ids).await;
    assert_eq!((effects.len(), effects.values().sum::<usize>()), (KEYS, KEYS), "{effects:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_repeated_item_by_item_sends_nothing_more() {
    let (stack, caller) = stack().await;
    let items: Vec<Value> = (0..KEYS)
        .map(|number| {
            let mut item = message(number);
            item["idempotency_key"] = format!("key-{number}").into();
            item
        })
        .collect();
    // The first three were asked for one by one before.
    let before = join_all((0..3).map(|number| ask(&caller, number))).await;
    let batch = json!({ "notifications": items });
    let answer = caller.call(Method::POST, "/v1/notifications/batch", &[], Some(&batch)).await;
    assert_eq!(answer.status, 200, "{:?}", answer.body);
    let of_batch: Vec<String> = answer.body["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| item["notification"]["id"].as_str().unwrap_or_else(|| panic!("{item}")).to_owned())
        .collect();
    assert_eq!(of_batch.len(), KEYS);
    for (first, id) in before.iter().zip(&of_batch) {
        assert_eq!(first.body["id"], **id, "one space for both kinds of call");
    }
    for (number, id) in of_batch.iter().enumerate() {
        let again = ask(&caller, number).await;
        assert_eq!((&again.body["id"], is_replay(&again)), (&json!(id), true), "{:?}", again.body);
    }
    let effects = effects(&stack, &caller, of_batch).await;
    assert_eq!((effects.len(), effects.values().sum::<usize>()), (KEYS, KEYS), "{effects:?}");
}
