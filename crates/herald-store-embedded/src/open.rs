//! Opening: the file is made with care, verified, and refused rather than repaired by forgetting.

use std::{
    fs::{self, File, OpenOptions},
    io,
    panic::{self, AssertUnwindSafe},
    path::{Path, PathBuf},
    sync::Arc,
};

use herald_core::{clock::Clock, store::MemoryCounters};
use jiff::Timestamp;
use redb::{DatabaseError, ReadTransaction, StorageError, TableDefinition, TableError};

use crate::{
    EmbeddedStore, Shared,
    disk::Disk,
    due::{Agendas, RowName},
    expiry,
    fault::Fault,
    key, notification,
    tables::{Bytes, DueKey, LOGINS_DUE, META, NOTIFICATIONS_DUE, OUTBOX_DUE, RowKey, Tables},
    writer::Writer,
};

/// The layout of the file that this release writes. A file of an earlier one gets what it lacks; one of a later one is
/// refused.
///
/// - 1: logins, notifications, identities, secrets of the installation.
/// - 2: sessions, events, secrets of tenants. They expire, and the sweeper of layout 1 stops at what it does not know.
/// - 3: the outbox, with one delivery for each event and destination, instead of the events; endpoints, notices, and what
///   notifications are listed and found by. Events of layout 2 that are not told yet are dropped: they were back-channel
///   logouts, each tried for three days at most, of sessions that end by themselves.
const LAYOUT: u64 = 3;
const LAYOUT_KEY: &str = "layout";

/// The events of layout 2.
const EVENTS: TableDefinition<'static, RowKey, Bytes> = TableDefinition::new("events");
/// Those of them that were to be told.
const EVENTS_DUE: TableDefinition<'static, DueKey, ()> = TableDefinition::new("events_due");

/// The store cannot be opened. The text says what to do.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another process has the file.
    #[error("the store {} is in use by another process; stop that one, or give this one another file", .0.display())]
    InUse(PathBuf),
    /// The file is cut off, altered, or something else than a store.
    #[error(
        "the store {} is damaged or no store at all ({reason}); restore it from a backup, or move it away to begin with \
         an empty one",
        .path.display()
    )]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// A later release wrote the file.
    #[error(
        "the store {} has layout {found}, written by a later release; this one reads layouts up to {LAYOUT}; start the \
         later release",
        .path.display()
    )]
    TooNew {
        /// The file.
        path: PathBuf,
        /// Its layout.
        found: u64,
    },
    /// The operating system refused.
    #[error("the store {} cannot be opened; check that the directory exists and can be written", .path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// Its reason.
        source: io::Error,
    },
}

impl EmbeddedStore {
    /// Opens the store in this file. One that is missing is made, readable by its owner only, with the directory it is in.
    ///
    /// Reads the whole file to verify it; blocks meanwhile.
    pub fn open(path: &Path, clock: Arc<dyn Clock>) -> Result<Self, OpenError> {
        let io_error = |source| OpenError::Io { path: path.to_owned(), source };
        if !path.try_exists().map_err(io_error)? {
            create(path, clock.as_ref()).map_err(io_error)?;
        }
        if path.metadata().map_err(io_error)?.len() == 0 {
            // The library would take it for a new one.
            return Err(OpenError::Damaged { path: path.to_owned(), reason: "it is empty".to_owned() });
        }
        // Damage that gets past the checksums can make the library panic.
        let disk = panic::catch_unwind(AssertUnwindSafe(|| Disk::open(path)))
            .map_err(|_| damaged(path, "reading it failed unexpectedly"))?
            .map_err(|error| refuse(path, error))?;
        Self::with_disk(disk, path, clock)
    }

    /// A new, empty store that ends with the process.
    pub fn in_memory(clock: Arc<dyn Clock>) -> Result<Self, OpenError> {
        let path = Path::new("(in memory)");
        let disk = Disk::in_memory().map_err(|error| refuse(path, error))?;
        begin(&disk, clock.as_ref()).map_err(|fault| damaged(path, &fault.to_string()))?;
        Self::with_disk(disk, path, clock)
    }

