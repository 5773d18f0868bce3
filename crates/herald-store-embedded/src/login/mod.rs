//! The logins.

mod list;
mod port;
mod write;

pub(crate) use write::remove_expired;
