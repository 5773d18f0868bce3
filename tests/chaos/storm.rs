//! Fifty callers at the same time under each key; and a batch repeated item by item.

use std::time::Duration;

use futures_util::{StreamExt as _, stream};
use serde_json::{Value, json};

use crate::{
    backing::Backing,
    judge::Line,
    mode::{Mode, text},
    world::{KEY, World},
};

/// How many ask under one key.
const CALLERS: usize = 50;
/// How many keys are asked under at once.
const KEYS_AT_ONCE: usize = 4;

pub(crate) async fn run(backing: Backing, line: &mut Line) {
    let mut world = World::start(Mode::AtMostOnce, backing).await;
    line.expect(world.serve(None), "it starts");
    let world = &world;
    let keys = stream::iter(0..line.n).map(|number| async move {
        let calls = (0..CALLERS).map(|_| call(world, number));
        futures_util::future::join_all(calls).await
    });
    let answers: Vec<Vec<(u16, bool, Value)>> = keys.buffered(KEYS_AT_ONCE).collect().await;
    for answers in &answers {
        let first = answers.iter().filter(|(_, is_replay, _)| !is_replay).count();
        let ids: std::collections::HashSet<String> =
            answers.iter().map(|(_, _, body)| body["id"].to_string()).collect();
        let is_good = answers.iter().all(|(status, _, _)| matches!(status, 200 | 202));
        line.expect(is_good, "every answer is a success");
        line.expect(first == 1 && ids.len() == 1, "one is the first, all others are replays of it");
        line.accepted += first;
    }
    batch(world, line).await;
    rest(world, line).await;
    line.expect(line.accepted == line.n, "each key makes one notification");
}

async fn call(world: &World, number: usize) -> (u16, bool, Value) {
    let request = world.http.post(format!("{}/v1/notifications", world.url)).bearer_auth(KEY);
    let request = request.header("idempotency-key", format!("key-{number}"));
    let answer = request.json(&world.mode.notification(number)).send().await.expect("Herald answers");
    let status = answer.status().as_u16();
    let is_replay = answer.headers().contains_key("idempotency-replayed");
    (status, is_replay, answer.json().await.expect("Herald speaks JSON"))
}

/// The same keys as a batch, then as a batch of keys of its own that are repeated one by one.
async fn batch(world: &World, line: &mut Line) {
    for begin in [0, line.n] {
        let items: Vec<Value> = (begin..begin + line.n)
            .map(|number| {
                let mut item = world.mode.notification(number);
                item["idempotency_key"] = format!("key-{number}").into();
                item
            })
            .collect();
        for items in items.chunks(1_000) {
            let request = world.http.post(format!("{}/v1/notifications/batch", world.url)).bearer_auth(KEY);
            let answer = request.json(&json!({ "notifications": items })).send().await;
            let answer: Value = answer.expect("Herald answers").json().await.expect("Herald speaks JSON");
            let good = answer["items"].as_array().into_iter().flatten();
            let good = good.filter(|item| matches!(item["status"].as_u64(), Some(200 | 202))).count();
            line.expect(good == items.len(), format!("{good} of {} items of a batch are taken", items.len()));
        }
    }
    let again = stream::iter(line.n..2 * line.n).map(|number| call(world, number)).buffer_unordered(32);
    let replays = again.filter(|(_, is_replay, _)| std::future::ready(*is_replay)).count().await;
    line.expect(replays == line.n, format!("{replays} items of a batch are replayed one by one"));
}

/// Waits until everything took effect, and counts.
async fn rest(world: &World, line: &mut Line) {
    let mut ticks = tokio::time::interval(Duration::from_millis(250));
    for _ in 0..240 {
        ticks.tick().await;
        let open = world.ask("/v1/notifications?status=queued&limit=1").await;
        let sending = world.ask("/v1/notifications?status=sending&limit=1").await;
        let is_empty = |page: Option<(u16, Value)>| {
            page.is_some_and(|(_, page)| page["items"].as_array().is_some_and(Vec::is_empty))
        };
        if is_empty(open) && is_empty(sending) {
            break;
        }
    }
    let effects = world.effects().await;
    for number in 0..2 * line.n {
        let effects = effects.get(&text(number)).copied().unwrap_or(0);
        line.lost += usize::from(effects == 0);
        line.duplicates += effects.saturating_sub(1);
    }
    line.expect(line.lost == 0 && line.duplicates == 0, "each takes effect once");
}