    fn with_disk(disk: Disk, path: &Path, clock: Arc<dyn Clock>) -> Result<Self, OpenError> {
        let unreadable = |fault: Fault| damaged(path, &fault.to_string());
        match layout(&disk).map_err(unreadable)? {
            None => return Err(damaged(path, "it is a database of something else")),
            Some(found) if found > LAYOUT => return Err(OpenError::TooNew { path: path.to_owned(), found }),
            Some(found) if found < LAYOUT => {
                let completed = complete(&disk, clock.as_ref()).map_err(io::Error::other);
                completed.map_err(|source| OpenError::Io { path: path.to_owned(), source })?;
            }
            Some(_) => {}
        }
        let shared = Arc::new(Shared {
            disk,
            clock,
            agendas: Agendas::default(),
            counters: MemoryCounters::default(),
        });
        shared.load_agendas().map_err(unreadable)?;
        let writer = Writer::start(Arc::clone(&shared))
            .map_err(|source| OpenError::Io { path: path.to_owned(), source })?;
        Ok(Self { shared, writer })
    }
}

fn damaged(path: &Path, reason: &str) -> OpenError {
    OpenError::Damaged { path: path.to_owned(), reason: reason.to_owned() }
}

fn refuse(path: &Path, error: DatabaseError) -> OpenError {
    match error {
        DatabaseError::DatabaseAlreadyOpen | DatabaseError::LockProtocolMismatch => {
            OpenError::InUse(path.to_owned())
        }
        DatabaseError::Storage(StorageError::Io(source))
            if !matches!(source.kind(), io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof) =>
        {
            OpenError::Io { path: path.to_owned(), source }
        }
        other => damaged(path, &other.to_string()),
    }
}

/// Makes a complete, empty file under another name and then gives it its own, so that a kill in between leaves no file that
/// looks cut off, and two processes do not make two.
fn create(path: &Path, clock: &dyn Clock) -> io::Result<()> {
    let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    fs::create_dir_all(directory)?;
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.new", std::process::id()));
    let unfinished = directory.join(name);
    private_file(&unfinished)?;
    let made = Disk::open(&unfinished).map_err(Fault::from).and_then(|disk| begin(&disk, clock));
    let linked = made.map_err(io::Error::other).and_then(|()| match fs::hard_link(&unfinished, path) {
        // Another process was faster; theirs is as good.
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        other => other,
    });
    fs::remove_file(&unfinished)?;
    linked?;
    File::open(directory)?.sync_all()
}

/// An empty file that only its owner can read.
fn private_file(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// Makes all tables, and notes the layout, in one step.
fn begin(disk: &Disk, clock: &dyn Clock) -> Result<(), Fault> {
    let transaction = disk.write()?;
    transaction.open_table(META)?.insert(LAYOUT_KEY, LAYOUT)?;
    drop(Tables::open(&transaction, clock.now())?);
    Ok(transaction.commit()?)
}

/// Makes a file of an earlier layout one of this layout, in one step.
fn complete(disk: &Disk, clock: &dyn Clock) -> Result<(), Fault> {
    let transaction = disk.write()?;
    transaction.open_table(META)?.insert(LAYOUT_KEY, LAYOUT)?;
    transaction.delete_table(EVENTS)?;
    transaction.delete_table(EVENTS_DUE)?;
    let mut tables = Tables::open(&transaction, clock.now())?;
    tables.expiries.retain(|(_, kind, ..), ()| kind != expiry::EVENT)?;
    notification::index_dead(&mut tables)?;
    drop(tables);
    Ok(transaction.commit()?)
}

/// Which layout the file has; nothing when it is a database of something else.
fn layout(disk: &Disk) -> Result<Option<u64>, Fault> {
    match disk.read()?.open_table(META) {
        Ok(meta) => Ok(meta.get(LAYOUT_KEY)?.map(|layout| layout.value())),
        Err(TableError::Storage(error)) => Err(error.into()),
        Err(_) => Ok(None),
    }
}

impl Shared {
    /// Fills the agendas from the due tables.
    pub(crate) fn load_agendas(&self) -> Result<(), Fault> {
        let transaction = self.disk.read()?;
        self.agendas.logins.load(due(&transaction, LOGINS_DUE)?)?;
        self.agendas.notifications.load(due(&transaction, NOTIFICATIONS_DUE)?)?;
        self.agendas.deliveries.load(due(&transaction, OUTBOX_DUE)?)
    }
}

/// What a due table says.
fn due(
    transaction: &ReadTransaction,
    table: TableDefinition<'static, DueKey, ()>,
) -> Result<impl Iterator<Item = Result<(Timestamp, RowName), Fault>>, Fault> {
    let rows = transaction.open_table(table)?.range::<DueKey>(..)?.map(|entry| {
        let (key, _) = entry?;
        let (due, tenant, id) = key.value();
        Ok((key::time(due)?, RowName { tenant: key::tenant(tenant)?, id }))
    });
    Ok(rows)
}
