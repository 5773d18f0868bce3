//! Reads a record.

use jiff::Timestamp;

use super::{FIRST_FORMAT, Unreadable};
use crate::seal::{BlindIndex, Sealed};

/// What is left of a record that is being read.
pub(super) struct Decoder<'a>(&'a [u8]);

impl<'a> Decoder<'a> {
    /// Begins to read a record that has the first format only.
    pub(super) fn new(bytes: &'a [u8]) -> Result<Self, Unreadable> {
        Self::up_to(FIRST_FORMAT, bytes).map(|(_, decoder)| decoder)
    }

    /// Begins to read a record of any format up to this one, and says which it has; one of a later release is refused.
    pub(super) fn up_to(latest: u8, bytes: &'a [u8]) -> Result<(u8, Self), Unreadable> {
        match bytes.split_first() {
            Some((format, rest)) if (FIRST_FORMAT..=latest).contains(format) => Ok((*format, Self(rest))),
            _ => Err(Unreadable { what: "format" }),
        }
    }

    fn take(&mut self, length: usize, what: &'static str) -> Result<&'a [u8], Unreadable> {
        let (taken, rest) = self.0.split_at_checked(length).ok_or(Unreadable { what })?;
        self.0 = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self, what: &'static str) -> Result<[u8; N], Unreadable> {
        self.take(N, what)?.try_into().map_err(|_| Unreadable { what })
    }

    fn byte(&mut self, what: &'static str) -> Result<u8, Unreadable> {
        self.array::<1>(what).map(|[byte]| byte)
    }

    /// A member that may be missing.
    fn optional<T>(
        &mut self,
        what: &'static str,
        read: impl FnOnce(&mut Self) -> Result<T, Unreadable>,
    ) -> Result<Option<T>, Unreadable> {
        match self.byte(what)? {
            0 => Ok(None),
            1 => read(self).map(Some),
            _ => Err(Unreadable { what }),
        }
    }

    /// A number.
    pub(super) fn number(&mut self) -> Result<u64, Unreadable> {
        self.array("number").map(u64::from_be_bytes)
    }

    /// 128 bits.
    pub(super) fn id(&mut self) -> Result<u128, Unreadable> {
        self.array("id").map(u128::from_be_bytes)
    }

    /// 128 bits, or nothing.
    pub(super) fn optional_id(&mut self) -> Result<Option<u128>, Unreadable> {
        self.optional("id", Self::id)
    }

    /// A word that `parse` knows.
    pub(super) fn word<T>(&mut self, parse: impl FnOnce(&str) -> Option<T>) -> Result<T, Unreadable> {
        let length = usize::from(self.byte("word")?);
        let word = self.take(length, "word")?;
        std::str::from_utf8(word).ok().and_then(parse).ok_or(Unreadable { what: "word" })
    }

    /// A time.
    pub(super) fn time(&mut self) -> Result<Timestamp, Unreadable> {
        let nanoseconds = self.array("time").map(i128::from_be_bytes)?;
        Timestamp::from_nanosecond(nanoseconds).map_err(|_| Unreadable { what: "time" })
    }

    /// A time, or nothing.
    pub(super) fn optional_time(&mut self) -> Result<Option<Timestamp>, Unreadable> {
        self.optional("time", Self::time)
    }

    /// A hash.
    pub(super) fn index(&mut self) -> Result<BlindIndex, Unreadable> {
        self.array("index").map(BlindIndex::from_bytes)
    }

    /// A hash, or nothing.
    pub(super) fn optional_index(&mut self) -> Result<Option<BlindIndex>, Unreadable> {
        self.optional("index", Self::index)
    }

    /// A few hashes.
    pub(super) fn indexes(&mut self) -> Result<Vec<BlindIndex>, Unreadable> {
        let count = self.byte("indexes")?;
        (0..count).map(|_| self.index()).collect()
    }

    /// The body: what is left. Whether it is whole is for its seal to say.
    pub(super) fn body(self) -> Sealed {
        Sealed::from_bytes(self.0.to_vec())
    }

    /// Ends a row that has no body: nothing is left.
    pub(super) fn end(self) -> Result<(), Unreadable> {
        if self.0.is_empty() { Ok(()) } else { Err(Unreadable { what: "end" }) }
    }
}
