//! One agenda: rows in the order in which they can be taken, held rows, and rows that rest.
//!
//! Held rows are apart from the free ones, so that every step costs the same however many are held or rest: the logarithm of
//! their number. A row that is due, now or later, costs about a hundred bytes; one that is held or rests, some hundreds.

use std::{
    collections::{BTreeSet, HashMap},
    mem,
    sync::{Mutex, MutexGuard, PoisonError},
};

use jiff::Timestamp;

use super::{DueChange, RowName};
use crate::fault::Fault;

/// Rows in an order of time.
type ByTime = BTreeSet<(Timestamp, RowName)>;

fn first(rows: &ByTime) -> Option<Timestamp> {
    rows.first().map(|(at, _)| *at)
}

/// The earlier of two times, of those that there are.
fn earlier(one: Option<Timestamp>, other: Option<Timestamp>) -> Option<Timestamp> {
    one.into_iter().chain(other).min()
}

#[derive(Debug)]
struct Lease {
    holder: String,
    until: Timestamp,
    due: Option<Timestamp>,
    /// Has the row changed since it was taken?
    has_changed: bool,
}

impl Lease {
    /// When the row can be taken, if it is not given back before.
    fn wake(&self) -> Option<Timestamp> {
        self.due.map(|due| due.max(self.until))
    }
}

/// A row that nobody holds, and that is not to be taken as soon as it is due.
#[derive(Debug)]
struct Rest {
    due: Timestamp,
    until: Timestamp,
}

/// How much is waiting in an agenda.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Waiting {
    /// How many rows are due, now or later, whether they are held, rest, or are free.
    pub(crate) count: u64,
    /// The earliest time at which one of them is due.
    pub(crate) oldest_due_at: Timestamp,
    /// When to look again.
    pub(crate) next_at: Timestamp,
}

#[derive(Debug, Default)]
struct State {
    /// Rows that nobody holds, by when they can be taken: when they are due, or when they have rested.
    free: ByTime,
    resting: HashMap<RowName, Rest>,
    held: HashMap<RowName, Lease>,
    /// The held rows by the end of their lease.
    ends: ByTime,
    /// The held rows that are due, now or later, by when they can be taken.
    wakes: ByTime,
    /// The rows that rest, and the held ones that are due, by when they are due: `free` does not say that of them.
    aside: ByTime,
}

impl State {
    fn hold(&mut self, row: &RowName, lease: Lease) {
        self.end(row);
        self.ends.insert((lease.until, row.clone()));
        self.wakes.extend(lease.wake().map(|wake| (wake, row.clone())));
        self.aside.extend(lease.due.map(|due| (due, row.clone())));
        self.held.insert(row.clone(), lease);
    }

    /// Ends a lease without giving the row back.
    fn end(&mut self, row: &RowName) -> Option<Lease> {
        let lease = self.held.remove(row)?;
        self.ends.remove(&(lease.until, row.clone()));
        if let Some(wake) = lease.wake() {
            self.wakes.remove(&(wake, row.clone()));
        }
        if let Some(due) = lease.due {
            self.aside.remove(&(due, row.clone()));
        }
        Some(lease)
    }

    fn give_back(&mut self, row: RowName, due: Option<Timestamp>) {
        self.free.extend(due.map(|due| (due, row)));
    }

    fn rest(&mut self, row: RowName, rest: Rest) {
        self.free.insert((rest.until, row.clone()));
        self.aside.insert((rest.due, row.clone()));
        self.resting.insert(row, rest);
    }

    /// Ends the rest of a row, if it rests; it stays among the free ones.
    fn wake(&mut self, row: &RowName) -> Option<Rest> {
        let rest = self.resting.remove(row)?;
        self.aside.remove(&(rest.due, row.clone()));
        Some(rest)
    }

    /// Takes a row that is due then from the free ones, if it is among them.
    fn take_out(&mut self, row: &RowName, due: Option<Timestamp>) {
        if let Some(at) = self.wake(row).map(|rest| rest.until).or(due) {
            self.free.remove(&(at, row.clone()));
        }
    }

    /// Gives back every row whose lease is over.
    fn end_leases(&mut self, now: Timestamp) {
        while first(&self.ends).is_some_and(|until| until <= now)
            && let Some((_, row)) = self.ends.pop_first()
        {
            let due = self.end(&row).and_then(|lease| lease.due);
            self.give_back(row, due);
        }
    }

    /// Ends the lease of this holder, if he has it.
    fn end_of(&mut self, holder: &str, row: &RowName) -> Option<Lease> {
        self.held.get(row).is_some_and(|lease| lease.holder == holder).then(|| self.end(row))?
    }

    fn next(&self) -> Option<Timestamp> {
        earlier(first(&self.free), first(&self.wakes))
    }
}

/// The agenda of some rows of one kind.
#[derive(Debug, Default)]
pub(crate) struct Agenda(Mutex<State>);

