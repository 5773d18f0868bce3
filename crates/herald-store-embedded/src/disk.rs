//! The database itself: opened, read, written, and opened again after the disk was full.

use std::{
    fs::OpenOptions,
    path::{Path, PathBuf},
    sync::{PoisonError, RwLock},
};

use redb::{
    Builder, Database, DatabaseError, ReadTransaction, ReadableDatabase as _, WriteTransaction,
    backends::{FileBackend, InMemoryBackend},
};

use crate::fault::Fault;

/// The pages kept in memory. The library's own default is 1 GiB.
const CACHE_BYTES: usize = 32 * 1024 * 1024;

/// A database in a file or in memory.
#[derive(Debug)]
pub(crate) struct Disk {
    /// Nothing when it is in memory.
    path: Option<PathBuf>,
    /// Nothing while it could not be opened again.
    database: RwLock<Option<Database>>,
}

/// Opens the file; `verify` reads all of it first and refuses a damaged one.
fn open_file(path: &Path, verify: bool) -> Result<Database, DatabaseError> {
    let file = OpenOptions::new().read(true).write(true).open(path)?;
    Builder::new()
        .set_cache_size(CACHE_BYTES)
        .set_check_integrity_on_open(verify)
        .create_with_backend(FileBackend::new(file)?)
}

impl Disk {
    /// A new, empty database in memory.
    pub(crate) fn in_memory() -> Result<Self, DatabaseError> {
        let database =
            Builder::new().set_cache_size(CACHE_BYTES).create_with_backend(InMemoryBackend::new())?;
        Ok(Self { path: None, database: RwLock::new(Some(database)) })
    }

    /// The database in this file, every page of which is verified; a new one if the file is empty.
    pub(crate) fn open(path: &Path) -> Result<Self, DatabaseError> {
        let database = RwLock::new(Some(open_file(path, true)?));
        Ok(Self { path: Some(path.to_owned()), database })
    }

    /// Closes and opens the file again, because the library refuses everything after a failed write.
    ///
    /// Only for a full disk: after another failure nobody knows what is on the disk. The last commit is whole then (the
    /// first of its two phases failed), and so is not verified again.
    pub(crate) fn reopen(&self) -> Result<(), Fault> {
        let Some(path) = &self.path else { return Err(Fault::Closed) };
        let mut database = self.database.write().unwrap_or_else(PoisonError::into_inner);
        // The old one holds the file's lock until it is dropped.
        drop(database.take());
        *database = Some(open_file(path, false)?);
        Ok(())
    }

    fn with<T>(&self, work: impl FnOnce(&Database) -> Result<T, Fault>) -> Result<T, Fault> {
        let database = self.database.read().unwrap_or_else(PoisonError::into_inner);
        work(database.as_ref().ok_or(Fault::Closed)?)
    }

    /// A snapshot of the last commit.
    pub(crate) fn read(&self) -> Result<ReadTransaction, Fault> {
        self.with(|database| Ok(database.begin_read()?))
    }

    /// A transaction whose commit is on the disk when it returns.
    pub(crate) fn write(&self) -> Result<WriteTransaction, Fault> {
        let mut transaction = self.with(|database| Ok(database.begin_write()?))?;
        // Without two phases a crash while recovering from a crash can roll back what was acknowledged.
        transaction.set_two_phase_commit(true);
        transaction.set_quick_repair(true);
        Ok(transaction)
    }
}
