//! Leasing rows of any kind: the agenda says which, the last commit says what they are now.

use std::time::Duration;

use herald_core::id::TenantId;
use jiff::Timestamp;
use redb::{ReadOnlyTable, ReadTransaction, TableDefinition};

use crate::{
    EmbeddedStore,
    due::{Agenda, Kind, RowName},
    fault::Fault,
    tables::{Bytes, RowKey},
};

/// A row of one kind, as leasing sees it.
pub(crate) trait Leased: Sized {
    /// Which agenda it is in.
    const KIND: Kind;
    /// The table it is in.
    const TABLE: TableDefinition<'static, RowKey, Bytes>;

    /// The row, from what is stored of it.
    fn decode(name: &RowName, bytes: &[u8]) -> Result<Self, Fault>;

    /// When it is due.
    fn due(&self) -> Option<Timestamp>;

    /// From then on it is gone.
    fn purge_at(&self) -> Timestamp;

    /// The row in this snapshot, if it has not expired by then.
    fn read(transaction: &ReadTransaction, name: &RowName, now: Timestamp) -> Result<Option<Self>, Fault> {
        Self::read_from(&transaction.open_table(Self::TABLE)?, name, now)
    }

    /// The same, of a table that is open.
    fn read_from(
        table: &ReadOnlyTable<RowKey, Bytes>,
        name: &RowName,
        now: Timestamp,
    ) -> Result<Option<Self>, Fault> {
        let Some(bytes) = table.get((name.tenant.as_str(), name.id))? else { return Ok(None) };
        let row = Self::decode(name, bytes.value())?;
        Ok(Some(row).filter(|row| row.purge_at() > now))
    }

    /// The same, where one row that makes no sense is no reason not to read the others.
    fn readable(
        table: &ReadOnlyTable<RowKey, Bytes>,
        name: &RowName,
        now: Timestamp,
    ) -> Result<Found<Self>, Fault> {
        match Self::read_from(table, name, now) {
            Err(Fault::Unreadable(what)) => {
                let RowName { tenant, id } = name;
                let id = format_args!("{id:032x}");
                tracing::error!(tenant.id = %tenant, kind = ?Self::KIND, id, what, "a row that is due cannot be read");
                Ok(Found::Unreadable)
            }
            read => read.map(Found::Row),
        }
    }
}

/// What was found of a row.
pub(crate) enum Found<R> {
    /// The row, if it is there.
    Row(Option<R>),
    /// Something that makes no sense to us. It was logged.
    Unreadable,
}

/// The end of a lease that begins now. One that lasts longer than time itself ends with it.
fn end(now: Timestamp, lease: Duration) -> Timestamp {
    now.checked_add(lease).unwrap_or(Timestamp::MAX)
}

impl EmbeddedStore {
    /// Takes up to `limit` due rows of this agenda that nobody holds.
    pub(crate) fn lease_due<R: Leased>(
        &self,
        agenda: &Agenda,
        holder: &str,
        lease: Duration,
        limit: usize,
    ) -> Result<Vec<R>, Fault> {
        let now = self.shared.clock.now();
        let mut rows = Vec::new();
        loop {
            let taken = agenda.take(holder, now, end(now, lease), limit - rows.len());
            if taken.is_empty() {
                return Ok(rows);
            }
            // After taking, so that it shows every commit the agenda knows of.
            let leased = self.shared.disk.read().and_then(|transaction| {
                let table = transaction.open_table(R::TABLE)?;
                let read = |(_, name): &(Timestamp, RowName)| R::readable(&table, name, now);
                taken.iter().map(read).collect::<Result<Vec<_>, _>>()
            });
            let leased = leased.inspect_err(|_| {
                for (_, name) in &taken {
                    agenda.release(holder, name, None);
                }
            })?;
            for ((due, name), row) in taken.iter().zip(leased) {
                match row {
                    // It stays leased, so that it is not read again at once, and takes no place from the others.
                    Found::Unreadable => {}
                    Found::Row(Some(row)) if row.due().is_some_and(|due| due <= now) => rows.push(row),
                    Found::Row(other) => agenda.correct(holder, name, *due, other.and_then(|row| row.due())),
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
        self.shared.agendas.of(R::KIND, &name.tenant).take_one(holder, name, now, end(now, lease), read)
    }

    /// Prolongs the leases of `holder` on these rows of a tenant, and says on which he has one.
    pub(crate) fn prolong<R: Leased>(
        &self,
        holder: &str,
        tenant: &TenantId,
        ids: impl Iterator<Item = u128>,
        lease: Duration,
    ) -> Vec<u128> {
        let agenda = self.shared.agendas.of(R::KIND, tenant);
        let now = self.shared.clock.now();
        let name = |id| RowName { tenant: tenant.clone(), id };
        ids.filter(|id| agenda.prolong(holder, &name(*id), now, end(now, lease))).collect()
    }

    /// Gives a row back, to rest until then where a time is given, and says when it can be leased next.
    pub(crate) fn release<R: Leased>(
        &self,
        holder: &str,
        tenant: &TenantId,
        id: u128,
        not_before: Option<Timestamp>,
    ) -> Option<Timestamp> {
        let name = RowName { tenant: tenant.clone(), id };
        self.shared.agendas.of(R::KIND, tenant).release(holder, &name, not_before)
    }
}
