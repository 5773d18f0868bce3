//! The sessions.

mod list;
mod port;
mod row;
mod write;

pub(crate) use write::{expect_new, put, told_of};
