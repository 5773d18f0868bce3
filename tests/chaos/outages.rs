//! Three replicas at work, and trouble with their Redis.

use std::time::{Duration, Instant};

use serde_json::json;
use tokio::time::interval;

use crate::{
    calls::Calls,
    felt,
    health::Health,
    judge::{InFlight, Line, judge},
    load::Load,
    logins,
    mode::Mode,
    people::People,
    traffic::Traffic,
    trouble::Trouble,
    world::World,
};

const REPLICAS: usize = 3;
/// Everything is well again so soon after the trouble is over, and `/readyz` knows of it so soon after it began.
pub(crate) const WELL_WITHIN: Duration = Duration::from_secs(5);
/// How long a thousand notifications take to be asked for, trouble and all; fewer take less, so that the rate is the same.
const THOUSAND: Duration = Duration::from_secs(60);
/// How long everything works before and after, at the least.
const CALM: Duration = Duration::from_secs(4);
/// A thousand notifications come with 200 small calls a second, fewer with fewer: a small cell is also for a build that is not
/// optimised.
const SHARE: usize = 5;
/// And so many at the least.
const LEAST_RATE: u32 = 20;
/// How often something new may begin.
const STEP: Duration = Duration::from_millis(250);
/// How many people sign in for a hundred notifications.
const PEOPLE: usize = 20;
/// How long the last ones may take.
const PATIENCE: Duration = Duration::from_secs(60);
/// How many connections a replica has at most: one for calls, one that listens, another while one gives no answer, and one that
/// is being made or not quite gone.
const CONNECTIONS: usize = 4;

pub(crate) async fn run(trouble: Trouble, mode: Mode, line: &mut Line) {
    let mut world = match trouble {
        Trouble::Untrusted => World::fleet_over_tls(mode, REPLICAS).await,
        _ => World::fleet(mode, REPLICAS).await,
    };
    if !world.serve_all(None) {
        line.expect(false, "all start");
        eprintln!("{}:\n{}", line.cell, world.troubles());
        return;
    }
    world.inject(json!({ "effect": { "type": "none" }, "answer_after_ms": 20 })).await;
    let spare = trouble.prepare(&world).await;
    let calls = Calls::default();
    let rate = u32::try_from(line.n / SHARE).unwrap_or(u32::MAX).max(LEAST_RATE);
    let traffic = Traffic::start(&world, rate, calls.clone()).await;
    let load = Load::start_noting(&world, line.n, calls.clone());
    let count = (line.n * PEOPLE / 100).max(10);
    let people = People::start(&world, count, usize::MAX >> 4, calls.clone()).await;

    // Something is accepted and somebody signs in all the time: before, meanwhile and after.
    let health = Health::watch(&world);
    let (calm, steps) = (calm(trouble, line.n), steps(time(trouble, line.n)));
    let mut pace =
        Pace { load: &load, people: &people, notifications: line.n, logins: count, steps, taken: 0 };
    pace.keep(calm).await;
    let began = Instant::now();
    let trouble_ends = async {
        trouble.happen(&world, spare.as_ref()).await;
        Instant::now()
    };
    let (ended, ()) = tokio::join!(trouble_ends, pace.keep(trouble.lasts()));
    pace.keep(WELL_WITHIN + calm).await;
    load.allow(line.n);
    people.allow(count);
    people.are_done(count, PATIENCE).await;
    load.has_accepted(line.n, PATIENCE).await;
    // What is asked for now nothing is wrong with any more.
    traffic.end();
    felt::judge(&calls.all(), trouble, (began, ended), line);
    health.judge(trouble, (began, ended), line);
    if let Some(relay) = &world.relay {
        let most = relay.most_open();
        line.more.insert("connections_most", most.try_into().unwrap_or(u64::MAX));
        line.expect(
            !trouble.is_of_network() || most <= REPLICAS * CONNECTIONS,
            format!("{most} connections are no more than {CONNECTIONS} of each replica"),
        );
        line.expect(relay.cuts_left() == 0, "every answer that was to be cut was cut");
    }
    if let Some(reason) = trouble.reason() {
        let is_said = world.all_said(&["Redis cannot be used", reason]);
        line.expect(is_said, format!("every replica's log says: {reason}"));
    }
    finish(&world, trouble, mode, load, people, line).await;
    if !line.missed.is_empty() {
        eprintln!("{}:\n{}", line.cell, world.troubles());
    }
}

