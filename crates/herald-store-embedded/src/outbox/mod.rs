//! The outbox: what is still to be told, and what was told of late.

mod list;
mod lookup;
mod port;
mod write;

pub(crate) use write::{insert, remove_expired};
