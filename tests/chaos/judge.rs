//! Three books compared: what the caller was told, what Herald says now, and what took effect at the provider.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    time::{Duration, Instant},
};

use futures_util::{StreamExt as _, stream};
use serde::Serialize;
use serde_json::Value;

use crate::{
    load::Load,
    mode::{Mode, text},
    world::World,
};

/// How long after the last start everything has to have come to rest.
const REST: Duration = Duration::from_secs(60);
/// How many are looked at once.
const AT_ONCE: usize = 16;

/// What one cell gave: its line.
#[derive(Clone, Debug, Default, Serialize)]
pub(crate) struct Line {
    pub(crate) cell: String,
    pub(crate) seed: u64,
    pub(crate) n: usize,
    /// Those that a 2xx answered.
    pub(crate) accepted: usize,
    /// Accepted, without effect, and not said to be so.
    pub(crate) lost: usize,
    /// Effects beyond the first of a message.
    pub(crate) duplicates: usize,
    pub(crate) unknown: usize,
    /// Sends that were under way when Herald was killed, over all kills.
    pub(crate) in_flight: usize,
    /// `sent` or `delivered` without effect.
    pub(crate) false_delivered: usize,
    /// `failed`, `expired` or `cancelled` with an effect.
    pub(crate) false_failed: usize,
    /// Not at rest 60 s after the last start.
    pub(crate) stuck: usize,
    pub(crate) seconds: f64,
    pub(crate) kills: usize,
    pub(crate) panics: usize,
    /// Webhooks received beyond the first of an event, where the cell looks at them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) webhook_duplicates: Option<usize>,
    /// Attempts whose end nobody saw, where not kills but the provider is to blame.
    #[serde(skip)]
    pub(crate) unclear: usize,
    /// Messages that were repeated as often as they may be, and of which nobody saw the end.
    #[serde(skip)]
    pub(crate) given_up: usize,
    /// Messages with more effects than one, and one more for each end that nobody saw.
    #[serde(skip)]
    pub(crate) unexplained: usize,
    /// Figures that only some cells have.
    #[serde(flatten)]
    pub(crate) more: BTreeMap<&'static str, u64>,
    /// What else the cell counts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) note: Option<String>,
    /// The pass marks that were missed; empty is good.
    pub(crate) missed: Vec<String>,
}

impl Line {
    /// Notes a pass mark that was missed.
    pub(crate) fn expect(&mut self, is_met: bool, mark: impl Into<String>) {
        if !is_met {
            self.missed.push(mark.into());
        }
    }

    /// The marks that every cell has, and those of its column.
    pub(crate) fn check(&mut self, mode: Mode) {
        let (n, unclear) = (self.n, self.in_flight + self.unclear);
        self.expect(self.accepted == n, format!("all {n} are accepted"));
        self.expect(self.lost == 0, "none is lost");
        self.expect(self.false_delivered == 0, "none is called sent that was not");
        self.expect(self.false_failed == 0, "none is called failed that was sent");
        self.expect(self.stuck == 0, "none is stuck");
        self.expect(self.panics == 0, "nothing panics");
        let unexplained = self.unexplained;
        self.expect(unexplained == 0, format!("{unexplained} took effect again although their end was seen"));
        match mode {
            Mode::Antara => {
                self.expect(self.duplicates == 0, "no duplicates");
                self.expect(self.unknown <= self.given_up, "none is unknown");
            }
            Mode::AtMostOnce => {
                self.expect(self.duplicates == 0, "no duplicates");
                self.expect(self.unknown <= unclear, "no more are unknown than were in flight");
            }
            Mode::AtLeastOnce => {
                self.expect(self.duplicates <= unclear, "no more duplicates than sends in flight");
                self.expect(self.unknown <= self.given_up, "none is unknown");
            }
        }
    }
}

/// The sends that were under way at a kill, each once.
#[derive(Debug, Default)]
pub(crate) struct InFlight(HashSet<(String, u64)>);

impl InFlight {
    /// Adds those that Herald, just started again, finds as `sending` and did not begin itself: they began before `killed`.
    pub(crate) async fn look(&mut self, world: &World, killed: jiff::Timestamp) {
        let mut more = String::new();
        loop {
            let path = format!("/v1/notifications?status=sending&limit=200{more}");
            // It may have been killed again.
            let Some((200, page)) = world.ask(&path).await else { return };
            for item in page["items"].as_array().into_iter().flatten() {
                let Some(attempt) = item["attempts"].as_array().and_then(|attempts| attempts.last()) else {
                    continue;
                };
                let began = attempt["started_at"].as_str().and_then(|at| at.parse().ok());
                if began.is_some_and(|began: jiff::Timestamp| began <= killed) {
                    let id = item["id"].as_str().unwrap_or_default().to_owned();
                    self.0.insert((id, attempt["number"].as_u64().unwrap_or_default()));
                }
            }
            let Some(cursor) = page["next_cursor"].as_str() else { return };
            more = format!("&cursor={cursor}");
        }
    }

