//! What is stored under a key: a header that scripts read, the kind of the record, and the record.

use herald_core::store::StoreError;
use jiff::Timestamp;

use crate::micros;

/// What is purged then is kept for ever: the largest whole number that a script can tell from its neighbours.
pub(crate) const FOR_EVER: u64 = (1 << 53) - 1;
/// Version and time of purging, 8 bytes each, and the kind.
pub(crate) const HEADER: usize = 17;

/// The kind of a record: the byte before it. Never given to another kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Kind {
    Login = b'l',
    Session = b's',
    Notification = b'n',
    Key = b'k',
    Message = b'm',
    Notice = b'o',
    Delivered = b'd',
    Outbox = b'e',
    Endpoint = b'w',
    Identity = b'i',
    Secret = b'x',
    Finder = b'f',
}

/// A value, taken apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stored<'a> {
    pub(crate) version: u64,
    purge_at: u64,
    pub(crate) record: &'a [u8],
}

impl Stored<'_> {
    /// Is it there still?
    pub(crate) fn is_live(&self, now: Timestamp) -> bool {
        self.purge_at > micros(now)
    }
}

/// Puts a value together.
pub(crate) fn wrap(version: u64, purge_at: Option<Timestamp>, kind: Kind, record: &[u8]) -> Vec<u8> {
    let mut value = Vec::with_capacity(HEADER + record.len());
    value.extend_from_slice(&version.to_be_bytes());
    value.extend_from_slice(&purge_at.map_or(FOR_EVER, micros).to_be_bytes());
    value.push(kind as u8);
    value.extend_from_slice(record);
    value
}

/// Takes a value of this kind apart.
pub(crate) fn read(kind: Kind, value: &[u8]) -> Result<Stored<'_>, StoreError> {
    let unreadable = || StoreError::Corrupt(format!("a value of the kind {kind:?} has no readable header"));
    let (version, rest) = value.split_first_chunk::<8>().ok_or_else(unreadable)?;
    let (purge_at, rest) = rest.split_first_chunk::<8>().ok_or_else(unreadable)?;
    match rest.split_first() {
        Some((byte, record)) if *byte == kind as u8 => Ok(Stored {
            version: u64::from_be_bytes(*version),
            purge_at: u64::from_be_bytes(*purge_at),
            record,
        }),
        _ => Err(unreadable()),
    }
}
