//! Cells that kill Herald: at one point, at random, and while it recovers.

use std::time::Duration;

use serde_json::json;

use crate::{
    backing::Backing,
    dice::Dice,
    judge::{InFlight, Line, judge, now, tries},
    load::Load,
    mode::Mode,
    receiver::Receiver,
    world::World,
};

/// The points of `herald_core::failpoint`.
pub(crate) const POINTS: [&str; 11] = ["K0", "K1", "K2", "K3", "K4", "K5", "K6", "K7", "K8", "K9", "K10"];
/// Those that are passed without anybody calling: what is left over is enough.
const IN_THE_BACKGROUND: [&str; 6] = ["K4", "K5", "K6", "K7", "K8", "K9"];
/// How long a point may take to be passed.
const PATIENCE: Duration = Duration::from_secs(30);
/// How many kills come at random moments.
const AT_RANDOM: usize = 20;
/// How many recoveries are cut short.
const RECOVERIES: usize = 50;

/// One kill at the point.
pub(crate) async fn at(point: &'static str, mode: Mode, backing: Backing, line: &mut Line, dice: &mut Dice) {
    let mut world = World::start(mode, backing).await;
    // Long enough for `K6` to be surely between the effect and its answer.
    let millis = if point == "K6" { 100 } else { 2 };
    world.inject(json!({ "effect": { "type": "none" }, "answer_after_ms": millis })).await;
    // `K3` is passed once for all that are taken up together, every other point once for each message.
    let pass = 1 + dice.below(if point == "K3" { 5 } else { line.n.div_ceil(2) });
    line.note = Some(format!("{point}#{pass}"));
    world.serve(Some(&format!("{point}#{pass}")));
    let receiver = if ["K9", "K10"].contains(&point) {
        let receiver = Receiver::start().await;
        receiver.register(&world).await;
        Some(receiver)
    } else {
        None
    };
    let load = Load::start(&world, line.n);
    load.allow(line.n);
    line.expect(world.has_died(PATIENCE), format!("{point} is passed {pass} times"));
    let mut in_flight = InFlight::default();
    restart(&mut world, &mut in_flight, None).await;
    let seen = judge(&world, load, line).await;
    line.in_flight = in_flight.count(&seen);
    if let Some(receiver) = receiver {
        receiver.judge(&seen, line).await;
    }
    line.check(mode);
}

/// Kills from outside at random moments, under load.
pub(crate) async fn at_random(mode: Mode, backing: Backing, line: &mut Line, dice: &mut Dice) {
    let mut world = World::start(mode, backing).await;
    world.inject(json!({ "effect": { "type": "none" }, "answer_after_ms": 20 })).await;
    world.serve(None);
    let load = Load::start(&world, line.n);
    let mut in_flight = InFlight::default();
    let share = line.n.div_ceil(AT_RANDOM);
    for kill in 0..AT_RANDOM {
        load.allow(share);
        load.has_accepted(kill * share + dice.below(share), PATIENCE).await;
        restart(&mut world, &mut in_flight, None).await;
    }
    load.allow(line.n);
    let seen = judge(&world, load, line).await;
    line.in_flight = in_flight.count(&seen);
    line.note = Some(format!("attempts: {}", tries(&seen)));
    line.check(mode);
}

/// Kills while what the last kill left over is taken up again.
pub(crate) async fn in_recovery(mode: Mode, backing: Backing, line: &mut Line, dice: &mut Dice) {
    let mut world = World::start(mode, backing).await;
    world.inject(json!({ "effect": { "type": "none" }, "answer_after_ms": 50 })).await;
    world.serve(None);
    let load = Load::start(&world, line.n);
    let mut in_flight = InFlight::default();
    let (share, mut by_itself) = (line.n.div_ceil(RECOVERIES + 1), 0);
    load.allow(share);
    for _ in 0..RECOVERIES {
        load.has_accepted(1, PATIENCE).await;
        let kill_at = format!("{}#{}", dice.pick(&IN_THE_BACKGROUND), 1 + dice.below(5));
        restart(&mut world, &mut in_flight, Some(&kill_at)).await;
        load.allow(share);
        // A point that nothing passes any more is no second crash; the next kill comes from outside.
        by_itself += usize::from(world.has_died(Duration::from_secs(3)));
    }
    restart(&mut world, &mut in_flight, None).await;
    load.allow(line.n);
    let seen = judge(&world, load, line).await;
    line.in_flight = in_flight.count(&seen);
    line.note = Some(format!("{by_itself} recoveries cut short; attempts: {}", tries(&seen)));
    line.expect(by_itself >= RECOVERIES / 2, "recoveries are cut short");
    line.check(mode);
}

/// Kills it, unless it is dead already, and starts it again.
async fn restart(world: &mut World, in_flight: &mut InFlight, kill_at: Option<&str>) {
    world.kill();
    let killed = now();
    if world.serve(kill_at) {
        in_flight.look(world, killed).await;
    }
}
