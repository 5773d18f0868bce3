//! What has to be unique over all tenants.

use std::collections::HashMap;

use herald_core::session::SiteOrigin;

use super::{Checker, Tenant, key};

/// What was seen so far, in all tenants.
#[derive(Debug, Default)]
pub struct Seen {
    /// The keys.
    pub(super) keys: key::Seen,
    origins: HashMap<SiteOrigin, String>,
    /// The sites' hosts, whatever their ports.
    hosts: HashMap<String, String>,
}

impl Seen {
    /// Notes the origin of the site that `check` stands at, or that another site has it. A site is found by its origin
    /// alone. In development, where everything is on one machine, sites may share a host; it is only warned of.
    pub(super) fn check_origin(&mut self, check: &mut Checker<'_>, origin: &SiteOrigin, host: &str) {
        if let Some(first) = self.origins.get(origin) {
            check.fault(format!("the same origin as {first}"));
            return;
        }
        let here = check.path().to_owned();
        let first = self.hosts.entry(host.to_owned()).or_insert_with(|| here.clone());
        if *first != here {
            check.fault_outside_development(format!(
                "the same host as {first}, at another port: cookies know no ports, and some proxies take the port from \
                 the client"
            ));
        }
        self.origins.insert(origin.clone(), here);
    }
}

/// One provider account belongs to one tenant: with the same account in two, a token given to one would sign somebody in
/// at the other. In development, where one sandbox account serves many tenants, it is only warned of.
pub(super) fn check_accounts(check: &mut Checker<'_>, tenants: &[Tenant]) {
    let mut owners = HashMap::new();
    for tenant in tenants {
        for connection in &tenant.connections {
            let provider = connection.provider_name();
            let here = format!("tenants.{}.connections.{}", tenant.id, connection.id);
            // Ids are hexadecimal or origins: spelled in other case they are the same account.
            let account = (provider.clone(), connection.account().to_ascii_lowercase());
            let (owner, first) = owners.entry(account).or_insert_with(|| (&tenant.id, here.clone()));
            if *owner != &tenant.id {
                let message = format!("the same account of {provider} as {first}, which is another tenant's");
                check.at(&here, |check| check.fault_outside_development(message));
            }
        }
    }
}
