//! `sites` of a tenant: origins that a proxy protects with Herald.

use std::collections::BTreeMap;

use herald_app::Site;
use herald_core::{id::ConnectionId, session::SiteOrigin};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use url::Url;

use super::{
    Checker, Connection, Provider, Server, TenantSection, address, connection::origin, header, unique::Seen,
};

/// An origin that a proxy protects with Herald (forward auth).
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SiteSection {
    /// Scheme, host, port and the prefix that the proxy routes to Herald, stripped: `https://app.acme.example/.herald`.
    /// https, except in development; one site for an origin and, other than in development, for a host name.
    pub url: String,
    /// The connection that people sign in with, and the only one whose sessions open the site; the tenant's `login`, and
    /// any, when absent. One to Authara needs a site on Authara's origin.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub connection: Option<String>,
    /// Which member of the identity goes into which header: `subject`, `session_id`, `provider`, `connection`,
    /// `provider_user_id`, `name`, `given_name`, `family_name`, `preferred_username`, `email`, `phone_number`.
    #[serde(default)]
    pub identity_headers: BTreeMap<String, String>,
}

/// What a site has to fit into.
pub(super) struct Surroundings<'a> {
    /// Whose it is.
    pub(super) tenant: &'a TenantSection,
    /// The tenant's connections that are good.
    pub(super) connections: &'a [Connection],
    /// Absent when it has faults of its own.
    pub(super) server: Option<&'a Server>,
}

impl SiteSection {
    /// Checks the section.
    pub(super) fn check(
        &self,
        check: &mut Checker<'_>,
        around: &Surroundings<'_>,
        seen: &mut Seen,
    ) -> Option<Site> {
        let url = check.at("url", |check| self.check_url(check, around.server, seen));
        let is_connected = self.check_connection(check, around.tenant);
        let identity_headers =
            check.at("identity_headers", |check| header::check(check, &self.identity_headers));
        let (url, origin) = url?;
        if is_connected {
            self.check_authara(check, around, &origin);
        }
        Some(Site {
            origin,
            url,
            connection: self.connection.as_deref().and_then(|name| ConnectionId::parse(name).ok()),
            identity_headers,
        })
    }

    /// The address without a slash at its end, and its origin.
    fn check_url(
        &self,
        check: &mut Checker<'_>,
        server: Option<&Server>,
        seen: &mut Seen,
    ) -> Option<(String, SiteOrigin)> {
        let url = address::own_url(check, &self.url)?;
        if !has_plain_prefix(&self.url) {
            check.fault(
                "a prefix is missing, or is not made of letters, digits, `-`, `.`, `_` and `~`: the proxy routes it \
                 to Herald, as `/.herald`",
            );
            return None;
        }
        let parsed = Url::parse(&url).ok()?;
        let host = parsed.host_str()?;
        if host.ends_with('.') {
            check.fault("a host does not end with a dot here: browsers take it for another one");
            return None;
        }
        let origin = SiteOrigin::of(&parsed)?;
        if let Some(server) = server {
            if self::origin(&server.public_url) == origin.as_str() {
                check.fault("the origin of `server.public_url`, where `/v1` is, cannot be a site");
                return None;
            }
            // The cookies that bind a browser to its login would go to the site too. In development all is on one machine.
            let public = Url::parse(&server.public_url).ok();
            if !check.is_development && public.is_some_and(|public| public.host_str() == Some(host)) {
                check.fault("the host of `server.public_url`, at another port: cookies know no ports");
            }
        }
        seen.check_origin(check, &origin, host);
        Some((url, origin))
    }

    /// Is it known whom people sign in with?
    fn check_connection(&self, check: &mut Checker<'_>, tenant: &TenantSection) -> bool {
        match &self.connection {
            Some(name) if !tenant.has_connection(name) => {
                check.fault_at("connection", format!("there is no connection {name:?}"));
                false
            }
            None if tenant.login.is_none() => {
                check.fault_at("connection", "missing, and the tenant has no `login` either");
                false
            }
            _ => true,
        }
    }

    /// Authara's cookies reach us on its own origin only.
    fn check_authara(&self, check: &mut Checker<'_>, around: &Surroundings<'_>, own: &SiteOrigin) {
        let name = self.connection.as_ref().or(around.tenant.login.as_ref());
        let connection =
            around.connections.iter().find(|known| Some(known.id.as_str()) == name.map(String::as_str));
        let Some(Connection { browser_url, provider: Provider::Authara(_), id, .. }) = connection else {
            return;
        };
        let theirs = origin(browser_url);
        if theirs != own.as_str() {
            let message = format!(
                "people sign in with {id}, whose Authara is at {theirs}: the site has to be there too"
            );
            check.fault_at("url", message);
        }
    }
}

/// Is there a path, and is each of its segments one that every proxy leaves as it is?
fn has_plain_prefix(text: &str) -> bool {
    let after_scheme = text.split_once("://").map_or("", |(_, rest)| rest);
    let prefix = after_scheme.split_once('/').map_or("", |(_, path)| path);
    let prefix = prefix.strip_suffix('/').unwrap_or(prefix);
    prefix.split('/').all(|segment| {
        !matches!(segment, "" | "." | "..")
            && segment.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_' | b'~'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_is_plain() {
        for good in ["https://a.example/.herald", "https://a.example:8443/x/y~z_1-/", "https://[::1]/herald"]
        {
            assert!(has_plain_prefix(good), "{good}");
        }
        for bad in [
            "https://a.example",
            "https://a.example/",
            "https://a.example//",
            "https://a.example/x//y",
            "https://a.example/./x",
            "https://a.example/x/..",
            "https://a.example/x/%2e%2e/y",
            "https://a.example/x;y",
            "https://a.example/é",
        ] {
            assert!(!has_plain_prefix(bad), "{bad}");
        }
    }
}