impl Agenda {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins anew with what the due table says. Leases stay, and rests of rows that are due when they were.
    pub(crate) fn load(
        &self,
        due: impl Iterator<Item = Result<(Timestamp, RowName), Fault>>,
    ) -> Result<(), Fault> {
        let rows = due.collect::<Result<Vec<_>, _>>()?;
        let mut state = self.state();
        let State { mut held, mut resting, .. } = mem::take(&mut *state);
        for (due, row) in rows {
            if let Some(lease) = held.remove(&row) {
                state.hold(&row, Lease { due: Some(due), ..lease });
            } else if let Some(rest) = resting.remove(&row).filter(|rest| rest.due == due) {
                state.rest(row, rest);
            } else {
                state.give_back(row, Some(due));
            }
        }
        for (row, lease) in held {
            state.hold(&row, Lease { due: None, ..lease });
        }
        Ok(())
    }

    /// Takes note of a commit. A row that rests does so no more.
    pub(crate) fn change(&self, change: DueChange) {
        let DueChange { row, from, to, .. } = change;
        let mut state = self.state();
        state.take_out(&row, from);
        match state.end(&row) {
            Some(lease) => state.hold(&row, Lease { due: to, has_changed: true, ..lease }),
            None => state.give_back(row, to),
        }
    }

    /// Takes up to `limit` rows that are due and do not rest, the earliest first, with the time each is due.
    pub(crate) fn take(
        &self,
        holder: &str,
        now: Timestamp,
        until: Timestamp,
        limit: usize,
    ) -> Vec<(Timestamp, RowName)> {
        let mut state = self.state();
        state.end_leases(now);
        let mut taken = Vec::new();
        while taken.len() < limit
            && first(&state.free).is_some_and(|at| at <= now)
            && let Some((at, row)) = state.free.pop_first()
        {
            let due = state.wake(&row).map_or(at, |rest| rest.due);
            let holder = holder.to_owned();
            state.hold(&row, Lease { holder, until, due: Some(due), has_changed: false });
            taken.push((due, row));
        }
        taken
    }

    /// Takes one row, due or not, or prolongs the holder's lease on it. `read` says whether the row exists and when it is
    /// due; it is asked while the agenda stands still, so that no commit can come between.
    pub(crate) fn take_one(
        &self,
        holder: &str,
        row: &RowName,
        now: Timestamp,
        until: Timestamp,
        read: impl FnOnce() -> Result<Option<Option<Timestamp>>, Fault>,
    ) -> Result<bool, Fault> {
        let mut state = self.state();
        state.end_leases(now);
        if let Some(lease) = state.end_of(holder, row) {
            state.hold(row, Lease { until, ..lease });
            return Ok(true);
        }
        if state.held.contains_key(row) {
            return Ok(false);
        }
        let Some(due) = read()? else { return Ok(false) };
        state.take_out(row, due);
        state.hold(row, Lease { holder: holder.to_owned(), until, due, has_changed: false });
        Ok(true)
    }

    /// Prolongs the lease of `holder` on a row, if he has it; false when he does not.
    pub(crate) fn prolong(&self, holder: &str, row: &RowName, now: Timestamp, until: Timestamp) -> bool {
        let mut state = self.state();
        state.end_leases(now);
        let Some(lease) = state.end_of(holder, row) else { return false };
        state.hold(row, Lease { until: until.max(lease.until), ..lease });
        true
    }

    /// Gives a row back, if `holder` has it, and says when it can be taken next. It rests until `not_before` where that is after
    /// it is due, unless it has changed since it was taken: who held it may not have seen that.
    pub(crate) fn release(
        &self,
        holder: &str,
        row: &RowName,
        not_before: Option<Timestamp>,
    ) -> Option<Timestamp> {
        let mut state = self.state();
        let lease = state.end_of(holder, row)?;
        match (lease.due, not_before.filter(|_| !lease.has_changed)) {
            (Some(due), Some(until)) if until > due => {
                state.rest(row.clone(), Rest { due, until });
                Some(until)
            }
            (due, _) => {
                state.give_back(row.clone(), due);
                due
            }
        }
    }

    /// Gives back a row that was taken as due at `taken`, and turned out to be due at `actual`: a commit that the agenda
    /// has not heard of yet came between, or the row is over.
    pub(crate) fn correct(&self, holder: &str, row: &RowName, taken: Timestamp, actual: Option<Timestamp>) {
        let mut state = self.state();
        if let Some(lease) = state.end_of(holder, row) {
            let is_news = lease.due == Some(taken);
            state.give_back(row.clone(), if is_news { actual } else { lease.due });
        }
    }

    /// When to look again: at the earliest free row, or when a lease on a row ends that is due by then.
    pub(crate) fn next(&self, now: Timestamp) -> Option<Timestamp> {
        let mut state = self.state();
        state.end_leases(now);
        state.next()
    }

    /// How much is waiting, if anything is.
    pub(crate) fn waiting(&self, now: Timestamp) -> Option<Waiting> {
        let mut state = self.state();
        state.end_leases(now);
        let State { free, aside, resting, .. } = &*state;
        // Rows that rest are both free and aside.
        let count = free.len() + aside.len() - resting.len();
        Some(Waiting {
            count: u64::try_from(count).unwrap_or(u64::MAX),
            oldest_due_at: earlier(first(free), first(aside))?,
            next_at: state.next()?,
        })
    }
}
