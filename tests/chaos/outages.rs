//! Three replicas at work, and trouble with their Redis.

use std::time::{Duration, Instant};

use serde_json::json;
use tokio::{task::JoinHandle, time::sleep};

use crate::{
    judge::{InFlight, Line, judge},
    load::Load,
    logins,
    mode::Mode,
    people::People,
    traffic::{self, ANSWERED_WITHIN, Call, Traffic},
    trouble::{AWAY, BAD, Trouble},
    world::World,
};

const REPLICAS: usize = 3;
/// Everything is well again so soon after the trouble is over, and `/readyz` knows of it so soon after it began.
const WELL_WITHIN: Duration = Duration::from_secs(5);
/// How long everything works before and after.
const CALM: Duration = Duration::from_secs(8);
/// Over how many seconds the notifications are spread.
const SECONDS: usize = 30;
/// How many people sign in for a hundred notifications.
const PEOPLE: usize = 20;
/// How long the last ones may take.
const PATIENCE: Duration = Duration::from_secs(60);

pub(crate) async fn run(trouble: Trouble, mode: Mode, line: &mut Line) {
    let mut world = match trouble {
        Trouble::Untrusted => World::fleet_over_tls(mode, REPLICAS).await,
        _ => World::fleet(mode, REPLICAS).await,
    };
    line.expect(world.serve_all(None), "all start");
    world.inject(json!({ "effect": { "type": "none" }, "answer_after_ms": 20 })).await;
    let spare = trouble.prepare(&world).await;
    let traffic = Traffic::start(&world).await;
    let load = Load::start(&world, line.n);
    let count = (line.n * PEOPLE / 100).max(10);
    let people = People::start(&world, count, usize::MAX >> 4).await;

    // Something is accepted and somebody signs in all the time: before, meanwhile and after.
    let health = Health::watch(&world);
    let pace =
        Pace { load: &load, people: &people, notifications: line.n / SECONDS, logins: count / SECONDS };
    pace.keep(CALM).await;
    let began = Instant::now();
    tokio::join!(trouble.happen(&world, spare.as_ref()), pace.keep(trouble_lasts(trouble)));
    let ended = Instant::now();
    pace.keep(WELL_WITHIN + CALM).await;
    load.allow(line.n);
    people.allow(count);
    people.are_done(count, PATIENCE).await;
    load.has_accepted(line.n, PATIENCE).await;
    // What is asked for now nothing is wrong with any more.
    let calls = traffic.end();
    traffic::count(&calls, line);
    health.judge(trouble, (began, ended), line);
    if let Some(relay) = &world.relay {
        line.more.insert("connections_most", relay.most_open().try_into().unwrap_or(u64::MAX));
        line.expect(relay.cuts_left() == 0, "every answer that was to be cut was cut");
    }

    // Only the trouble is judged: that the machine is slow beside it is not its fault.
    let is_within = |call: &&Call| call.begun + call.took >= began && call.begun <= ended + WELL_WITHIN;
    let is_slow = |call: &&Call| call.took > ANSWERED_WITHIN && is_within(call);
    line.expect(
        !calls.iter().any(|call| is_slow(&call)),
        format!("an answer takes 1.5 s at most: {}", traffic::list(calls.iter().filter(is_slow), began)),
    );
    let is_late = |call: &&Call| !call.is_good() && !is_within(call);
    if trouble != Trouble::Flushed {
        line.expect(
            !calls.iter().any(|call| is_late(&call)),
            format!(
                "all is well before and 5 s after: {}",
                traffic::list(calls.iter().filter(is_late), began)
            ),
        );
    }
    if let Some(share) = trouble.may_fail() {
        let failed = calls.iter().filter(|call| !call.is_good()).count();
        line.expect(
            failed * 100 <= calls.len() * share,
            format!("{failed} of {} calls failed, {share} % may", calls.len()),
        );
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
    let missed = line.missed.len();
    let seen = judge(world, load, line).await;
    line.in_flight = InFlight::default().count(&seen);
    if !trouble.is_lossy() {
        line.check(mode);
        return;
    }
    // What Redis lost nobody can send: see `docs/guarantees.md`. The figures say how much it was.
    line.missed.truncate(missed);
    let gone = seen.iter().filter(|notification| notification.is_none()).count();
    line.stuck = line.stuck.saturating_sub(gone);
    line.more.insert("lost_by_redis", gone.try_into().unwrap_or(u64::MAX));
    line.expect(line.accepted == line.n, format!("all {} are accepted", line.n));
    line.expect(line.panics == 0, "nothing panics");
    line.expect(line.stuck == 0, "none is stuck");
    line.expect(line.false_delivered == 0, "none is called sent that was not");
    line.expect(mode != Mode::Antara || line.duplicates == 0, "the provider recognises what comes again");
    // Redis is a second behind, and what was sent in that second may be sent again; two seconds are told apart with ease.
    let most = 2 * line.n.div_ceil(SECONDS);
    line.expect(line.duplicates <= most, "no more come again than were sent in the time that was lost");
}

/// For how long something new is begun while the trouble lasts.
fn trouble_lasts(trouble: Trouble) -> Duration {
    match trouble {
        Trouble::Stopped(seconds) => Duration::from_secs(seconds),
        Trouble::Unheard | Trouble::Unscripted => Duration::from_secs(10),
        Trouble::Reset | Trouble::Silent | Trouble::Far | Trouble::Lossy => BAD,
        _ => AWAY,
    }
}

/// Begins notifications and logins at a steady pace.
struct Pace<'a> {
    load: &'a Load,
    people: &'a People,
    notifications: usize,
    logins: usize,
}

