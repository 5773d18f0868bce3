//! The sessions.

mod list;
mod port;
mod row;
mod write;

pub(crate) use write::{insert, remove_expired};
