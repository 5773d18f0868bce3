//! One key, many callers, several replicas.

use std::collections::BTreeSet;

use futures_util::{StreamExt as _, future::join_all, stream};
use reqwest::Method;
use serde_json::json;

use super::fleet::Fleet;

const KEYS: usize = 30;
/// How many ask under each key at the same time.
const CALLERS: usize = 50;

#[tokio::test(flavor = "multi_thread")]
async fn fifty_callers_with_one_key_at_three_replicas_make_one_notification() {
    let fleet = Fleet::start(3).await;
    fleet.switch("antirius", json!({ "everyone_reachable": true })).await;
    let callers = &fleet.callers("antirius");
    let keys = stream::iter(0..KEYS).map(|number| async move {
        let body = json!({
            "to": { "type": "phone", "phone_number": format!("+7900{number:07}") },
            "message": { "type": "text", "text": format!("message {number}") }
        });
        let (key, body) = (format!("key-{number}"), &body);
        let calls = (0..CALLERS).map(|call| {
            let (caller, key) = (&callers[call % callers.len()], key.clone());
            async move {
                let headers = [("Idempotency-Key", key.as_str())];
                caller.call(Method::POST, "/v1/notifications", &headers, Some(body)).await
            }
        });
        let answers = join_all(calls).await;
        assert!(answers.iter().all(|answer| matches!(answer.status.as_u16(), 200 | 202)), "{answers:?}");
        let first = answers.iter().filter(|answer| !answer.headers.contains_key("idempotency-replayed"));
        assert_eq!(first.count(), 1, "one is the first, all others are replays of it");
        let ids: BTreeSet<&str> = answers.iter().filter_map(|answer| answer.body["id"].as_str()).collect();
        assert_eq!(ids.len(), 1, "{ids:?}");
        ids.first().unwrap().to_string()
    });
    let ids: Vec<String> = keys.buffer_unordered(4).collect().await;
    for (number, id) in ids.iter().enumerate() {
        let path = format!("/v1/notifications/{id}");
        let caller = &callers[number % callers.len()];
        let now = caller.call(Method::GET, &path, &[("Prefer", "wait=30")], None).await.body;
        assert_eq!(now["status"], "sent", "{now}");
    }
    let effects = fleet.effects("send").await;
    let texts: BTreeSet<&str> = effects.iter().filter_map(|effect| effect["body"].as_str()).collect();
    assert_eq!((effects.len(), texts.len()), (KEYS, KEYS));
}
