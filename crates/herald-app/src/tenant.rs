//! The tenants as this replica knows them: their connections, keys and rules.

use std::{
    collections::{BTreeMap, HashMap},
    fmt,
    sync::Arc,
};

use herald_core::{
    credential::CredentialVerifier,
    id::{ConnectionId, TenantId},
    notification::OnUnknown,
    notifier::Notifier,
    provider::{IdentityProvider, ProviderAccount},
    return_url::ReturnUrl,
    secret::{ApiKey, Digest},
};

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

/// One configured provider account. What the provider can do is which ports it has.
#[derive(Clone, Debug)]
pub struct Connection {
    /// Its name.
    pub id: ConnectionId,
    /// What addresses for browsers begin with; no slash at its end.
    pub browser_url: String,
    /// Logins.
    pub provider: Arc<dyn IdentityProvider>,
    /// Messages.
    pub notifier: Option<Arc<dyn Notifier>>,
    /// Checking of credentials.
    pub verifier: Option<Arc<dyn CredentialVerifier>>,
}

impl Connection {
    /// The provider account that it is.
    pub fn account(&self) -> &ProviderAccount {
        &self.provider.info().account
    }
}

/// An isolated customer.
#[derive(Clone, Debug)]
pub struct Tenant {
    /// Its name for machines.
    pub id: TenantId,
    /// Its name for people.
    pub name: String,
    /// Where browsers may be sent back to.
    pub return_urls: Vec<ReturnUrl>,
    /// May a login have no return address?
    pub detached_logins: bool,
    /// The connection that logins go through.
    pub login: Option<ConnectionId>,
    /// The connections that notifications go through, in order.
    pub notify: Vec<ConnectionId>,
    /// What happens after a send whose end nobody saw.
    pub on_unknown: OnUnknown,
    /// Its API keys.
    pub keys: Vec<TenantKey>,
    /// Its connections.
    pub connections: BTreeMap<ConnectionId, Arc<Connection>>,
}

impl Tenant {
    /// The connection of this name, if it still is this account.
    pub fn connection_of(&self, id: &ConnectionId, account: &ProviderAccount) -> Option<&Arc<Connection>> {
        self.connections.get(id).filter(|connection| connection.account() == account)
    }
}

/// All tenants, found by id or by key.
#[derive(Debug, Default)]
pub struct Tenants {
    by_id: HashMap<TenantId, Arc<Tenant>>,
    // Found by digest: a table of digests gives nothing away about how much of a wrong key was right.
    by_key: HashMap<Digest, (Arc<Tenant>, Scopes)>,
}

impl Tenants {
    /// These tenants.
    pub fn new(tenants: Vec<Tenant>) -> Self {
        let mut all = Self::default();
        for tenant in tenants.into_iter().map(Arc::new) {
            for key in &tenant.keys {
                all.by_key.insert(key.sha256, (Arc::clone(&tenant), key.scopes));
            }
            all.by_id.insert(tenant.id.clone(), tenant);
        }
        all
    }

    /// The tenant of this id.
    pub fn get(&self, id: &TenantId) -> Option<&Arc<Tenant>> {
        self.by_id.get(id)
    }

    /// Every tenant, in no order.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<Tenant>> {
        self.by_id.values()
    }

    /// The tenant that an API key belongs to, and what the key may be used for.
    pub fn authenticate(&self, api_key: &str) -> Option<(Arc<Tenant>, Scopes)> {
        if !ApiKey::is_shaped(api_key) {
            return None;
        }
        let (tenant, scopes) = self.by_key.get(&Digest::of(api_key))?;
        Some((Arc::clone(tenant), *scopes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use herald_core::clock::SystemEntropy;

    #[test]
    fn a_key_opens_its_own_tenant_with_its_own_scopes() {
        let key = ApiKey::generate(&SystemEntropy);
        let tenant = |id: &str, keys| Tenant {
            id: TenantId::parse(id).unwrap(),
            name: id.to_owned(),
            return_urls: vec![],
            detached_logins: false,
            login: None,
            notify: vec![],
            on_unknown: OnUnknown::default(),
            keys,
            connections: BTreeMap::new(),
        };
        let scopes: Scopes = [Scope::LoginsRead].into_iter().collect();
        let tenants = Tenants::new(vec![
            tenant("a", vec![TenantKey { name: "k".to_owned(), sha256: key.digest(), scopes }]),
            tenant("b", vec![]),
        ]);
        let (found, scopes) = tenants.authenticate(key.expose()).unwrap();
        assert_eq!(found.id.as_str(), "a");
        assert!(scopes.contains(Scope::LoginsRead) && !scopes.contains(Scope::LoginsWrite));
        assert!(tenants.authenticate(ApiKey::generate(&SystemEntropy).expose()).is_none());
        assert!(tenants.authenticate("").is_none());
    }

    #[test]
    fn every_scope_is_its_word() {
        assert!(Scope::ALL.into_iter().all(|scope| Scope::parse(scope.as_str()) == Some(scope)));
        assert_eq!(Scope::parse("admin"), None);
    }
}
