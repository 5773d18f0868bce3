//! Every call that callers made: how long each took, and what it was answered with.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use serde_json::Value;

use crate::judge::Line;

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// How a login stands that nobody decides.
    Peek,
    /// Whether a session is good.
    Verify,
    /// The last notifications.
    List,
    /// That a notification be sent.
    Accept,
    /// That a login begin.
    Begin,
    /// How a login ends, as soon as it does.
    Wait,
    /// What came of a login.
    Claim,
}

impl Kind {
    fn is_write(self) -> bool {
        matches!(self, Self::Accept | Self::Begin | Self::Claim)
    }

    /// Is this what such a call is answered with while nothing is wrong?
    fn is_right(self, body: &Value) -> bool {
        match self {
            Self::Peek => body["status"] == "pending",
            Self::Verify => body["active"] == true,
            _ => true,
        }
    }
}

/// One call that was made.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Call {
    pub(crate) kind: Kind,
    pub(crate) begun: Instant,
    pub(crate) took: Duration,
    /// 0 when there was no whole answer.
    pub(crate) status: u16,
    is_right: bool,
}

impl Call {
    /// Did the caller get what it asked for?
    pub(crate) fn is_good(&self) -> bool {
        (200..300).contains(&self.status) && self.is_right
    }

    /// Was it said that what was asked about is not there?
    pub(crate) fn is_forgotten(&self) -> bool {
        self.status == 404 || (self.status == 200 && !self.is_right)
    }

    /// Was it answered only when something had happened, as was asked?
    pub(crate) fn is_patient(&self) -> bool {
        self.kind == Kind::Wait
    }

    pub(crate) fn is_write(&self) -> bool {
        self.kind.is_write()
    }
}

/// The book of all callers.
#[derive(Clone, Default)]
pub(crate) struct Calls(Arc<Mutex<Vec<Call>>>);

impl Calls {
    /// Makes a call and notes it. Gives status and words; nothing when there was no whole answer.
    pub(crate) async fn make(&self, kind: Kind, request: reqwest::RequestBuilder) -> Option<(u16, Value)> {
        let begun = Instant::now();
        let answer = match request.send().await {
            Ok(answer) => {
                let status = answer.status().as_u16();
                answer.json::<Value>().await.ok().map(|body| (status, body))
            }
            Err(_) => None,
        };
        let took = begun.elapsed();
        let (status, is_right) =
            answer.as_ref().map_or((0, false), |(status, body)| (*status, kind.is_right(body)));
        let call = Call { kind, begun, took, status, is_right };
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(call);
        answer
    }

    /// All that were answered so far, in the order in which they were begun.
    pub(crate) fn all(&self) -> Vec<Call> {
        let mut calls = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        calls.sort_by_key(|call| call.begun);
        calls
    }
}

/// Fills the line with what callers felt.
pub(crate) fn count(calls: &[Call], line: &mut Line) {
    let mut took: Vec<Duration> =
        calls.iter().filter(|call| !call.is_patient()).map(|call| call.took).collect();
    took.sort_unstable();
    let at =
        |percent: usize| took.get(took.len().saturating_sub(1) * percent / 100).copied().unwrap_or_default();
    let mut note = |name, is_one: &dyn Fn(&Call) -> bool| {
        let count = calls.iter().filter(|call| is_one(call)).count();
        line.more.insert(name, count.try_into().unwrap_or(u64::MAX));
    };
    note("calls", &|_| true);
    note("calls_failed", &|call| !call.is_good());
    note("writes", &Call::is_write);
    note("writes_failed", &|call| call.is_write() && !call.is_good());
    note("unanswered", &|call| call.status == 0);
    line.more.insert("p99_ms", millis(at(99)));
    line.more.insert("slowest_ms", millis(at(100)));
}

/// Whole milliseconds.
pub(crate) fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

/// The first and the last of these, and how many there are; times are those since `began`.
pub(crate) fn list(calls: &[&Call], began: Instant) -> String {
    let tell = |call: &&Call| {
        let early = began.saturating_duration_since(call.begun).as_secs_f64();
        let at = call.begun.saturating_duration_since(began).as_secs_f64() - early;
        format!("{:?} {} at {at:.1} s took {:.1?}", call.kind, call.status, call.took)
    };
    let ends: Vec<String> = calls.first().iter().chain(calls.last().iter()).map(|call| tell(call)).collect();
    format!("{} calls, {}", calls.len(), ends.join(" to "))
}
