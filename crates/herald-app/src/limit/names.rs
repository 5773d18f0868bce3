//! What the limits are called.

/// One of a tenant's limits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LimitName {
    /// Its calls.
    Tenant,
    /// The logins that one address begins.
    Address,
    /// The notifications that one recipient gets.
    Recipient,
}

impl LimitName {
    /// The name as callers and metrics know it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Tenant => "tenant",
            Self::Address => "address",
            Self::Recipient => "recipient",
        }
    }

    /// What its counters are hashed under.
    pub(super) fn counter(self) -> &'static str {
        match self {
            Self::Tenant => "limit-tenant",
            Self::Address => "limit-address",
            Self::Recipient => "limit-recipient",
        }
    }
}
