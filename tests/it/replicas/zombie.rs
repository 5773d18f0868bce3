//! A replica sleeps for longer than what it holds is its own: whoever took over has the last word.

use futures_util::future::join_all;
use reqwest::Method;
use serde_json::json;

use super::{
    fleet::{Fleet, until},
    take_over::{LONGEST, MESSAGES, accept},
};

#[tokio::test(flavor = "multi_thread")]
async fn a_replica_that_slept_while_it_sent_to_antara_changes_nothing_when_it_wakes() {
    sleep_while_sending("antara").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replica_that_slept_while_it_sent_to_antirius_changes_nothing_when_it_wakes() {
    sleep_while_sending("antirius").await;
}

async fn sleep_while_sending(tenant: &str) {
    let fleet = Fleet::start(2).await;
    fleet.switch(tenant, json!({ "everyone_reachable": true })).await;
    let slow = json!({ "provider": tenant, "operation": "send", "answer_after_ms": 2_000, "effect": { "type": "none" } });
    fleet.tell("faults", slow).await;
    let (here, there) = (fleet.caller_at(0, tenant), fleet.caller_at(1, tenant));
    let ids = join_all((0..MESSAGES).map(|number| accept(&here, tenant, number))).await;
    until("some are on their way", async || (fleet.effects("send").await.len() >= 4).then_some(())).await;
    fleet.process(0).signal("STOP");
    let mut seen = Vec::new();
    for id in &ids {
        let path = format!("/v1/notifications/{id}");
        let now = until("it is at rest", async || {
            let now = there.call(Method::GET, &path, LONGEST, None).await.body;
            (!matches!(now["status"].as_str(), Some("queued" | "sending"))).then_some(now)
        })
        .await;
        seen.push(now);
    }
    let taken_over = fleet.metric_of(&[1], "herald_take_overs_total{work=\"notifications\"}").await;
    assert!(taken_over > 0, "the sleeper had nothing in hand");
    let unknown = seen.iter().filter(|now| now["status"] == "unknown").count();
    assert!(unknown as u64 <= taken_over, "{unknown} unknown, and {taken_over} taken over");
    // What Antirius was asked nobody may ask again; Antara recognises the repeat.
    assert_eq!(unknown > 0, tenant == "antirius", "{unknown} unknown");

    // It wakes up with answers to calls that are not its own any more, and goes on working.
    fleet.process(0).signal("CONT");
    let id = accept(&here, tenant, MESSAGES).await;
    let path = format!("/v1/notifications/{id}");
    assert_eq!(here.call(Method::GET, &path, LONGEST, None).await.body["status"], "sent");
    until("the sleeper was told that it is too late", async || {
        (fleet.metric_of(&[0], "herald_late_outcomes_total").await >= 1).then_some(())
    })
    .await;
    for (id, before) in ids.iter().zip(&seen) {
        let path = format!("/v1/notifications/{id}");
        let now = here.call(Method::GET, &path, &[], None).await.body;
        assert_eq!((&now["status"], &now["attempts"]), (&before["status"], &before["attempts"]), "{now}");
    }
    let effects = fleet.effects("send").await;
    let mut texts: Vec<&str> = effects.iter().filter_map(|effect| effect["body"].as_str()).collect();
    texts.sort_unstable();
    texts.dedup();
    assert_eq!(texts.len(), effects.len(), "{tenant}: a message took effect twice");
}
