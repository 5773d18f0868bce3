//! What has to be registered at the providers, so that they let us in and find us.

use std::collections::BTreeSet;

use herald_app::Site;

use super::{Config, Connection, Provider, Tenant};

/// The addresses of one connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Registration {
    /// `acme/main (antirius)`.
    pub connection: String,
    /// What to register, each with what it is.
    pub lines: Vec<String>,
}

/// What to register, connection by connection.
pub fn registrations(config: &Config) -> Vec<Registration> {
    config
        .tenants
        .iter()
        .flat_map(|tenant| {
            tenant.connections.iter().map(|connection| registration(config, tenant, connection))
        })
        .collect()
}

fn registration(config: &Config, tenant: &Tenant, connection: &Connection) -> Registration {
    let Connection { id, browser_url, .. } = connection;
    // A login of a site has all its addresses below the site's own.
    let is_of_site = |site: &&Site| site.connection.as_ref().or(tenant.login.as_ref()) == Some(id);
    let sites = tenant.sites.iter().filter(is_of_site).map(|site| site.url.as_str());
    let mut fronts = vec![browser_url.as_str()];
    fronts.extend(sites.filter(|url| url != browser_url));
    let callback = |front: &str| format!("{front}/callback/{}/{id}", tenant.id);
    let mut lines = match &connection.provider {
        Provider::Antara(_) => {
            fronts.iter().map(|front| format!("redirect URI: {}", callback(front))).collect()
        }
        Provider::Antirius(antirius) => {
            let mut domains = vec![host(&antirius.origin)];
            domains.extend(fronts.iter().map(|front| host(front)));
            let mut seen = BTreeSet::new();
            domains.retain(|domain| seen.insert(domain.clone()));
            let mut lines = vec![
                format!("allowed domains: {}", domains.join(", ")),
                format!("origin we call with: {}", antirius.origin),
            ];
            for front in &fronts {
                lines.push(format!("return addresses begin with: {front}/login/"));
                if antirius.hosted_login {
                    lines.push(format!("and, for the hosted login: {}/", callback(front)));
                }
            }
            lines
        }
        Provider::Authara(_) => {
            let lines = fronts.iter().flat_map(|front| {
                [
                    format!("route of the proxy in front of Authara: {front}/ to Herald, prefix stripped"),
                    format!("return path that Authara gets: {}/…", path(&callback(front))),
                ]
            });
            lines.collect()
        }
    };
    if connection.webhook.is_some() {
        lines.push(format!("webhook: {}/hooks/{}/{id}", config.server.public_url, tenant.id));
    }
    Registration { connection: format!("{}/{id} ({})", tenant.id, connection.provider_name()), lines }
}

fn host(address: &str) -> String {
    let url = url::Url::parse(address).ok();
    url.as_ref().and_then(url::Url::host_str).unwrap_or(address).to_owned()
}

fn path(address: &str) -> String {
    url::Url::parse(address).map_or_else(|_| address.to_owned(), |url| url.path().to_owned())
}
