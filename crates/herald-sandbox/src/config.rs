//! What a sandbox can be told. Every default is fixed and printed, so that a configuration file can name it.

use std::net::SocketAddr;

use url::Url;

use crate::antara::AntaraConfig;
use crate::antirius::AntiriusConfig;
use crate::authara::AutharaConfig;
use crate::clock::Clock;
use crate::operation::Provider;

/// The settings of one sandbox: one port, the providers on it, and what else is served there.
#[derive(Debug, Clone)]
pub struct SandboxConfig {
    /// Where to listen; port 0 takes a free one.
    pub listen: SocketAddr,
    /// The host of every printed address; the one of `listen` when absent. Cookies ignore ports but not spellings, so
    /// a browser has to see one spelling everywhere.
    pub public_host: Option<String>,
    /// Where Herald is, for `/herald/…` on this origin and for the demo shop. Without it both say so.
    pub herald_url: Option<Url>,
    /// Which providers answer here. Their paths do not collide.
    pub providers: Vec<Provider>,
    /// The time of everything here.
    pub clock: Clock,
    /// The accounts of the simulated Antara.
    pub antara: AntaraConfig,
    /// The accounts of the simulated Antirius.
    pub antirius: AntiriusConfig,
    /// The accounts of the simulated Authara.
    pub authara: AutharaConfig,
    /// The demo shop under `/shop/`; none when absent.
    pub shop: Option<ShopConfig>,
}

impl Default for SandboxConfig {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            public_host: None,
            herald_url: None,
            providers: vec![Provider::Antara, Provider::Antirius, Provider::Authara],
            clock: Clock::system(),
            antara: AntaraConfig::default(),
            antirius: AntiriusConfig::default(),
            authara: AutharaConfig::default(),
            shop: None,
        }
    }
}

impl SandboxConfig {
    /// One provider alone, on a free port.
    pub fn only(provider: Provider) -> Self {
        Self { providers: vec![provider], ..Self::default() }
    }
}

/// The demo shop: one sign-in button for each tenant.
#[derive(Debug, Clone, Default)]
pub struct ShopConfig {
    /// The buttons, in order.
    pub tenants: Vec<ShopTenant>,
}

/// A tenant of Herald that the shop signs people in with.
#[derive(Clone)]
pub struct ShopTenant {
    /// What the button says.
    pub name: String,
    /// The tenant's id, as in Herald's configuration.
    pub tenant: String,
    /// The key the shop calls Herald with (`hk_…`).
    pub api_key: String,
}

impl std::fmt::Debug for ShopTenant {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("ShopTenant")
            .field("name", &self.name)
            .field("tenant", &self.tenant)
            .finish_non_exhaustive()
    }
}
