//! What keys have, read back: tenants and times.

use herald_core::id::TenantId;
use jiff::Timestamp;

use crate::fault::Fault;

fn unreadable(what: &str) -> Fault {
    Fault::Unreadable(format!("a stored key has no readable {what}"))
}

/// A tenant's name.
pub(crate) fn tenant(name: &str) -> Result<TenantId, Fault> {
    TenantId::parse(name).map_err(|_| unreadable("tenant"))
}

/// Nanoseconds since the epoch.
pub(crate) fn time(nanoseconds: i128) -> Result<Timestamp, Fault> {
    Timestamp::from_nanosecond(nanoseconds).map_err(|_| unreadable("time"))
}
