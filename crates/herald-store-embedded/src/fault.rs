//! What can go wrong with the file, and what the caller hears of it.

use std::{io, sync::Arc};

use herald_core::store::{StoreError, record::Unreadable};

/// Something went wrong inside a transaction.
#[derive(Clone, Debug, thiserror::Error)]
pub(crate) enum Fault {
    /// The database failed: nothing more may be written before it is opened again.
    #[error(transparent)]
    Storage(Arc<redb::Error>),
    /// One value makes no sense to us: only who asked for it is concerned.
    #[error("{0}")]
    Unreadable(String),
    /// The file could not be opened again after it had failed.
    #[error("the file is closed after a storage failure")]
    Closed,
    /// More writes are waiting than the queue takes.
    #[error("too many writes are waiting")]
    QueueFull,
    /// The disk did not take a write in time: it may have taken effect, or yet take it.
    #[error("the disk did not take the write in time")]
    Late,
    /// The writer met a failure that it cannot recover from.
    #[error("writing stopped after a storage failure; restart the process")]
    WriterStopped,
}

impl Fault {
    /// Did the disk have no room? Then the last commit is whole, and the file may be opened again.
    pub(crate) fn is_disk_full(&self) -> bool {
        let Self::Storage(error) = self else { return false };
        let redb::Error::Io(error) = error.as_ref() else { return false };
        matches!(
            error.kind(),
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge
        )
    }
}

impl From<Fault> for StoreError {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Unreadable(what) => Self::Corrupt(what),
            Fault::Storage(error) if matches!(error.as_ref(), redb::Error::Corrupted(_)) => {
                Self::Corrupt(error.to_string())
            }
            other => Self::Unavailable(Box::new(other)),
        }
    }
}

impl From<Unreadable> for Fault {
    fn from(unreadable: Unreadable) -> Self {
        Self::Unreadable(unreadable.to_string())
    }
}

macro_rules! from_redb {
    ($($error:ident),*) => {$(
        impl From<redb::$error> for Fault {
            fn from(error: redb::$error) -> Self {
                Self::Storage(Arc::new(error.into()))
            }
        }
    )*};
}

from_redb!(StorageError, TableError, TransactionError, CommitError, DatabaseError);
