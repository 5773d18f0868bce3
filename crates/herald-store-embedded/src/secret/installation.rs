//! The secrets of the installation: made once, and kept.

use herald_core::seal::Sealed;
use redb::{ReadTransaction, ReadableTable as _};

use crate::{
    fault::Fault,
    tables::{SECRETS, Tables},
};

/// The secret of this name, if it is made.
pub(super) fn read(transaction: &ReadTransaction, name: &str) -> Result<Option<Sealed>, Fault> {
    let table = transaction.open_table(SECRETS)?;
    Ok(table.get(name)?.map(|bytes| Sealed::from_bytes(bytes.value().to_vec())))
}

/// The secret that is there, or else this one.
pub(super) fn first(tables: &mut Tables<'_>, name: &str, fresh: &Sealed) -> Result<Sealed, Fault> {
    if let Some(stored) = tables.secrets.get(name)? {
        return Ok(Sealed::from_bytes(stored.value().to_vec()));
    }
    tables.secrets.insert(name, fresh.as_bytes())?;
    Ok(fresh.clone())
}
