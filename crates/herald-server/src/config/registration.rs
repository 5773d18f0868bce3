//! What has to be registered at the providers, so that they let us in and find us.

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
    let callback = format!("{browser_url}/callback/{}/{id}", tenant.id);
    let mut lines = match &connection.provider {
        Provider::Antara(_) => vec![format!("redirect URI: {callback}")],
        Provider::Antirius(antirius) => {
            let mut domains = vec![host(&antirius.origin), host(browser_url)];
            domains.dedup();
            let mut lines = vec![
                format!("allowed domains: {}", domains.join(", ")),
                format!("origin we call with: {}", antirius.origin),
                format!("return addresses begin with: {browser_url}/login/"),
            ];
            if antirius.hosted_login {
                lines.push(format!("and, for the hosted login: {callback}/"));
            }
            lines
        }
        Provider::Authara(_) => vec![
            format!("route of the proxy in front of Authara: {browser_url}/ to Herald, prefix stripped"),
            format!("return path that Authara gets: {}/…", path(&callback)),
        ],
    };
    if connection.has_webhook {
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
