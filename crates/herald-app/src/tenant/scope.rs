//! What API keys may be used for.

use std::fmt;

use herald_core::secret::Digest;

/// What an API key may be used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Scope {
    /// Start, claim, cancel logins.
    LoginsWrite,
    /// Peek at logins, list them.
    LoginsRead,
    /// Send notifications.
    NotificationsWrite,
    /// Look at notifications.
    NotificationsRead,
    /// Verify credentials.
    SessionsVerify,
    /// Refresh and end sessions.
    SessionsWrite,
    /// List sessions.
    SessionsRead,
    /// Look at subjects.
    SubjectsRead,
    /// Link and erase subjects.
    SubjectsWrite,
    /// Manage webhook endpoints.
    WebhooksWrite,
}

impl Scope {
    /// Every scope.
    pub const ALL: [Self; 10] = [
        Self::LoginsWrite,
        Self::LoginsRead,
        Self::NotificationsWrite,
        Self::NotificationsRead,
        Self::SessionsVerify,
        Self::SessionsWrite,
        Self::SessionsRead,
        Self::SubjectsRead,
        Self::SubjectsWrite,
        Self::WebhooksWrite,
    ];

    /// The scope as configured.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::LoginsWrite => "logins:write",
            Self::LoginsRead => "logins:read",
            Self::NotificationsWrite => "notifications:write",
            Self::NotificationsRead => "notifications:read",
            Self::SessionsVerify => "sessions:verify",
            Self::SessionsWrite => "sessions:write",
            Self::SessionsRead => "sessions:read",
            Self::SubjectsRead => "subjects:read",
            Self::SubjectsWrite => "subjects:write",
            Self::WebhooksWrite => "webhooks:write",
        }
    }

    /// The scope of that word.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scope| scope.as_str() == text)
    }
}

/// A set of scopes.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub struct Scopes(u16);

impl Scopes {
    /// Is this one among them?
    pub fn contains(self, scope: Scope) -> bool {
        self.0 & (1 << scope as u16) != 0
    }
}

impl FromIterator<Scope> for Scopes {
    fn from_iter<I: IntoIterator<Item = Scope>>(scopes: I) -> Self {
        Self(scopes.into_iter().fold(0, |set, scope| set | (1 << scope as u16)))
    }
}

impl fmt::Debug for Scopes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set()
            .entries(Scope::ALL.iter().filter(|scope| self.contains(**scope)).map(|scope| scope.as_str()))
            .finish()
    }
}

/// An API key, as far as it is kept.
#[derive(Clone, Debug)]
pub struct TenantKey {
    /// What the operator calls it.
    pub name: String,
    /// The SHA-256 of its text.
    pub sha256: Digest,
    /// What it may be used for.
    pub scopes: Scopes,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_scope_is_its_word() {
        assert!(Scope::ALL.into_iter().all(|scope| Scope::parse(scope.as_str()) == Some(scope)));
        assert_eq!(Scope::parse("admin"), None);
    }
}
