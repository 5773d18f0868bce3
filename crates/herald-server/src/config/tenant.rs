//! `[tenants.…]`: an isolated customer.

use std::collections::BTreeMap;

use herald_app::{DeliveryRules, LimitRules, SessionRules, Site};
use herald_core::{
    id::{ConnectionId, TenantId},
    notification::OnUnknown,
    return_url::ReturnUrl,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    Checker, Connection, ConnectionSection, DeliverySection, Key, KeySection, LimitsSection, Server,
    SessionsSection, SiteSection, site::Surroundings, unique::Seen,
};

/// `[tenants.…]`: an isolated customer. The id is 1 to 40 of a–z, 0–9 and `-`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TenantSection {
    /// Its name for people; its id when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Where browsers may be sent back to, each compared exactly. https, except in development.
    #[serde(default)]
    pub return_urls: Vec<String>,
    /// Allows logins without a `return_url`, where nothing proves whose browser signed in.
    #[serde(default)]
    pub detached_logins: bool,
    /// The connection that logins go through when the caller names none. Swapping the provider is changing this line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub login: Option<String>,
    /// The connections that notifications go through when the caller names none, in order.
    #[serde(default)]
    pub notify: Vec<String>,
    /// What happens after a send whose end nobody saw, to a provider that does not recognise repeats.
    #[serde(default)]
    pub on_unknown: OnUnknownWord,
    /// How its notifications share what there is.
    #[serde(default)]
    pub delivery: DeliverySection,
    /// How often it and its people may ask.
    #[serde(default)]
    pub limits: LimitsSection,
    /// What a claimed login gives.
    #[serde(default)]
    pub sessions: SessionsSection,
    /// Its API keys.
    #[serde(default)]
    pub keys: Vec<KeySection>,
    /// Origins that a proxy protects with Herald.
    #[serde(default)]
    pub sites: Vec<SiteSection>,
    /// Its provider accounts by name. The name is 1 to 40 of a–z, 0–9 and `-`.
    // Read by `file`, each by its own shape, so that each has its own key path.
    #[serde(default, skip_deserializing)]
    #[schemars(!skip_deserializing)]
    pub connections: BTreeMap<String, ConnectionSection>,
    /// The connections that have a fault in their shape already: they are there, but cannot be looked at.
    #[serde(skip)]
    pub unreadable: Vec<String>,
}

/// What happens after a send whose end nobody saw.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OnUnknownWord {
    /// Nothing more: no duplicate, but it may end `unknown`.
    #[default]
    AtMostOnce,
    /// It is sent again: it arrives, perhaps twice.
    AtLeastOnce,
    /// The next connection of the route is tried.
    Fallback,
}

impl From<OnUnknownWord> for OnUnknown {
    fn from(word: OnUnknownWord) -> Self {
        match word {
            OnUnknownWord::AtMostOnce => Self::AtMostOnce,
            OnUnknownWord::AtLeastOnce => Self::AtLeastOnce,
            OnUnknownWord::Fallback => Self::Fallback,
        }
    }
}

/// A checked tenant.
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
    pub sites: Vec<Site>,
    /// Its API keys.
    pub keys: Vec<Key>,
    /// Its connections.
    pub connections: Vec<Connection>,
}

impl TenantSection {
    /// Checks the section. `server` is absent when it has faults of its own.
    pub fn check(
        &self,
        check: &mut Checker<'_>,
        id: &str,
        server: Option<&Server>,
        seen: &mut Seen,
    ) -> Option<Tenant> {
        let id =
            TenantId::parse(id).map_err(|_| check.fault("a tenant's id is 1 to 40 of a–z, 0–9 and `-`")).ok();
        let mut connections = Vec::new();
        for (name, section) in &self.connections {
            let connection =
                check.at(&format!("connections.{name}"), |check| section.check(check, name, server));
            connections.extend(connection);
        }
        let return_urls = self.check_return_urls(check);
        self.check_routes(check);
        let mut keys = Vec::new();
        for (i, key) in self.keys.iter().enumerate() {
            keys.extend(check.at(&format!("keys[{i}]"), |check| key.check(check, &mut seen.keys)));
        }
        let delivery = check.at("delivery", |check| self.delivery.check(check));
        let limits = check.at("limits", |check| self.limits.check(check));
        let sessions = check.at("sessions", |check| self.sessions.check(check));
        let mut sites = Vec::new();
        for (i, section) in self.sites.iter().enumerate() {
            let surroundings = Surroundings { tenant: self, connections: &connections, server };
            sites.extend(check.at(&format!("sites[{i}]"), |check| section.check(check, &surroundings, seen)));
        }
        if !self.sites.is_empty() && self.limits.logins_per_address.is_none() {
            let unlimited = "not set: one address may begin any number of logins at the sites, without a key";
            check.at("limits.logins_per_address", |check| check.warn(unlimited));
        }
        if self.keys.is_empty() {
            check.at("keys", |check| check.warn("without a key nobody can use this tenant"));
        }
        let id = id?;
        Some(Tenant {
            name: self.name.clone().unwrap_or_else(|| id.as_str().to_owned()),
            return_urls,
            detached_logins: self.detached_logins,
            login: self.login.as_deref().and_then(|name| ConnectionId::parse(name).ok()),
            notify: self.notify.iter().filter_map(|name| ConnectionId::parse(name).ok()).collect(),
            on_unknown: self.on_unknown.into(),
            delivery,
            limits,
            sessions,
            sites,
            keys,
            connections,
            id,
        })
    }

    fn check_return_urls(&self, check: &mut Checker<'_>) -> Vec<ReturnUrl> {
        let allow_http = check.is_development;
        if self.return_urls.is_empty() && !self.detached_logins && self.login.is_some() {
            check.at("return_urls", |check| check.warn("without one no login can be started"));
        }
        self.return_urls
            .iter()
            .enumerate()
            .filter_map(|(i, text)| {
                check.good(&format!("return_urls[{i}]"), ReturnUrl::parse(text, allow_http))
            })
            .collect()
    }

    /// Is there such a connection, good or not?
    pub(super) fn has_connection(&self, name: &str) -> bool {
        self.connections.contains_key(name) || self.unreadable.iter().any(|known| known == name)
    }

    fn check_routes(&self, check: &mut Checker<'_>) {
        if let Some(login) = &self.login
            && !self.has_connection(login)
        {
            check.fault_at("login", format!("there is no connection {login:?}"));
        }
        for (i, name) in self.notify.iter().enumerate() {
            let fault = match self.connections.get(name) {
                None if self.unreadable.contains(name) => continue,
                None => format!("there is no connection {name:?}"),
                Some(connection) => match connection.why_silent() {
                    Some(reason) => format!("{name:?} cannot notify: {reason}"),
                    None if self.notify[..i].contains(name) => format!("{name:?} stands here twice"),
                    None => continue,
                },
            };
            check.fault_at(&format!("notify[{i}]"), fault);
        }
    }
}
