//! The notifications and their idempotency keys.

mod lookup;
mod port;
mod row;
mod write;

pub(crate) use write::{remove_expired, remove_expired_key};
