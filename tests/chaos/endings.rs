//! SIGTERM under load: what was begun is finished, and nothing else is lost.

use std::time::Duration;

use serde_json::json;

use crate::{
    backing::Backing,
    dice::Dice,
    judge::{Line, judge, tries},
    load::Load,
    mode::Mode,
    world::World,
};

/// How often it is ended.
const ENDINGS: usize = 100;
const PATIENCE: Duration = Duration::from_secs(30);

pub(crate) async fn run(mode: Mode, backing: Backing, line: &mut Line, dice: &mut Dice) {
    let mut world = World::start(mode, backing).await;
    world.inject(json!({ "effect": { "type": "none" }, "answer_after_ms": 20 })).await;
    let load = Load::start(&world, line.n);
    let endings = ENDINGS.min(line.n);
    let share = line.n.div_ceil(endings);
    for ending in 0..endings {
        line.expect(world.serve(None), "it starts");
        load.allow(share);
        load.has_accepted(ending * share + dice.below(share), PATIENCE).await;
        let status = world.terminate();
        line.expect(status.code() == Some(0), format!("it ends well: {status}"));
    }
    line.expect(world.serve(None), "it starts");
    load.allow(line.n);
    let seen = judge(&world, load, line).await;
    line.note = Some(format!("{endings} endings; attempts: {}", tries(&seen)));
    line.expect(line.unknown == 0, "nothing ends unknown");
    line.expect(line.duplicates == 0, "no duplicates");
    line.check(mode);
}
