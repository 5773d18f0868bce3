//! The bytes of a row: a format number, the few plain members in order, and the sealed body as the rest.
//!
//! A member that is added gets a new format number; the reader then reads both. Numbers are big-endian.

use herald_core::{id::TenantId, seal::BlindIndex};
use jiff::Timestamp;

use crate::fault::Fault;

/// The first format of every row, and the only one of most.
const FIRST_FORMAT: u8 = 1;

fn unreadable(what: &str) -> Fault {
    Fault::Unreadable(format!("a stored row has no readable {what}"))
}

/// A tenant's name that came out of a key.
pub(crate) fn tenant(name: &str) -> Result<TenantId, Fault> {
    TenantId::parse(name).map_err(|_| unreadable("tenant"))
}

/// A time that came out of a key or a row: nanoseconds since the epoch.
pub(crate) fn time(nanoseconds: i128) -> Result<Timestamp, Fault> {
    Timestamp::from_nanosecond(nanoseconds).map_err(|_| unreadable("time"))
}

/// Writes a row.
pub(crate) struct Encoder(Vec<u8>);

impl Encoder {
    /// Begins a row in the first format, whose body has this many bytes.
    pub(crate) fn new(body_length: usize) -> Self {
        Self::in_format(FIRST_FORMAT, body_length)
    }

    /// The same, in a later format.
    pub(crate) fn in_format(format: u8, body_length: usize) -> Self {
        let mut bytes = Vec::with_capacity(body_length + 192);
        bytes.push(format);
        Self(bytes)
    }

    /// A number.
    pub(crate) fn number(mut self, value: u64) -> Self {
        self.0.extend_from_slice(&value.to_be_bytes());
        self
    }

    /// 128 bits.
    pub(crate) fn id(mut self, value: u128) -> Self {
        self.0.extend_from_slice(&value.to_be_bytes());
        self
    }

    /// 128 bits, or nothing.
    pub(crate) fn optional_id(mut self, value: Option<u128>) -> Self {
        self.0.push(u8::from(value.is_some()));
        match value {
            Some(value) => self.id(value),
            None => self,
        }
    }

    /// A word of a fixed vocabulary, or a name that an operator chose; of at most 255 bytes.
    pub(crate) fn word(mut self, word: &str) -> Self {
        self.0.push(u8::try_from(word.len()).expect("our own words and the names of connections are short"));
        self.0.extend_from_slice(word.as_bytes());
        self
    }

    /// A time.
    pub(crate) fn time(mut self, at: Timestamp) -> Self {
        self.0.extend_from_slice(&at.as_nanosecond().to_be_bytes());
        self
    }

    /// A time, or nothing.
    pub(crate) fn optional_time(mut self, at: Option<Timestamp>) -> Self {
        self.0.push(u8::from(at.is_some()));
        match at {
            Some(at) => self.time(at),
            None => self,
        }
    }

    /// A hash.
    pub(crate) fn index(mut self, index: BlindIndex) -> Self {
        self.0.extend_from_slice(index.as_bytes());
        self
    }

    /// A hash, or nothing.
    pub(crate) fn optional_index(mut self, index: Option<BlindIndex>) -> Self {
        self.0.push(u8::from(index.is_some()));
        match index {
            Some(index) => self.index(index),
            None => self,
        }
    }

    /// A few hashes, at most 255.
    pub(crate) fn indexes(mut self, indexes: impl ExactSizeIterator<Item = BlindIndex>) -> Self {
        self.0.push(u8::try_from(indexes.len()).expect("a row has a handful of indexes"));
        indexes.fold(self, Self::index)
    }

    /// Ends the row with its body.
    pub(crate) fn body(mut self, body: &[u8]) -> Vec<u8> {
        self.0.extend_from_slice(body);
        self.0
    }
}

/// Reads a row.
pub(crate) struct Decoder<'a>(&'a [u8]);

impl<'a> Decoder<'a> {
    /// Begins to read a row that has the first format only.
    pub(crate) fn new(bytes: &'a [u8]) -> Result<Self, Fault> {
        Self::up_to(FIRST_FORMAT, bytes).map(|(_, decoder)| decoder)
    }

    /// Begins to read a row of any format up to this one, and says which it has; one of a later release is refused.
    pub(crate) fn up_to(latest: u8, bytes: &'a [u8]) -> Result<(u8, Self), Fault> {
        match bytes.split_first() {
            Some((format, rest)) if (FIRST_FORMAT..=latest).contains(format) => Ok((*format, Self(rest))),
            _ => Err(unreadable("format")),
        }
    }

    fn take(&mut self, length: usize, what: &str) -> Result<&'a [u8], Fault> {
        let (taken, rest) = self.0.split_at_checked(length).ok_or_else(|| unreadable(what))?;
        self.0 = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self, what: &str) -> Result<[u8; N], Fault> {
        self.take(N, what)?.try_into().map_err(|_| unreadable(what))
    }

    fn byte(&mut self, what: &str) -> Result<u8, Fault> {
        self.array::<1>(what).map(|[byte]| byte)
    }

    /// Is there a member that may be missing?
    fn flag(&mut self, what: &str) -> Result<bool, Fault> {
        match self.byte(what)? {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(unreadable(what)),
        }
    }

    /// A number.
    pub(crate) fn number(&mut self) -> Result<u64, Fault> {
        self.array("number").map(u64::from_be_bytes)
    }

    /// 128 bits.
    pub(crate) fn id(&mut self) -> Result<u128, Fault> {
        self.array("id").map(u128::from_be_bytes)
    }

    /// 128 bits, or nothing.
    pub(crate) fn optional_id(&mut self) -> Result<Option<u128>, Fault> {
        self.flag("id")?.then(|| self.id()).transpose()
    }

    /// A word that `parse` knows.
    pub(crate) fn word<T>(&mut self, parse: impl FnOnce(&str) -> Option<T>) -> Result<T, Fault> {
        let length = usize::from(self.byte("word")?);
        let word = self.take(length, "word")?;
        std::str::from_utf8(word).ok().and_then(parse).ok_or_else(|| unreadable("word"))
    }

    /// A time.
    pub(crate) fn time(&mut self) -> Result<Timestamp, Fault> {
        time(self.array("time").map(i128::from_be_bytes)?)
    }

    /// A time, or nothing.
    pub(crate) fn optional_time(&mut self) -> Result<Option<Timestamp>, Fault> {
        self.flag("time")?.then(|| self.time()).transpose()
    }

    /// A hash.
    pub(crate) fn index(&mut self) -> Result<BlindIndex, Fault> {
        self.array("index").map(BlindIndex::from_bytes)
    }

    /// A hash, or nothing.
    pub(crate) fn optional_index(&mut self) -> Result<Option<BlindIndex>, Fault> {
        self.flag("index")?.then(|| self.index()).transpose()
    }

    /// A few hashes.
    pub(crate) fn indexes(&mut self) -> Result<Vec<BlindIndex>, Fault> {
        let count = self.byte("indexes")?;
        (0..count).map(|_| self.index()).collect()
    }

    /// The body: what is left.
    pub(crate) fn body(self) -> Vec<u8> {
        self.0.to_vec()
    }
}
