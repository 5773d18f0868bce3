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

/// The one format so far of records that are one number. Those of rows have formats of their own (`herald_core::store::record`).
const PLAIN_FORMAT: u8 = 1;

/// Puts a value together whose record is one number: its format (1 byte) and the number (16 bytes, big-endian).
pub(crate) fn wrap_plain(version: u64, purge_at: Option<Timestamp>, kind: Kind, number: [u8; 16]) -> Vec<u8> {
    wrap(version, purge_at, kind, &[[PLAIN_FORMAT].as_slice(), &number].concat())
}

/// The number in a value of this kind; nothing where its format is not known here.
pub(crate) fn read_plain(kind: Kind, value: &[u8]) -> Result<Option<[u8; 16]>, StoreError> {
    let record = read(kind, value)?.record;
    Ok(record.strip_prefix(&[PLAIN_FORMAT]).and_then(|number| number.try_into().ok()))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_comes_back_from_its_format_only() {
        let mut value = wrap_plain(1, None, Kind::Message, [7; 16]);
        assert_eq!(read_plain(Kind::Message, &value).unwrap(), Some([7; 16]));
        assert!(read_plain(Kind::Delivered, &value).is_err());
        value[HEADER] += 1;
        assert_eq!(read_plain(Kind::Message, &value).unwrap(), None);
        value[HEADER] -= 1;
        value.pop();
        assert_eq!(read_plain(Kind::Message, &value).unwrap(), None);
    }
}
