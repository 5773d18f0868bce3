//! The sessions.

mod list;
mod lookup;
mod port;
mod write;

pub(crate) use write::{insert, remove_expired};
