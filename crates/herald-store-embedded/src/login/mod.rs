//! The logins.

mod list;
mod port;
mod row;
mod write;

pub(crate) use write::remove_expired;
