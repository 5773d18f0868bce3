//! The embedded store: all store ports of `herald-core` on redb, in memory or in one file, by one code path.
//!
//! # How it works
//! - **Writes** go through one thread ([`writer`]) that takes all commands waiting at that moment into one transaction and
//!   answers them after its commit is on the disk. A command is all or nothing, whatever becomes of its neighbours.
//! - **Reads** run in place on a snapshot of the last commit and wait for nobody.
//! - **Leases** are in memory ([`due`]): only one process can have the file, so they end with it. So does a notification's
//!   rest, if it was put off.
//! - **Expiry**: a row is absent from its time on; [`EmbeddedStore::keep_swept`] deletes it soon after.
//!
//! # When things break
//! - **Kill at any moment**: what was answered is there, nothing is half there, the next start needs no help. Commits are
//!   two-phase, and record what a start after a kill needs to know.
//! - **Damaged file**: opening verifies every page in use (it reads the file, so it takes about a second per some hundred
//!   megabytes) and refuses; it never begins anew by itself.
//! - **Disk that hangs**: a write fails after 1.4 s, and may have taken effect or yet take it.
//! - **Disk full**: writes fail, reads go on, and writes work again as soon as there is room.
//! - **Any other storage failure**, and a panic in the writer: writes and [`ping`] fail until the process starts anew.
//!
//! # Adding a table
//! 1. Define it in `tables.rs` and open it in `Tables`. Keys of a tenant's data begin with the tenant.
//! 2. Row bytes are the records of [`herald_core::store::record`]; another shape is another format number.
//! 3. What expires gets a kind in `expiry.rs`; a layout that an older release cannot read raises `open::LAYOUT`, and so
//!    does such a kind: a sweeper that does not know it stops there.
//!
//! [`ping`]: herald_core::store::SecretStore::ping

mod change;
mod counter;
mod disk;
mod due;
mod endpoint;
mod expiry;
mod fault;
mod key;
mod lease;
mod login;
mod notice;
mod notification;
mod open;
mod outbox;
mod page;
mod secret;
mod session;
mod subject;
mod tables;
mod writer;

use std::{collections::BTreeMap, fmt, sync::Arc};

use herald_core::{
    clock::Clock,
    store::{MemoryCounters, StoreError},
};
use redb::{ReadableTableMetadata as _, TableHandle as _};

use crate::{disk::Disk, due::Agendas, fault::Fault, tables::Tables, writer::Writer};

pub use open::OpenError;

/// What callers and the writer thread share.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) disk: Disk,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) agendas: Agendas,
    pub(crate) counters: MemoryCounters,
}

/// A store in one file or in memory. Dropping it waits for the writes under way and closes the file.
pub struct EmbeddedStore {
    shared: Arc<Shared>,
    writer: Writer,
}

impl EmbeddedStore {
    /// Runs `work` in a write transaction of its own or with others, and answers when it is durable, within 1.4 s. `work` may be run again
    /// in a new transaction when another command spoiled the first.
    pub(crate) async fn write<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnMut(&mut Tables<'_>) -> Result<T, Fault> + Send + 'static,
    {
        self.writer.run(work).await.map_err(StoreError::from)
    }

    /// How many rows each table has, for metrics and diagnosis.
    pub fn table_sizes(&self) -> Result<BTreeMap<String, u64>, StoreError> {
        Ok(table_sizes(&self.shared.disk)?)
    }
}

fn table_sizes(disk: &Disk) -> Result<BTreeMap<String, u64>, Fault> {
    let transaction = disk.read()?;
    let sizes = transaction.list_tables()?.map(|table| {
        let name = table.name().to_owned();
        Ok((name, transaction.open_untyped_table(table)?.len()?))
    });
    sizes.collect()
}

impl fmt::Debug for EmbeddedStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EmbeddedStore").field("disk", &self.shared.disk).finish_non_exhaustive()
    }
}
