//! The agenda: who is due and who holds it. In memory only, so that leases end with the process.
//!
//! It mirrors the due table of one kind of row: built from it at start, kept in step by the writer after every commit.
//! Held rows are apart from the free ones, so that taking the next few costs the same however many are held.
//! A row that is due, now or later, costs about a hundred bytes.

use std::{
    collections::{BTreeSet, HashMap},
    sync::{Mutex, MutexGuard, PoisonError},
};

use herald_core::id::TenantId;
use jiff::Timestamp;

use crate::fault::Fault;

/// Names a row of one kind.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct RowName {
    /// The tenant.
    pub(crate) tenant: TenantId,
    /// The 128 bits of its id.
    pub(crate) id: u128,
}

/// Which agenda.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// That of the logins.
    Login,
    /// That of the notifications.
    Notification,
    /// That of the events.
    Event,
}

/// A row's due time has changed with a commit.
#[derive(Debug)]
pub(crate) struct DueChange {
    /// Of which kind the row is.
    pub(crate) kind: Kind,
    /// Which row.
    pub(crate) row: RowName,
    /// When it was due.
    pub(crate) from: Option<Timestamp>,
    /// When it is due now.
    pub(crate) to: Option<Timestamp>,
}

#[derive(Debug)]
struct Lease {
    holder: String,
    until: Timestamp,
    due: Option<Timestamp>,
}

#[derive(Debug, Default)]
struct State {
    /// Due rows that nobody holds, the earliest first.
    free: BTreeSet<(Timestamp, RowName)>,
    held: HashMap<RowName, Lease>,
    /// The held rows by the end of their lease.
    ends: BTreeSet<(Timestamp, RowName)>,
}

impl State {
    fn hold(&mut self, row: &RowName, lease: Lease) {
        self.ends.insert((lease.until, row.clone()));
        self.held.insert(row.clone(), lease);
    }

    /// Ends a lease without giving the row back.
    fn end(&mut self, row: &RowName) -> Option<Lease> {
        let lease = self.held.remove(row)?;
        self.ends.remove(&(lease.until, row.clone()));
        Some(lease)
    }

    fn give_back(&mut self, row: RowName, due: Option<Timestamp>) {
        if let Some(due) = due {
            self.free.insert((due, row));
        }
    }

    /// Gives back every row whose lease is over.
    fn end_leases(&mut self, now: Timestamp) {
        while let Some((until, _)) = self.ends.first()
            && *until <= now
        {
            let Some((_, row)) = self.ends.pop_first() else { return };
            let due = self.held.remove(&row).and_then(|lease| lease.due);
            self.give_back(row, due);
        }
    }

    fn is_held_by(&self, holder: &str, row: &RowName) -> bool {
        self.held.get(row).is_some_and(|lease| lease.holder == holder)
    }
}

/// The agenda of one kind of row.
#[derive(Debug, Default)]
pub(crate) struct Agenda(Mutex<State>);

impl Agenda {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins anew with what the due table says. Leases stay.
    pub(crate) fn load(
        &self,
        due: impl Iterator<Item = Result<(Timestamp, RowName), Fault>>,
    ) -> Result<(), Fault> {
        let mut free = due.collect::<Result<BTreeSet<_>, _>>()?;
        let mut state = self.state();
        let State { held, .. } = &mut *state;
        for lease in held.values_mut() {
            lease.due = None;
        }
        free.retain(|(due, row)| match held.get_mut(row) {
            Some(lease) => {
                lease.due = Some(*due);
                false
            }
            None => true,
        });
        state.free = free;
        Ok(())
    }

    /// Takes note of a commit.
    pub(crate) fn change(&self, change: DueChange) {
        let DueChange { row, from, to, .. } = change;
        let mut state = self.state();
        if let Some(from) = from {
            state.free.remove(&(from, row.clone()));
        }
        match state.held.get_mut(&row) {
            Some(lease) => lease.due = to,
            None => state.give_back(row, to),
        }
    }

    /// Takes up to `limit` rows that are due, the earliest first, with the time each is due.
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
            && let Some((due, _)) = state.free.first()
            && *due <= now
            && let Some((due, row)) = state.free.pop_first()
        {
            state.hold(&row, Lease { holder: holder.to_owned(), until, due: Some(due) });
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
        if state.is_held_by(holder, row)
            && let Some(lease) = state.end(row)
        {
            state.hold(row, Lease { until, ..lease });
            return Ok(true);
        }
        if state.held.contains_key(row) {
            return Ok(false);
        }
        let Some(due) = read()? else { return Ok(false) };
        if let Some(due) = due {
            state.free.remove(&(due, row.clone()));
        }
        state.hold(row, Lease { holder: holder.to_owned(), until, due });
        Ok(true)
    }

    /// Gives a row back, if `holder` has it.
    pub(crate) fn release(&self, holder: &str, row: &RowName) {
        let mut state = self.state();
        if state.is_held_by(holder, row)
            && let Some(lease) = state.end(row)
        {
            state.give_back(row.clone(), lease.due);
        }
    }

    /// Gives back a row that was taken as due at `taken`, and turned out to be due at `actual`: a commit that the agenda
    /// has not heard of yet came between, or the row is over.
    pub(crate) fn correct(&self, holder: &str, row: &RowName, taken: Timestamp, actual: Option<Timestamp>) {
        let mut state = self.state();
        if state.is_held_by(holder, row)
            && let Some(lease) = state.end(row)
        {
            let is_news = lease.due == Some(taken);
            state.give_back(row.clone(), if is_news { actual } else { lease.due });
        }
    }

    /// When to look again: at the earliest free row, or when a lease on a row ends that is due by then.
    pub(crate) fn next(&self, now: Timestamp) -> Option<Timestamp> {
        let mut state = self.state();
        state.end_leases(now);
        let mut next = state.free.first().map(|(due, _)| *due);
        for (until, row) in &state.ends {
            if next.is_some_and(|next| next <= *until) {
                break;
            }
            if let Some(due) = state.held.get(row).and_then(|lease| lease.due) {
                let wake = due.max(*until);
                next = Some(next.map_or(wake, |next| next.min(wake)));
            }
        }
        next
    }
}

#[cfg(test)]
mod tests;
