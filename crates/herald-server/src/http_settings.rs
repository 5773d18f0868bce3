//! What handlers need to know of the configuration.

use std::net::IpAddr;

use crate::config::{Network, Server};

/// The settings of the public listener, shared with every handler as `web::Data<HttpSettings>`.
#[derive(Clone, Debug)]
pub struct HttpSettings {
    /// Where the outside reaches us, without a slash at the end.
    pub public_url: String,
    /// The proxies whose `Forwarded` and `X-Forwarded-…` headers are believed.
    pub trusted_proxies: Vec<Network>,
    /// Allows plain http and private addresses.
    pub is_development: bool,
}

impl HttpSettings {
    /// May this peer speak for a client behind it?
    pub fn is_trusted_proxy(&self, peer: IpAddr) -> bool {
        self.trusted_proxies.iter().any(|network| network.contains(peer))
    }
}

impl From<&Server> for HttpSettings {
    fn from(server: &Server) -> Self {
        Self {
            public_url: server.public_url.clone(),
            trusted_proxies: server.trusted_proxies.clone(),
            is_development: server.is_development,
        }
    }
}
