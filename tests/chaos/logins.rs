//! Logins of which one replica of three is killed at a point of the way from a person's yes to a session.

use std::{
    collections::{BTreeSet, HashMap},
    time::{Duration, Instant},
};

use reqwest::Method;
use serde_json::json;

use crate::{
    calls::Calls,
    dice::Dice,
    judge::Line,
    mode::Mode,
    people::{People, Seen},
    world::World,
};

/// The points of `herald_core::failpoint` on that way.
pub(crate) const POINTS: [&str; 9] = ["L0", "L1", "L2", "L3", "L4", "L5", "L6", "L7", "L8"];
const REPLICAS: usize = 3;
/// How often one is killed in a cell.
const KILLS: usize = 5;
/// How often it is looked whether the replica has died.
const LOOK_EVERY: Duration = Duration::from_millis(50);
/// How long logins may take to come to an end.
const PATIENCE: Duration = Duration::from_secs(60);
/// How many answers are being taken at once at most, where that is what is cut off.
const AT_ONCE: usize = 8;
/// How long nobody has looked at a login whose replica died: a lease, and the time that a claim to redeem lasts at most.
const FAILOVER: Duration = Duration::from_secs(20);
/// How soon after that people are told.
const TOLD_WITHIN: Duration = Duration::from_secs(3);

/// Kills the first replica whenever it passes the point for the so-manieth time.
pub(crate) async fn at(point: &'static str, line: &mut Line, dice: &mut Dice) {
    let mut world = World::fleet(Mode::AtMostOnce, REPLICAS).await;
    let is_lossy = ["L4", "L5"].contains(&point);
    if is_lossy {
        // Long enough for a call to be surely between its effect and its answer.
        let slow = json!({ "provider": "antirius", "operation": "full", "effect": { "type": "none" }, "answer_after_ms": 30 });
        world.control(Method::POST, "faults", Some(slow)).await;
    }
    let people = People::start(&world, line.n, if is_lossy { AT_ONCE } else { 1 }, Calls::default()).await;
    // Whoever is free takes a login up, so nobody knows when the first replica comes to the point again; at half of what its share
    // would be there are logins enough for every kill.
    let (step, mut allowed) = ((line.n / KILLS / 4).max(1), 0);
    let mut kill_at = || format!("{point}#{}", 1 + dice.below((step / 2).max(1)));
    line.expect(world.serve_all(Some(&kill_at())), "all start");
    let mut killed: Vec<Instant> = Vec::new();
    while killed.len() < KILLS {
        if people.are_done(allowed, LOOK_EVERY).await {
            if allowed >= line.n {
                break;
            }
            people.allow(step);
            allowed += step;
        }
        if world.has_died(Duration::ZERO) {
            killed.push(Instant::now());
            world.kill();
            // What was cut off is over before it may be cut off again.
            people.are_done(allowed, PATIENCE).await;
            let next = (killed.len() < KILLS).then(&mut kill_at);
            line.expect(world.serve(next.as_deref()), "it starts again");
        }
    }
    line.expect(killed.len() == KILLS, format!("{point} is passed again and again: {} kills", killed.len()));
    if world.has_died(Duration::ZERO) {
        world.kill();
        line.expect(world.serve(None), "it starts again");
    }
    people.allow(line.n);
    people.are_done(line.n, PATIENCE).await;
    judge(&world, people, &killed, Some(0), line).await;
    let most = match point {
        "L4" | "L5" => AT_ONCE,
        // Another login may be there when one is killed at its beginning or its end.
        "L0" | "L1" | "L8" => 1,
        _ => 0,
    } * killed.len();
    let lost = count(line, "login_lost");
    line.expect(lost <= most, format!("no more than {most} logins are lost"));
}

fn count(line: &Line, what: &str) -> usize {
    usize::try_from(line.more.get(what).copied().unwrap_or_default()).unwrap_or(usize::MAX)
}

/// Compares what people were told with what the provider did and with Herald's sessions, of which so many are others'; without
/// them where the store may have lost some, and logins with them.
pub(crate) async fn judge(
    world: &World,
    people: People,
    killed: &[Instant],
    others: Option<usize>,
    line: &mut Line,
) {
    let (seen, faults) = people.end();
    line.missed.extend(faults.into_iter().take(3));
    outcomes(&seen, others.is_none(), line);
    full_calls(world, &seen, killed, line).await;
    if let Some(others) = others {
        sessions(world, &seen, others, line).await;
    }
    let late = seen.iter().filter(|seen| seen.failure == "login_lost").filter_map(|seen| {
        let known = seen.known_at?;
        killed.iter().rev().find(|killed| **killed < known).map(|killed| known.duration_since(*killed))
    });
    if let Some(latest) = late.max() {
        line.more.insert("login_lost_told_ms", latest.as_millis().try_into().unwrap_or(u64::MAX));
        line.expect(latest <= FAILOVER + TOLD_WITHIN, "a lost login is told within 3 s after the failover");
    }
    line.kills = world.kills;
    line.panics = world.panics_so_far();
    line.expect(line.panics == 0, "nothing panics");
}

