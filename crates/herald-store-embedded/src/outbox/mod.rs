//! The outbox: events that are still to be told.

mod port;
mod row;
mod write;

pub(crate) use write::{insert, remove_expired};
