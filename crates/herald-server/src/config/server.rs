//! `[server]`: where Herald listens, and how the outside reaches it.

use std::net::SocketAddr;

use herald_core::secret::Digest;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Checker, Network, address, key};

/// `[server]`: where Herald listens, and how the outside reaches it.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ServerSection {
    /// Address and port of the public listener; port 0 takes a free one.
    #[serde(default = "default_listen")]
    #[schemars(with = "String")]
    pub listen: SocketAddr,
    /// Address and port of the listener for `/livez`, `/readyz` and `/metrics`. Keep it away from the outside.
    #[serde(default = "default_management_listen")]
    #[schemars(with = "String")]
    pub management_listen: SocketAddr,
    /// Where the outside reaches the public listener. http only in development.
    pub public_url: String,
    /// The proxies (networks or addresses) whose forwarding headers are believed.
    #[serde(default)]
    pub trusted_proxies: Vec<String>,
    /// The keys of operators.
    #[serde(default)]
    pub admin_keys: Vec<AdminKeySection>,
    /// Allows http, private addresses everywhere, weak secrets and a store without persistence.
    #[serde(default)]
    pub development: bool,
}

/// The key of an operator, for `/v1/admin`; `herald keys new --admin` prints a key and this.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AdminKeySection {
    /// Whose it is, for people.
    pub name: String,
    /// The SHA-256 of the key, 64 hexadecimal digits.
    pub sha256: String,
}

fn default_listen() -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], 8080))
}

fn default_management_listen() -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], 9090))
}

/// A checked key of an operator.
#[derive(Clone, Debug)]
pub struct AdminKey {
    /// Whose it is, for people.
    pub name: String,
    /// The SHA-256 of the key.
    pub sha256: Digest,
}

/// A checked `[server]`.
#[derive(Clone, Debug)]
pub struct Server {
    /// The public listener.
    pub listen: SocketAddr,
    /// The listener for operations.
    pub management_listen: SocketAddr,
    /// Where the outside reaches us, without a slash at the end.
    pub public_url: String,
    /// The proxies whose forwarding headers are believed.
    pub trusted_proxies: Vec<Network>,
    /// The keys of operators.
    pub admin_keys: Vec<AdminKey>,
    /// Allows http, private addresses, weak secrets and a store without persistence.
    pub is_development: bool,
}

impl ServerSection {
    /// Checks the section, and tells `check` from here on whether this is development.
    pub fn check(&self, check: &mut Checker<'_>, keys: &mut key::Seen) -> Option<Server> {
        check.is_development = self.development;
        let public_url = check.at("public_url", |check| address::own_url(check, &self.public_url));
        let trusted_proxies = self
            .trusted_proxies
            .iter()
            .enumerate()
            .filter_map(|(i, text)| check.good(&format!("trusted_proxies[{i}]"), Network::parse(text)))
            .collect();
        if self.listen == self.management_listen && self.listen.port() != 0 {
            check.fault_at("management_listen", "the same address as `listen`");
        }
        let mut admin_keys = Vec::new();
        for (i, AdminKeySection { name, sha256 }) in self.admin_keys.iter().enumerate() {
            let sha256 = check.at(&format!("admin_keys[{i}].sha256"), |check| keys.check(check, sha256));
            admin_keys.extend(sha256.map(|sha256| AdminKey { name: name.clone(), sha256 }));
        }
        Some(Server {
            listen: self.listen,
            management_listen: self.management_listen,
            public_url: public_url?,
            trusted_proxies,
            admin_keys,
            is_development: self.development,
        })
    }
}