/// Compares the books of both ledgers.
async fn finish(world: &World, trouble: Trouble, mode: Mode, load: Load, people: People, line: &mut Line) {
    let others = if trouble.is_lossy() { None } else { Some(Traffic::SESSIONS) };
    logins::judge(world, people, &[], others, line).await;
    let lost = line.more.get("login_lost").copied().unwrap_or_default();
    line.expect(
        lost == 0 || trouble.is_lossy(),
        format!("{lost} logins are lost although nobody was killed"),
    );
    // The people's figures stand beside those of the notifications.
    let signed_in = std::mem::take(&mut line.accepted);
    line.more.insert("logins", signed_in.try_into().unwrap_or(u64::MAX));
    line.more.insert("refused", load.unavailable().try_into().unwrap_or(u64::MAX));
    line.expect(trouble != Trouble::Full || load.unavailable() > 0, "a full Redis is 503");
    let seen = judge(world, load, line).await;
    line.in_flight = InFlight::default().count(&seen);
    if !trouble.is_lossy() {
        line.check(mode);
        return;
    }
    // What Redis lost nobody can send: see `docs/guarantees.md`. The figures say how much it was.
    let gone = seen.iter().filter(|notification| notification.is_none()).count();
    line.stuck = line.stuck.saturating_sub(gone);
    line.more.insert("lost_by_redis", gone.try_into().unwrap_or(u64::MAX));
    line.expect(line.accepted == line.n, format!("all {} are accepted", line.n));
    line.expect(line.panics == 0, "nothing panics");
    line.expect(line.stuck == 0, "none is stuck");
    line.expect(line.false_delivered == 0, "none is called sent that was not");
    line.expect(line.false_failed == 0, "none is called failed that was sent");
    line.expect(mode != Mode::Antara || line.duplicates == 0, "the provider recognises what comes again");
    // Redis is a second behind, and what was sent in that second may be sent again; two seconds are told apart with ease.
    let seconds = usize::try_from(time(trouble, line.n).as_secs()).unwrap_or(usize::MAX);
    let most = 2 * line.n.div_ceil(seconds);
    line.expect(line.duplicates <= most, "no more come again than were sent in the time that was lost");
}

/// How long everything works before, and after it is well again.
fn calm(trouble: Trouble, n: usize) -> Duration {
    let time = THOUSAND * u32::try_from(n).unwrap_or(u32::MAX) / 1_000;
    CALM.max(time.saturating_sub(trouble.lasts() + WELL_WITHIN) / 2)
}

/// How long it all takes, but for the last ones.
fn time(trouble: Trouble, n: usize) -> Duration {
    2 * calm(trouble, n) + trouble.lasts() + WELL_WITHIN
}

/// Begins notifications and logins evenly over all the time.
struct Pace<'a> {
    load: &'a Load,
    people: &'a People,
    notifications: usize,
    logins: usize,
    /// How many steps there are, and how many were taken.
    steps: u128,
    taken: u128,
}

impl Pace<'_> {
    /// Goes on for so long.
    async fn keep(&mut self, time: Duration) {
        let mut ticks = interval(STEP);
        ticks.tick().await;
        for _ in 0..steps(time) {
            let (before, after) = (self.taken, self.taken + 1);
            self.taken = after;
            let share = |count: usize| {
                let until = |step: u128| count as u128 * step / self.steps;
                usize::try_from(until(after) - until(before)).unwrap_or(usize::MAX)
            };
            self.load.allow(share(self.notifications));
            self.people.allow(share(self.logins));
            ticks.tick().await;
        }
    }
}

fn steps(time: Duration) -> u128 {
    time.as_millis() / STEP.as_millis()
}
