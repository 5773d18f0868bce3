//! Half of all sends go wrong, each in another way, for a while.

use std::time::Duration;

use reqwest::Method;
use serde_json::json;

use crate::{
    backing::Backing,
    dice::Dice,
    judge::{Line, attempts, judge_within, tries},
    load::Load,
    mode::Mode,
    world::World,
};

/// How long things go wrong.
const TROUBLE: Duration = Duration::from_secs(30);
/// After so many ends that nobody saw a message is given up as unknown, and that is the truth.
const REPEATS: usize = 6;
/// Breakers stay open for up to two minutes, and opened ones let one probe through at a time.
const REST: Duration = Duration::from_secs(240);

pub(crate) async fn run(mode: Mode, backing: Backing, line: &mut Line, dice: &mut Dice) {
    let mut world = World::start(mode, backing).await;
    let of = json!([
        { "effect": { "type": "reset" } },
        { "effect": { "type": "lost" } },
        { "effect": { "type": "half" } },
        { "effect": { "type": "garbage" } },
        { "effect": { "type": "malformed", "how": "truncated" } },
        { "effect": { "type": "malformed", "how": "html" } },
        { "effect": { "type": "status", "status": 500 } },
        { "effect": { "type": "status", "status": 502 }, "takes_effect": true },
        { "effect": { "type": "status", "status": 503 } },
        { "effect": { "type": "rate_limited", "retry_after_seconds": 1 } },
        { "effect": { "type": "hang" } },
        { "effect": { "type": "hang" }, "takes_effect": true },
        { "effect": { "type": "flood" } },
        { "effect": { "type": "drip" } },
        { "effect": { "type": "none" }, "answer_after_ms": 1_500 }
    ]);
    let dice = dice.below(1_000_000);
    world.inject(json!({ "probability": 0.5, "seed": dice, "effect": { "type": "mix", "of": of } })).await;
    line.expect(world.serve(None), "it starts");
    let load = Load::start(&world, line.n);
    load.allow(line.n);
    tokio::time::sleep(TROUBLE).await;
    world.control(Method::DELETE, "faults", None).await;
    let seen = judge_within(&world, load, line, REST).await;
    let calls = world.control(Method::GET, "counters", None).await[mode.provider()]["send"].clone();
    line.note = Some(format!("{calls} calls; attempts: {}", tries(&seen)));
    for notification in seen.iter().flatten() {
        let unclear = attempts(notification, "unknown");
        line.unclear += unclear;
        line.given_up += usize::from(unclear >= REPEATS);
    }
    line.check(mode);
}
