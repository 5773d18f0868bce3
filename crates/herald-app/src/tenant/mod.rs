//! The tenants as this replica knows them: their connections, keys and rules.

mod rules;
mod scope;
mod site;

pub use rules::{DeliveryRules, LogoutReceiver, SessionRules};
pub use scope::{Scope, Scopes, TenantKey};
pub use site::{IdentityMember, Site};

use std::{
    collections::{BTreeMap, HashMap},
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
    session_control::SessionControl,
    webhook_source::WebhookSource,
};

use crate::limit::LimitRules;

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
    /// The provider's own sessions with browsers.
    pub session_control: Option<Arc<dyn SessionControl>>,
    /// What the provider sends by itself.
    pub webhook_source: Option<Arc<dyn WebhookSource>>,
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
    /// How its notifications share what there is.
    pub delivery: DeliveryRules,
    /// How often it and its people may ask.
    pub limits: LimitRules,
    /// What a claimed login gives.
    pub sessions: SessionRules,
    /// The origins that a proxy protects with Herald.
    pub sites: Vec<Arc<Site>>,
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
    all: HashMap<TenantId, Arc<Tenant>>,
    // Found by digest: a table of digests gives nothing away about how much of a wrong key was right.
    keys: HashMap<Digest, (Arc<Tenant>, Scopes)>,
    sites: HashMap<String, (Arc<Tenant>, Arc<Site>)>,
}

impl Tenants {
    /// These tenants.
    pub fn new(tenants: Vec<Tenant>) -> Self {
        let mut known = Self::default();
        for tenant in tenants.into_iter().map(Arc::new) {
            for key in &tenant.keys {
                known.keys.insert(key.sha256, (Arc::clone(&tenant), key.scopes));
            }
            for site in &tenant.sites {
                let entry = (Arc::clone(&tenant), Arc::clone(site));
                known.sites.insert(site.origin.as_str().to_owned(), entry);
            }
            known.all.insert(tenant.id.clone(), tenant);
        }
        known
    }

    /// The tenant of this id.
    pub fn get(&self, id: &TenantId) -> Option<&Arc<Tenant>> {
        self.all.get(id)
    }

    /// The site of this origin, and whose it is. Origins are unique over all tenants.
    pub fn site(&self, origin: &str) -> Option<&(Arc<Tenant>, Arc<Site>)> {
        self.sites.get(origin)
    }

    /// Every tenant, in no order.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<Tenant>> {
        self.all.values()
    }

    /// The tenant that an API key belongs to, and what the key may be used for.
    pub fn authenticate(&self, api_key: &str) -> Option<(Arc<Tenant>, Scopes)> {
        if !ApiKey::is_shaped(api_key) {
            return None;
        }
        let (tenant, scopes) = self.keys.get(&Digest::of(api_key))?;
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
            delivery: DeliveryRules::default(),
            limits: LimitRules::default(),
            sessions: SessionRules::default(),
            sites: vec![],
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
}
