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
    /// Notes that the site that `check` stands at has the host of Herald's own pages, at another port: the cookies that bind a
    /// browser to its login would go to that site too. In development everything is on one machine.
    pub(super) fn check_public(check: &mut Checker<'_>, origin: &SiteOrigin, public_url: &str) {
        if !check.is_development
            && url::Url::parse(public_url).is_ok_and(|url| url.host_str() == Some(&host(origin)))
        {
            check.fault("the host of `server.public_url`, at another port: cookies know no ports");
        }
    }

    /// Notes the origin of the site that `check` stands at, or that another site has it. A site is found by its origin
    /// alone. In development, where everything is on one machine, sites may share a host; it is only warned of.
    pub(super) fn check_origin(&mut self, check: &mut Checker<'_>, origin: &SiteOrigin) {
        if let Some(first) = self.origins.get(origin) {
            check.fault(format!("the same origin as {first}"));
            return;
        }
        let here = check.path().to_owned();
        let first = self.hosts.entry(host(origin)).or_insert_with(|| here.clone());
        if *first != here {
            let message = format!(
                "the same host as {first}, at another port: cookies know no ports, and some proxies take the port from \
                 the client"
            );
            if check.is_development {
                check.warn(message);
            } else {
                check.fault(message);
            }
        }
        self.origins.insert(origin.clone(), here);
    }
}

/// The origin without scheme and port.
fn host(origin: &SiteOrigin) -> String {
    let (_, host) = origin.as_str().split_once("://").unwrap_or_default();
    // What follows the last colon of `[::1]` is no port.
    match host.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => host.to_owned(),
        _ => host.to_owned(),
    }
}

/// One provider account belongs to one tenant: with the same account in two, a token given to one would sign somebody in
/// at the other (T11). In development, where one sandbox account serves many tenants, it is only warned of.
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
                if check.is_development {
                    check.at(&here, |check| check.warn(message));
                } else {
                    check.fault_at(&here, message);
                }
            }
        }
    }
}
