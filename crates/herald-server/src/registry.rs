//! Adapters and stores by name: the only file that knows them.

use std::{error::Error, future::Future, io, pin::Pin, sync::Arc};

use herald_antara::{Antara, AntaraConfig};
use herald_antirius::{Antirius, AntiriusConfig};
use herald_app::{Connection, SharedTokens, Tenant, TenantKey, Tenants};
use herald_authara::{Authara, AutharaConfig, Verify};
use herald_core::{
    clock::{Clock, Entropy},
    courier::Courier,
    id::TenantId,
    provider::{ProviderAccount, ProviderName},
    seal::Keyring,
    store::Store,
};
use herald_outbound::{OutboundCourier, Reach};
use herald_store_embedded::EmbeddedStore;
use herald_store_redis::{RedisMode, RedisOptions, RedisStore, TimeSource};

use crate::{
    config::{self, Config, StorePlace},
    development_key,
};

/// How many long polls of Antirius a connection holds at once; logins beyond that are looked at by short polls.
const STATUS_POLLS: usize = 512;

/// The configuration cannot be turned into what it describes.
#[derive(Debug, thiserror::Error)]
pub enum RegistryError {
    /// A connection cannot be opened.
    #[error("tenants.{tenant}.connections.{connection}: {source}")]
    Connection {
        /// The tenant.
        tenant: String,
        /// The connection.
        connection: String,
        /// Its reason.
        source: Box<dyn Error + Send + Sync>,
    },
    /// The file of the embedded store cannot be opened.
    #[error(transparent)]
    Embedded(#[from] herald_store_embedded::OpenError),
    /// Redis cannot be used.
    #[error(transparent)]
    Redis(#[from] herald_store_redis::OpenError),
    /// The task that opens the store ended without an answer.
    #[error("opening the store failed unexpectedly")]
    Interrupted,
    /// The client that carries messages to tenants' own addresses cannot be set up.
    #[error(transparent)]
    Courier(#[from] herald_outbound::OpenError),
    /// Development cannot make its own encryption key.
    #[error("the encryption key that development makes for itself cannot be kept: {0}")]
    DevelopmentKey(#[from] io::Error),
    /// The encryption keys make no ring.
    #[error("store.encryption_keys: empty, or the same key twice")]
    Keys,
}

/// An open store, and what keeps it in shape for as long as it is polled.
pub struct OpenStore {
    /// The store.
    pub store: Arc<dyn Store>,
    /// Deletes what has expired; never ends by itself.
    pub upkeep: Pin<Box<dyn Future<Output = ()> + Send>>,
}

/// Opens the store: reads the whole of a file to verify it; waits for Redis for a while.
pub async fn open_store(
    config: &config::Store,
    is_development: bool,
    clock: Arc<dyn Clock>,
) -> Result<OpenStore, RegistryError> {
    let store = match &config.place {
        StorePlace::Redis(place) => return open_redis(place, is_development, clock).await,
        StorePlace::Memory => EmbeddedStore::in_memory(clock)?,
        StorePlace::File(path) => {
            let path = path.clone();
            // Blocks while it verifies the file.
            let opening = tokio::task::spawn_blocking(move || EmbeddedStore::open(&path, clock));
            opening.await.map_err(|_| RegistryError::Interrupted)??
        }
    };
    let store = Arc::new(store);
    let swept = Arc::clone(&store);
    Ok(OpenStore { store, upkeep: Box::pin(async move { swept.keep_swept().await }) })
}

async fn open_redis(
    place: &config::RedisPlace,
    is_development: bool,
    clock: Arc<dyn Clock>,
) -> Result<OpenStore, RegistryError> {
    let options = RedisOptions {
        urls: place.urls.clone(),
        mode: match &place.topology {
            config::RedisTopology::Single => RedisMode::Single,
            config::RedisTopology::Sentinel { master_name } => {
                RedisMode::Sentinel { master_name: master_name.clone() }
            }
            config::RedisTopology::Cluster => RedisMode::Cluster,
        },
        authorities: place.authorities.clone(),
        prefix: place.prefix.clone(),
        is_development,
    };
    let store = Arc::new(RedisStore::open(options, clock, TimeSource::Server).await?);
    let swept = Arc::clone(&store);
    Ok(OpenStore { store, upkeep: Box::pin(async move { swept.keep_swept().await }) })
}

/// The keys that what is stored is sealed with: the configured ones, or the one that development makes for itself.
pub fn keyring(config: &config::Store, entropy: &dyn Entropy) -> Result<Keyring, RegistryError> {
    if config.encryption_keys.is_empty() {
        let own = development_key::of_store(&config.place, entropy)?;
        return Keyring::new(&[own]).ok_or(RegistryError::Keys);
    }
    Keyring::new(&config.encryption_keys).ok_or(RegistryError::Keys)
}

/// What carries messages to tenants' own addresses; as far as the operator's file allows, in development anywhere.
pub fn courier(server: &config::Server) -> Result<Arc<dyn Courier>, RegistryError> {
    let private = if server.is_development { Reach::Any } else { Reach::Private };
    Ok(Arc::new(OutboundCourier::open(private)?))
}

/// The tenants with their connections, which keep `tokens` where the other replicas find them. Calls nobody: a provider that is down
/// stops nothing.
pub fn tenants(
    config: &Config,
    clock: &Arc<dyn Clock>,
    entropy: &Arc<dyn Entropy>,
    tokens: Option<&SharedTokens>,
) -> Result<Tenants, RegistryError> {
    let material = Material { is_development: config.server.is_development, clock, entropy, tokens };
    let tenants = config.tenants.iter().map(|tenant| {
        let connections = tenant.connections.iter().map(|connection| {
            let opened =
                open(&tenant.id, connection, &material).map_err(|source| RegistryError::Connection {
                    tenant: tenant.id.as_str().to_owned(),
                    connection: connection.id.as_str().to_owned(),
                    source,
                })?;
            Ok((connection.id.clone(), Arc::new(opened)))
        });
        let keys = tenant.keys.iter().cloned();
        Ok(Tenant {
            id: tenant.id.clone(),
            name: tenant.name.clone(),
            return_urls: tenant.return_urls.clone(),
            detached_logins: tenant.detached_logins,
            login: tenant.login.clone(),
            notify: tenant.notify.clone(),
            on_unknown: tenant.on_unknown,
            delivery: tenant.delivery,
            limits: tenant.limits,
            sessions: tenant.sessions.clone(),
            sites: tenant.sites.iter().cloned().map(Arc::new).collect(),
            keys: keys
                .map(|key| TenantKey { name: key.name, sha256: key.sha256, scopes: key.scopes })
                .collect(),
            connections: connections.collect::<Result<_, RegistryError>>()?,
        })
    });
    Ok(Tenants::new(tenants.collect::<Result<_, RegistryError>>()?))
}

/// What connections are made of.
struct Material<'a> {
    is_development: bool,
    clock: &'a Arc<dyn Clock>,
    entropy: &'a Arc<dyn Entropy>,
    tokens: Option<&'a SharedTokens>,
}

fn open(
    tenant: &TenantId,
    connection: &config::Connection,
    material: &Material<'_>,
) -> Result<Connection, Box<dyn Error + Send + Sync>> {
    let Material { is_development, clock, entropy, tokens } = *material;
    let (id, browser_url) = (connection.id.clone(), connection.browser_url.clone());
    Ok(match &connection.provider {
        config::Provider::Antara(antara) => {
            let account =
                ProviderAccount { provider: ProviderName::ANTARA, account: antara.client_id.clone() };
            let ports = Antara::open(
                antara_config(connection, antara, is_development),
                Arc::clone(clock),
                Arc::clone(entropy),
                tokens.map(|tokens| tokens.of(tenant, &account, antara.link.base_url.as_str())),
            )?;
            Connection {
                id,
                browser_url,
                provider: ports.identity_provider,
                notifier: ports.notifier,
                verifier: Some(ports.verifier),
                session_control: None,
                webhook_source: ports.webhook_source,
            }
        }
        config::Provider::Antirius(antirius) => {
            let ports = Antirius::open(antirius_config(antirius, is_development), Arc::clone(clock))?;
            Connection {
                id,
                browser_url,
                provider: ports.identity_provider,
                notifier: ports.notifier,
                verifier: Some(ports.verifier),
                session_control: None,
                webhook_source: None,
            }
        }
        config::Provider::Authara(authara) => {
            let own = authara_config(connection, authara, is_development)?;
            let ports = Authara::open(own, Arc::clone(clock), Arc::clone(entropy))?;
            Connection {
                id,
                browser_url,
                provider: ports.identity_provider,
                notifier: None,
                verifier: Some(ports.verifier),
                session_control: Some(ports.session_control),
                webhook_source: ports.webhook_source,
            }
        }
    })
}

fn reach(link: &config::Link, is_development: bool) -> Reach {
    match (is_development, link.is_private) {
        (true, _) => Reach::Any,
        (false, true) => Reach::Private,
        (false, false) => Reach::Public,
    }
}

fn antara_config(
    connection: &config::Connection,
    antara: &config::Antara,
    is_development: bool,
) -> AntaraConfig {
    AntaraConfig {
        client_id: antara.client_id.clone(),
        base_url: antara.link.base_url.clone(),
        issuer: antara.issuer.clone(),
        api_key: antara.api_key.clone(),
        scopes: antara.scopes.clone(),
        timeout: antara.link.timeout,
        max_in_flight: antara.link.max_in_flight,
        reach: reach(&antara.link, is_development),
        leeway: antara.link.leeway,
        webhook: connection.webhook.clone(),
    }
}

fn antirius_config(antirius: &config::Antirius, is_development: bool) -> AntiriusConfig {
    AntiriusConfig {
        app_id: antirius.app_id.clone(),
        base_url: antirius.link.base_url.clone(),
        issuer: antirius.issuer.clone(),
        origin: antirius.origin.clone(),
        message_token: antirius.message_token.clone(),
        link_hosts: antirius.link_hosts.clone(),
        hosted_login: antirius.hosted_login,
        timeout: antirius.link.timeout,
        max_in_flight: antirius.link.max_in_flight,
        reach: reach(&antirius.link, is_development),
        leeway: antirius.link.leeway,
        status_polls: STATUS_POLLS,
    }
}

fn authara_config(
    connection: &config::Connection,
    authara: &config::Authara,
    is_development: bool,
) -> Result<AutharaConfig, url::ParseError> {
    let verify = match &authara.verify {
        config::AutharaVerify::Remote => Verify::Remote,
        config::AutharaVerify::Local(local) => Verify::Local {
            issuer: local.issuer.clone(),
            audience: local.audience.clone(),
            keys: local.keys.clone(),
        },
    };
    Ok(AutharaConfig {
        base_url: authara.link.base_url.clone(),
        browser_url: connection.browser_url.parse()?,
        verify,
        timeout: authara.link.timeout,
        max_in_flight: authara.link.max_in_flight,
        reach: reach(&authara.link, is_development),
        leeway: authara.link.leeway,
        webhook: connection.webhook.clone(),
    })
}