    /// How many, with those that were taken up before anybody looked: of them Herald says that their sender died.
    pub(crate) fn count(mut self, seen: &[Option<Value>]) -> usize {
        for notification in seen.iter().flatten() {
            let id = notification["id"].as_str().unwrap_or_default();
            for attempt in notification["attempts"].as_array().into_iter().flatten() {
                if attempt["failure"]["code"] == "sender_died" {
                    self.0.insert((id.to_owned(), attempt["number"].as_u64().unwrap_or_default()));
                }
            }
        }
        self.0.len()
    }
}

/// The moment, as Herald's answers say it.
pub(crate) fn now() -> jiff::Timestamp {
    #[expect(clippy::disallowed_methods, reason = "a black box has no other clock than the real one")]
    jiff::Timestamp::now()
}

/// Waits until all is at rest, 60 s at most, and fills the line. Gives every notification as it is now, by number.
pub(crate) async fn judge(world: &World, load: Load, line: &mut Line) -> Vec<Option<Value>> {
    judge_within(world, load, line, REST).await
}

/// The same with another patience.
pub(crate) async fn judge_within(
    world: &World,
    load: Load,
    line: &mut Line,
    patience: Duration,
) -> Vec<Option<Value>> {
    let until = Instant::now() + patience;
    load.has_accepted(line.n, patience).await;
    let (ids, faults) = load.end();
    line.missed.extend(faults.into_iter().take(3));
    let looks = stream::iter(&ids).map(|id| at_rest(world, id.as_deref(), until));
    let seen: Vec<Option<Value>> = looks.buffered(AT_ONCE).collect().await;
    let effects = world.effects().await;
    for (number, (id, notification)) in ids.iter().zip(&seen).enumerate() {
        let effects = effects.get(&text(number)).copied().unwrap_or(0);
        line.duplicates += effects.saturating_sub(1);
        if id.is_some() {
            line.accepted += 1;
            count(line, notification.as_ref(), effects);
        }
    }
    let known: HashSet<String> = (0..line.n).map(text).collect();
    line.expect(effects.keys().all(|text| known.contains(text)), "no message that nobody sent");
    let different: HashSet<&String> = ids.iter().flatten().collect();
    line.expect(different.len() == line.accepted, "each key has a notification of its own");
    line.kills = world.kills;
    line.panics = world.panics_so_far();
    seen
}

fn count(line: &mut Line, notification: Option<&Value>, effects: usize) {
    let status = notification.and_then(|notification| notification["status"].as_str()).unwrap_or("gone");
    match status {
        "sent" | "delivered" => line.false_delivered += usize::from(effects == 0),
        "failed" | "expired" | "cancelled" => line.false_failed += usize::from(effects > 0),
        "unknown" => line.unknown += 1,
        _ => line.stuck += 1,
    }
    let is_said = ["failed", "expired", "cancelled", "unknown"].contains(&status);
    line.lost += usize::from(effects == 0 && !is_said);
    let unseen = notification.map_or(0, |notification| attempts(notification, "unknown"));
    line.unexplained += usize::from(effects > 1 + unseen);
}

/// How many attempts have this status.
pub(crate) fn attempts(notification: &Value, status: &str) -> usize {
    let all: &[Value] = notification["attempts"].as_array().map_or(&[], Vec::as_slice);
    all.iter().filter(|attempt| attempt["status"] == status).count()
}

/// The notification when it is at rest, or as it is when time runs out; nothing when Herald does not know it.
async fn at_rest(world: &World, id: Option<&str>, until: Instant) -> Option<Value> {
    let path = format!("/v1/notifications/{}", id?);
    let mut last = None;
    let mut ticks = tokio::time::interval(Duration::from_millis(200));
    loop {
        ticks.tick().await;
        match world.ask(&path).await {
            Some((200, notification)) => {
                let is_open = matches!(notification["status"].as_str(), Some("queued" | "sending"));
                last = Some(notification);
                if !is_open {
                    return last;
                }
            }
            Some((404, _)) => return None,
            _ => {}
        }
        if Instant::now() > until {
            return last;
        }
    }
}

/// How often each number of attempts was needed, for the curious.
pub(crate) fn tries(seen: &[Option<Value>]) -> String {
    let mut tries: HashMap<usize, usize> = HashMap::new();
    for notification in seen.iter().flatten() {
        *tries.entry(notification["attempts"].as_array().map_or(0, Vec::len)).or_default() += 1;
    }
    let mut tries: Vec<(usize, usize)> = tries.into_iter().collect();
    tries.sort_unstable();
    tries.iter().map(|(tries, count)| format!("{count}x{tries}")).collect::<Vec<_>>().join(" ")
}
