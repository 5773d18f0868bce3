//! The logins.
//!
//! A browser's address names a login by a finder, without its tenant; so finders are keys of their own, outside the tenant's
//! slot, and no step writes both. A finder is a promise that only the login's row makes true: it is written first, and
//! whoever follows it believes it only if the row at its end lists it.

mod due;
mod finder;
mod list;
mod port;
mod row;
mod write;
