//! What callers felt of a trouble with Redis: the marks of every answer, whatever was asked.

use std::time::{Duration, Instant};

use crate::{
    calls::{Call, count, list, millis},
    judge::Line,
    outages::WELL_WITHIN,
    trouble::Trouble,
};

/// The longest that a caller may wait for an answer, good or not, if it did not ask to wait.
const ANSWERED_WITHIN: Duration = Duration::from_millis(1_500);
/// And for a 503 where Redis is gone: a connection is refused at once, and one that breaks is noticed at once.
const REFUSED_WITHIN: Duration = Duration::from_secs(1);

/// Compares all calls with the marks of a trouble that began and ended then.
pub(crate) fn judge(calls: &[Call], trouble: Trouble, (began, ended): (Instant, Instant), line: &mut Line) {
    count(calls, line);
    let mut none = |is_one: &dyn Fn(&Call) -> bool, mark: &str| {
        let all: Vec<&Call> = calls.iter().filter(|call| is_one(call)).collect();
        line.expect(all.is_empty(), format!("{mark}: {}", list(&all, began)));
    };
    // Only the trouble is judged: that the machine is slow beside it is not its fault.
    let is_within = |call: &Call| call.begun + call.took >= began && call.begun <= ended + WELL_WITHIN;
    let is_slow = |call: &Call| !call.is_patient() && call.took > ANSWERED_WITHIN && is_within(call);
    // A claim asks Redis for one thing after the other, seven or eight times: at 200 ms each that is judged by the rule of its row.
    let is_of_distance = |call: &Call| trouble == Trouble::Far && call.is_write();
    none(&|call| is_slow(call) && !is_of_distance(call), "an answer takes 1.5 s at most");
    // What Redis forgot is not there; anything else is there, or 503.
    let is_excused = |call: &Call| call.status == 503 || (trouble.is_lossy() && call.is_forgotten());
    none(&|call| !call.is_good() && !is_excused(call), "an answer is good or 503");
    // A replica that took over has what is older than its lag, so only where all was forgotten it stays so.
    let is_gone = |call: &Call| trouble == Trouble::Flushed && call.begun >= began && call.is_forgotten();
    none(&|call| !call.is_good() && !is_within(call) && !is_gone(call), "all is well before and 5 s after");
    if trouble == Trouble::Killed {
        none(&|call| call.status == 503 && call.took > REFUSED_WITHIN, "503 is said within 1 s");
    }

    let refused = calls.iter().filter(|call| call.status == 503);
    line.more.insert("slowest_503_ms", refused.clone().map(|call| millis(call.took)).max().unwrap_or(0));
    let meanwhile = refused.filter(|call| call.begun <= ended && call.begun + call.took >= began).count();
    line.expect(meanwhile > 0 || !trouble.is_outage(), "while no write is taken 503 is said");
    if trouble.is_of_network() {
        let within = || calls.iter().filter(|call| is_within(call) && !call.is_patient());
        let slow = within().filter(|call| is_slow(call)).count();
        line.more.insert("slow_meanwhile", slow.try_into().unwrap_or(u64::MAX));
        line.expect(slow * 100 <= within().count(), "of a hundred answers 99 take 1.5 s at most");
    }
    if let Some(share) = trouble.may_fail() {
        few_fail(calls.iter().filter(|call| is_within(call)), share, line);
    }
}

/// The share of failures among the calls that were under way while it lasted, and 5 s after.
fn few_fail<'a>(within: impl Iterator<Item = &'a Call>, share: usize, line: &mut Line) {
    let within: Vec<&Call> = within.collect();
    let failed = || within.iter().filter(|call| !call.is_good());
    let writes = within.iter().filter(|call| call.is_write()).count();
    let (failures, failed_writes) = (failed().count(), failed().filter(|call| call.is_write()).count());
    for (name, count) in [
        ("calls_meanwhile", within.len()),
        ("failed_meanwhile", failures),
        ("writes_meanwhile", writes),
        ("writes_failed_meanwhile", failed_writes),
    ] {
        line.more.insert(name, count.try_into().unwrap_or(u64::MAX));
    }
    line.expect(
        failures * 100 <= within.len() * share,
        format!("{failures} of {} calls failed, {share} % may", within.len()),
    );
}