fn outcomes(seen: &[Seen], may_be_gone: bool, line: &mut Line) {
    let mut outcomes: HashMap<&'static str, u64> = HashMap::new();
    for seen in seen {
        let outcome = match (seen.status.as_str(), seen.failure.as_str()) {
            ("claimed", _) => "logins_good",
            ("failed", "login_lost") => "login_lost",
            ("expired", _) => "logins_expired",
            ("gone", _) => "logins_gone",
            ("" | "confirmed", _) => "logins_stuck",
            (status, failure) => {
                line.expect(false, format!("a login ends as {status} {failure}"));
                "logins_other"
            }
        };
        *outcomes.entry(outcome).or_default() += 1;
    }
    line.stuck +=
        usize::try_from(outcomes.get("logins_stuck").copied().unwrap_or_default()).unwrap_or(usize::MAX);
    let wrong = seen.iter().filter(|seen| !seen.identity.is_empty() && seen.identity != seen.person).count();
    line.expect(line.stuck == 0, "no login is stuck");
    for outcome in ["logins_gone", "logins_expired"] {
        let count = outcomes.get(outcome).copied().unwrap_or_default();
        line.expect(count == 0 || may_be_gone, format!("{outcome}: {count}"));
    }
    line.expect(wrong == 0, format!("{wrong} logins have somebody else's identity"));
    line.accepted += seen.iter().filter(|seen| !seen.upstream.is_empty()).count();
    line.more.extend(outcomes);
}

/// How often the provider was asked for what it gives once.
async fn full_calls(world: &World, seen: &[Seen], killed: &[Instant], line: &mut Line) {
    let list = world.control(Method::GET, "antirius/sessions", None).await;
    let calls: HashMap<&str, u64> = list["items"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|session| Some((session["id"].as_str()?, session["full_calls"].as_u64()?)))
        .collect();
    let of = |seen: &Seen| calls.get(seen.upstream.as_str()).copied().unwrap_or_default();
    let most = seen.iter().map(of).max().unwrap_or_default();
    let twice = seen.iter().filter(|seen| of(seen) > 1).count();
    // Nothing else loses a login: an answer that is given once was asked for, and nobody stored it.
    let gone = seen.iter().filter(|seen| seen.failure == "login_lost");
    let not_asked = gone.filter(|seen| of(seen) == 0).count();
    line.expect(not_asked == 0, format!("{not_asked} logins are lost that were not being redeemed"));
    line.more.insert("full_calls_most", most);
    line.more.insert("full_calls_twice", twice.try_into().unwrap_or(u64::MAX));
    let allowed = if killed.is_empty() { 1 } else { 2 };
    line.expect(most <= allowed, format!("no answer is asked for more than {allowed} times"));
    line.expect(twice <= AT_ONCE * killed.len(), "only what was cut off is asked for again");
}

/// One session for each login that was claimed, and no other.
async fn sessions(world: &World, seen: &[Seen], others: usize, line: &mut Line) {
    let told: BTreeSet<&String> = seen.iter().flat_map(|seen| &seen.sessions).collect();
    let is_one = |seen: &&Seen| seen.sessions.iter().collect::<BTreeSet<_>>().len() > 1;
    line.expect(!seen.iter().any(|seen| is_one(&seen)), "a login has one session");
    let (mut there, mut more) = (BTreeSet::new(), String::new());
    loop {
        let Some((200, page)) = world.ask(&format!("/v1/sessions?limit=200{more}")).await else {
            line.expect(false, "the sessions can be listed");
            return;
        };
        let ids = page["items"].as_array().into_iter().flatten().filter_map(|item| item["id"].as_str());
        there.extend(ids.map(str::to_owned));
        let Some(cursor) = page["next_cursor"].as_str().map(str::to_owned) else { break };
        more = format!("&cursor={cursor}");
    }
    let missing = told.iter().filter(|id| !there.contains(id.as_str())).count();
    line.expect(missing == 0, format!("{missing} sessions that were given are not there"));
    let most = told.len() + others;
    line.expect(there.len() <= most, format!("{} sessions for {most} logins", there.len()));
}
