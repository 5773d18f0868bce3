//! What handlers need to know of the configuration.

use std::net::IpAddr;

use crate::config::{AdminKey, Network, Server};

/// The settings of the public listener, shared with every handler as `web::Data<HttpSettings>`.
#[derive(Clone, Debug)]
pub struct HttpSettings {
    /// Where the outside reaches us, without a slash at the end.
    pub public_url: String,
    /// The proxies whose `Forwarded` and `X-Forwarded-…` headers are believed.
    pub trusted_proxies: Vec<Network>,
    /// The keys of operators.
    pub admin_keys: Vec<AdminKey>,
    /// Allows plain http and private addresses.
    pub is_development: bool,
}

impl HttpSettings {
    /// May this peer speak for a client behind it?
    pub fn is_trusted_proxy(&self, peer: IpAddr) -> bool {
        self.trusted_proxies.iter().any(|network| network.contains(peer))
    }

    /// Whose key of an operator this is, if it is one. Looks at all of them, each in constant time.
    pub fn operator(&self, key: &str) -> Option<&str> {
        let is_it = |known: &&AdminKey| known.sha256.is_of(key);
        self.admin_keys
            .iter()
            .fold(None, |found, known| if is_it(&known) { Some(&known.name) } else { found })
    }
}

impl From<&Server> for HttpSettings {
    fn from(server: &Server) -> Self {
        Self {
            public_url: server.public_url.clone(),
            trusted_proxies: server.trusted_proxies.clone(),
            admin_keys: server.admin_keys.clone(),
            is_development: server.is_development,
        }
    }
}