impl Pace<'_> {
    /// A second's share every second.
    async fn keep(&self, time: Duration) {
        let parts = 4;
        for _ in 0..time.as_secs() * parts {
            self.load.allow((self.notifications / 4).max(1));
            self.people.allow((self.logins / 4).max(1));
            sleep(Duration::from_secs(1) / 4).await;
        }
    }
}

/// What the replicas say of themselves, looked at all the time.
struct Health(Vec<JoinHandle<()>>, std::sync::Arc<std::sync::Mutex<Vec<(Instant, u16, u16)>>>);

impl Health {
    fn watch(world: &World) -> Self {
        let seen: std::sync::Arc<std::sync::Mutex<Vec<(Instant, u16, u16)>>> = std::sync::Arc::default();
        let looks = (0..world.replica_count()).map(|replica| {
            let (look, seen) = (world.looker(replica), std::sync::Arc::clone(&seen));
            tokio::spawn(async move {
                let mut ticks = tokio::time::interval(Duration::from_millis(250));
                loop {
                    ticks.tick().await;
                    let at = Instant::now();
                    let (live, ready) = tokio::join!(look.health("livez"), look.health("readyz"));
                    seen.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push((at, live, ready));
                }
            })
        });
        Self(looks.collect(), seen)
    }

    fn judge(self, trouble: Trouble, (began, ended): (Instant, Instant), line: &mut Line) {
        self.0.iter().for_each(JoinHandle::abort);
        let seen = self.1.lock().unwrap_or_else(std::sync::PoisonError::into_inner).clone();
        line.expect(seen.iter().all(|(_, live, _)| *live == 200), "`/livez` is 200 throughout");
        let is_ready_while_away = |(at, _, ready): &(Instant, u16, u16)| {
            *at > began + WELL_WITHIN && *at + Duration::from_secs(1) < ended && *ready == 200
        };
        if trouble.is_outage() {
            line.expect(!seen.iter().any(is_ready_while_away), "`/readyz` is 503 within 5 s");
        }
        let is_unready_after =
            |(at, _, ready): &(Instant, u16, u16)| *at > ended + WELL_WITHIN && *ready != 200;
        line.expect(!seen.iter().any(is_unready_after), "`/readyz` is 200 within 5 s");
    }
}
