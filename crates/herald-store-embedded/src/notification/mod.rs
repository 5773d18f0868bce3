//! The notifications and their idempotency keys.

mod list;
mod lookup;
mod port;
mod write;

pub(crate) use lookup::with_message;
pub(crate) use write::{index_dead, remove_expired, remove_expired_key};
