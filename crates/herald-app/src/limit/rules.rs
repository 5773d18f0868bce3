//! What a tenant's limits are.

use herald_core::store::Quota;

/// A tenant's limits. Where there is none, nothing is counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LimitRules {
    /// Its calls of the API, all keys together.
    pub calls: Option<Quota>,
    /// The logins that one address begins: the address that the caller names, or that of the browser at a site.
    pub logins_per_address: Option<Quota>,
    /// The notifications that one recipient gets, whoever asks for them, and by whatever name of theirs.
    pub notifications_per_recipient: Option<Quota>,
}
