//! Writes a record.

use jiff::Timestamp;

use super::FIRST_FORMAT;
use crate::seal::BlindIndex;

/// How many bytes the plain members of most rows have at most.
const MEMBERS: usize = 192;

/// A record that is being written, member by member.
pub(super) struct Encoder(Vec<u8>);

impl Encoder {
    /// Begins a record in the first format, whose body has this many bytes.
    pub(super) fn new(body_length: usize) -> Self {
        Self::in_format(FIRST_FORMAT, body_length)
    }

    /// The same, in a later format.
    pub(super) fn in_format(format: u8, body_length: usize) -> Self {
        let mut bytes = Vec::with_capacity(body_length + MEMBERS);
        bytes.push(format);
        Self(bytes)
    }

    /// A number.
    pub(super) fn number(mut self, value: u64) -> Self {
        self.0.extend_from_slice(&value.to_be_bytes());
        self
    }

    /// 128 bits.
    pub(super) fn id(mut self, value: u128) -> Self {
        self.0.extend_from_slice(&value.to_be_bytes());
        self
    }

    /// 128 bits, or nothing.
    pub(super) fn optional_id(self, value: Option<u128>) -> Self {
        self.optional(value, Self::id)
    }

    /// A word of a fixed vocabulary, or a name that an operator chose; of at most 255 bytes.
    pub(super) fn word(mut self, word: &str) -> Self {
        self.0.push(u8::try_from(word.len()).expect("our own words and the names of connections are short"));
        self.0.extend_from_slice(word.as_bytes());
        self
    }

    /// A time.
    pub(super) fn time(mut self, at: Timestamp) -> Self {
        self.0.extend_from_slice(&at.as_nanosecond().to_be_bytes());
        self
    }

    /// A time, or nothing.
    pub(super) fn optional_time(self, at: Option<Timestamp>) -> Self {
        self.optional(at, Self::time)
    }

    /// A hash.
    pub(super) fn index(mut self, index: BlindIndex) -> Self {
        self.0.extend_from_slice(index.as_bytes());
        self
    }

    /// A hash, or nothing.
    pub(super) fn optional_index(self, index: Option<BlindIndex>) -> Self {
        self.optional(index, Self::index)
    }

    /// A few hashes, at most 255.
    pub(super) fn indexes(mut self, indexes: impl ExactSizeIterator<Item = BlindIndex>) -> Self {
        self.0.push(u8::try_from(indexes.len()).expect("a row has a handful of indexes"));
        indexes.fold(self, Self::index)
    }

    /// A member that may be missing: a byte that says whether it is there, and then it.
    fn optional<T>(mut self, member: Option<T>, write: impl FnOnce(Self, T) -> Self) -> Self {
        self.0.push(u8::from(member.is_some()));
        match member {
            Some(member) => write(self, member),
            None => self,
        }
    }

    /// Ends the record with its body.
    pub(super) fn body(mut self, body: &[u8]) -> Vec<u8> {
        self.0.extend_from_slice(body);
        self.0
    }

    /// Ends the record of a row that has no body.
    pub(super) fn end(self) -> Vec<u8> {
        self.0
    }
}
