//! Leasing rows of any kind: the agenda says which, the last commit says what they are now.

use std::time::Duration;

use herald_core::id::TenantId;
use jiff::Timestamp;
use redb::ReadTransaction;

use crate::{
    EmbeddedStore,
    due::{Kind, RowName},
    fault::Fault,
};

/// A row of one kind, as leasing sees it.
pub(crate) trait Leased: Sized {
    /// Its agenda.
    const KIND: Kind;

    /// The row in this snapshot, if it has not expired by then.
    fn read(transaction: &ReadTransaction, name: &RowName, now: Timestamp) -> Result<Option<Self>, Fault>;

    /// When it is due.
    fn due(&self) -> Option<Timestamp>;
}

/// The end of a lease that begins now. One that lasts longer than time itself ends with it.
fn end(now: Timestamp, lease: Duration) -> Timestamp {
    now.checked_add(lease).unwrap_or(Timestamp::MAX)
}

impl EmbeddedStore {
    /// Takes up to `limit` due rows that nobody holds.
    pub(crate) fn lease_due<R: Leased>(
        &self,
        holder: &str,
        lease: Duration,
        limit: usize,
    ) -> Result<Vec<R>, Fault> {
        let (agenda, now) = (self.shared.agenda(R::KIND), self.shared.clock.now());
        let mut rows = Vec::new();
        loop {
            let taken = agenda.take(holder, now, end(now, lease), limit - rows.len());
            if taken.is_empty() {
                return Ok(rows);
            }
            // After taking, so that it shows every commit the agenda knows of.
            let leased = self.shared.disk.read().and_then(|transaction| {
                let read = |(_, name): &(Timestamp, RowName)| R::read(&transaction, name, now);
                taken.iter().map(read).collect::<Result<Vec<_>, _>>()
            });
            let leased =
                leased.inspect_err(|_| taken.iter().for_each(|(_, name)| agenda.release(holder, name)))?;
            for ((due, name), row) in taken.iter().zip(leased) {
                match row {
                    Some(row) if row.due().is_some_and(|due| due <= now) => rows.push(row),
                    other => agenda.correct(holder, name, *due, other.and_then(|row| row.due())),
                }
            }
        }
    }

    /// Takes one row, due or not; false when another holds it, or it does not exist.
    pub(crate) fn lease_one<R: Leased>(
        &self,
        holder: &str,
        name: &RowName,
        lease: Duration,
    ) -> Result<bool, Fault> {
        let now = self.shared.clock.now();
        let read = || Ok(R::read(&self.shared.disk.read()?, name, now)?.map(|row| row.due()));
        self.shared.agenda(R::KIND).take_one(holder, name, now, end(now, lease), read)
    }

    /// Gives a row back.
    pub(crate) fn release<R: Leased>(&self, holder: &str, tenant: &TenantId, id: u128) {
        self.shared.agenda(R::KIND).release(holder, &RowName { tenant: tenant.clone(), id });
    }

    /// When to look again.
    pub(crate) fn next_due<R: Leased>(&self) -> Option<Timestamp> {
        self.shared.agenda(R::KIND).next(self.shared.clock.now())
    }
}
