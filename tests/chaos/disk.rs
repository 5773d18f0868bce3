//! The disk: full, cut short, and used by two.

use std::{
    fs,
    process::Command,
    time::{Duration, Instant},
};

use crate::{
    backing::Backing,
    judge::{Line, judge},
    load::Load,
    mode::Mode,
    process::Process,
    world::World,
};

const PATIENCE: Duration = Duration::from_secs(30);
/// The database notes in a flag at its beginning that it was opened, before it sees what is missing.
const HEADER: usize = 16;

/// No room for the store to grow: no 202 that is not kept, reads go on, and with room again all goes on without a restart.
pub(crate) async fn full(line: &mut Line) {
    // Enough for the file to have to grow.
    line.n = line.n.max(2_000);
    let mut world = World::start(Mode::AtMostOnce, Backing::Embedded).await;
    // A write beyond the limit is then an error, as on a full disk, and no signal.
    let mut command = Command::new("bash");
    let serve = world.command(None);
    command.args(["-c", "trap '' XFSZ; exec \"$@\"", "bash"]).arg(serve.get_program()).args(serve.get_args());
    command.envs(serve.get_envs().filter_map(|(name, value)| Some((name, value?))));
    line.expect(world.serve_as(command), "it starts");
    let load = Load::start(&world, line.n);
    let first = line.n / 10;
    load.allow(first);
    load.has_accepted(first, PATIENCE).await;
    limit(&world, &fs::metadata(world.store_path()).expect("the store is there").len().to_string());
    load.allow(line.n);
    let (mut ticks, until) = (tokio::time::interval(Duration::from_millis(50)), Instant::now() + PATIENCE);
    while load.unavailable() == 0 && load.accepted() < line.n && Instant::now() < until {
        ticks.tick().await;
    }
    line.expect(load.unavailable() > 0, "a full disk is 503");
    let read = world.ask("/v1/notifications?limit=1").await;
    line.expect(read.is_some_and(|(status, _)| status == 200), "reads go on");
    let (before, refused) = (load.accepted(), load.unavailable());
    limit(&world, "unlimited");
    judge(&world, load, line).await;
    line.note = Some(format!("{before} accepted and {refused} refused before there was room again"));
    line.expect(line.unknown == 0, "none is unknown");
    line.check(Mode::AtMostOnce);
}

fn limit(world: &World, bytes: &str) {
    let arguments = ["--pid", &world.id().to_string(), &format!("--fsize={bytes}:")];
    let status = Command::new("prlimit").args(arguments).status().expect("prlimit (util-linux) runs");
    assert!(status.success(), "the limit can be set");
}

/// A store that was cut short: Herald refuses to start, and leaves the file as it is.
pub(crate) async fn cut_short(line: &mut Line) {
    let mut world = World::start(Mode::AtMostOnce, Backing::Embedded).await;
    line.expect(world.serve(None), "it starts");
    let load = Load::start(&world, line.n);
    load.allow(line.n);
    judge(&world, load, line).await;
    world.terminate();
    let whole = fs::read(world.store_path()).expect("the store is there");
    for kept in [whole.len() - 4096, whole.len() / 4 * 3, whole.len() / 2, whole.len() / 4, 4096, 100, 0] {
        fs::write(world.store_path(), &whole[..kept]).expect("the store can be cut");
        let (code, _) = refused(&world);
        line.expect(code.is_some_and(|code| code != 0), format!("{kept} bytes of a store are refused"));
        let now = fs::read(world.store_path()).expect("the store is there");
        let is_kept = now.len() == kept && now.iter().skip(HEADER).eq(whole[..kept].iter().skip(HEADER));
        line.expect(is_kept, format!("{kept} bytes of a store are left as they are"));
    }
    fs::write(world.store_path(), &whole).expect("the store can be put back");
    line.expect(world.serve(None), "the whole store is good");
    line.check(Mode::AtMostOnce);
}

/// Two processes on one file: the second one goes, soon.
pub(crate) async fn shared(line: &mut Line) {
    let mut world = World::start(Mode::AtMostOnce, Backing::Embedded).await;
    line.expect(world.serve(None), "it starts");
    let load = Load::start(&world, line.n);
    load.allow(line.n);
    let (code, took) = refused(&world);
    line.note = Some(format!("the second one ended after {took:.1?}"));
    line.expect(code.is_some_and(|code| code != 0), "the second one ends with a code that is not 0");
    line.expect(took <= Duration::from_secs(2), "the second one ends within 2 s");
    judge(&world, load, line).await;
    line.check(Mode::AtMostOnce);
}

/// How a start ended that should not have succeeded, and after how long. Nothing: it had to be killed.
fn refused(world: &World) -> (Option<i32>, Duration) {
    let began = Instant::now();
    let mut second = Process::run(&mut world.command(None));
    let is_over = tokio::task::block_in_place(|| second.has_ended(PATIENCE));
    (is_over.then(|| second.ended().code()).flatten(), began.elapsed())
}
