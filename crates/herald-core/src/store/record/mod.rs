//! The bytes of rows: what a store keeps of each, the same in every store.
//!
//! A record is a format number, the few plain members in order, and the sealed body as the rest. Numbers are big-endian,
//! times are nanoseconds since the epoch in 128 bits. What a store finds the row by, tenant and id, is not in it.
//!
//! # Adding a member
//! 1. It gets a new format number: a record of one format always has the same members. Readers read every format that was
//!    ever written; a format that they do not know is refused, for that row only.
//! 2. Two releases run side by side, while one replaces the other or after going back, as long as the older one knows the
//!    format that the newer one writes. So a release reads a new format one release before any writes it.
//! 3. What no store finds, orders or expires rows by changes no format: it goes into the sealed body, whose type says what
//!    of other releases it reads.

mod decoder;
mod encoder;
mod endpoint;
mod identity;
mod key;
mod login;
mod notification;
mod outbox;
mod secret;
mod session;
#[cfg(test)]
mod tests;

pub use key::KeyEntry;

use super::StoreError;

/// The first format of every row, and the only one of most.
const FIRST_FORMAT: u8 = 1;

/// These bytes are no row that this release knows: damaged, or written by a later release.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a stored row has no readable {what}")]
pub struct Unreadable {
    /// Which member, a fixed word.
    what: &'static str,
}

impl From<Unreadable> for StoreError {
    fn from(unreadable: Unreadable) -> Self {
        Self::Corrupt(unreadable.to_string())
    }
}
