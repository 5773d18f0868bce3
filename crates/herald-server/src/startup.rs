//! From a configuration to two listeners, and from there to a clean end.

use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use actix_web::{
    App, HttpServer,
    dev::Server,
    web::{self, Data, ServiceConfig},
};
use herald_app::{Herald, OpenError, Parts, SystemClock, Tenants};
use herald_core::{
    clock::{Clock, Entropy, SystemEntropy},
    id::encode_base32,
    store::Store,
};
use tokio_util::sync::CancellationToken;

use crate::{
    config::Config,
    forward_auth,
    http_settings::HttpSettings,
    management, pages,
    registry::{self, OpenStore, RegistryError},
    request_log::RequestLog,
    routes,
    stopping::{Stopping, wind_down},
    telemetry,
    views::Shapes,
};

/// The head of a request has to be there within this. The body has its own deadline, in its extractor.
const HEAD_TIMEOUT: Duration = Duration::from_secs(5);
/// Longer than proxies keep idle connections to us, so that a close never races with a request.
const KEEP_ALIVE: Duration = Duration::from_secs(75);
/// Connections per worker; what comes on top waits to be accepted.
const MAX_CONNECTIONS: usize = 10_000;
/// Connections that wait to be accepted.
const BACKLOG: u32 = 2048;
/// What runs when the process is told to stop may run on for this long, requests too.
const GRACE_SECONDS: u64 = 30;
/// When the background is told to end, if requests still run: a client that does not read its answer must not use up what its own
/// calls to providers need.
const BACKGROUND_ENDS_AFTER: Duration = Duration::from_secs(15);

/// What replaces the real thing, in tests.
#[derive(Debug, Default)]
pub struct Overrides {
    /// The time.
    pub clock: Option<Arc<dyn Clock>>,
    /// Randomness.
    pub entropy: Option<Arc<dyn Entropy>>,
    /// The store.
    pub store: Option<Arc<dyn Store>>,
}

/// The process cannot start. The text says what to do.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// A connection or the store cannot be opened.
    #[error(transparent)]
    Registry(#[from] RegistryError),
    /// The store holds what we cannot use.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// An address is taken or not ours.
    #[error("cannot listen on {address}: {source}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// Its reason.
        source: io::Error,
    },
    /// The metrics cannot be kept.
    #[error("the metrics cannot be kept: {0}")]
    Metrics(#[from] metrics_exporter_prometheus::BuildError),
}

/// The store is another installation's by now, so this process has to end.
#[derive(Debug, thiserror::Error)]
#[error(
    "the store was emptied, and begun anew by another replica: what this one knows is no good any more; start it again, and it \
     goes on with the store as it is now"
)]
struct Misplaced;

/// Herald, listening on both addresses, but not answering before [`Application::run_until_stopped`].
pub struct Application {
    herald: Herald,
    stopping: Stopping,
    public: Server,
    management: Server,
    addr: SocketAddr,
    management_addr: SocketAddr,
    upkeep: Vec<tokio::task::JoinHandle<()>>,
}

impl Application {
    /// Opens the store and the connections and binds both listeners. Calls no provider.
    pub async fn build(config: &Config, overrides: Overrides) -> Result<Self, StartError> {
        let clock = overrides.clock.unwrap_or_else(|| Arc::new(SystemClock));
        let entropy = overrides.entropy.unwrap_or_else(|| Arc::new(SystemEntropy));
        let metrics = telemetry::metrics()?;
        let mut upkeep = vec![tokio::spawn(telemetry::keep_up(metrics.clone()))];
        let store = if let Some(store) = overrides.store {
            store
        } else {
            let opened =
                registry::open_store(&config.store, config.server.is_development, Arc::clone(&clock)).await?;
            let OpenStore { store, upkeep: sweeping } = opened;
            upkeep.push(tokio::spawn(sweeping));
            store
        };
        let herald = Herald::open(Parts {
            store,
            keyring: registry::keyring(&config.store, entropy.as_ref())?,
            tenants: Tenants::default(),
            courier: registry::courier(&config.server)?,
            shapes: Arc::new(Shapes),
            public_url: config.server.public_url.clone(),
            replica: replica(entropy.as_ref()),
            replicas: config.store.replicas,
            is_development: config.server.is_development,
            clock: Arc::clone(&clock),
            entropy: Arc::clone(&entropy),
        })
        .await?;
        herald.replace_tenants(registry::tenants(config, &clock, &entropy, Some(&herald.shared_tokens()))?);
        let stopping = Stopping::new();

        let shared = (Data::new(herald.clone()), Data::new(stopping.clone()));
        let settings = Data::new(HttpSettings::from(&config.server));
        let log = RequestLog::new(clock, entropy);
        let public = {
            let (herald, stopping) = shared.clone();
            move |services: &mut ServiceConfig| {
                services.app_data(herald.clone()).app_data(stopping.clone()).app_data(settings.clone());
                // First, because services are tried in their order and these are asked for most; they log for themselves.
                forward_auth::configure(services);
                let everything_else = |services: &mut ServiceConfig| {
                    pages::configure(services);
                    // Last: it also answers whatever nobody else does.
                    routes::configure(services);
                };
                services.service(web::scope("").configure(everything_else).wrap(log.clone()));
            }
        };
        let workers = std::thread::available_parallelism().map_or(2, usize::from);
        let (public, addr) = listen(config.server.listen, workers, public)?;

        let (ready, handle) = (shared, Data::new(metrics));
        let operations = move |services: &mut ServiceConfig| {
            services.app_data(ready.0.clone()).app_data(ready.1.clone()).app_data(handle.clone());
            management::configure(services);
        };
        let (management, management_addr) = listen(config.server.management_listen, 1, operations)?;
        Ok(Self { herald, stopping, public, management, addr, management_addr, upkeep })
    }

    /// Where the public listener is; says which port, when the configuration asked for any.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Where the listener for operations is.
    pub fn management_addr(&self) -> SocketAddr {
        self.management_addr
    }

    /// The application behind the listeners.
    pub fn herald(&self) -> &Herald {
        &self.herald
    }

    /// Answers requests and works in the background until `stop` is done, then ends cleanly: no new connections, `/readyz`
    /// says so, waiting requests answer with what they have, and what runs is finished, for 30 s at most.
    ///
    /// Fails at once, with nothing answered and nothing finished, when the store is found to be another installation's: whatever
    /// still ran would write under hashes that nobody else finds. That the process ends is the one gate that nothing passes.
    pub async fn run_until_stopped(self, stop: impl Future<Output = ()>) -> io::Result<()> {
        let (public, management) = (self.public.handle(), self.management.handle());
        let end_background = CancellationToken::new();
        let background = self.herald.run(end_background.clone());
        let operations = tokio::spawn(self.management);
        let mut serving = tokio::spawn(self.public);
        let answering = serving.abort_handle();
        tracing::info!(
            address = %self.addr,
            management_address = %self.management_addr,
            version = env!("CARGO_PKG_VERSION"),
            "listening"
        );

        let lived = async {
            let ended = tokio::select! {
                () = stop => Ok(()),
                result = &mut serving => result.map_err(io::Error::other).flatten(),
            };
            tracing::info!("stopping");
            let deadline = tokio::time::Instant::now() + Duration::from_secs(GRACE_SECONDS);
            self.stopping.stop();
            let late = tokio::time::sleep(BACKGROUND_ENDS_AFTER);
            let winding_down = wind_down(public.stop(true), late, &end_background, background);
            if tokio::time::timeout_at(deadline, winding_down).await.is_err() {
                tracing::warn!("what still ran after {GRACE_SECONDS} s was cut off");
            }
            management.stop(false).await;
            tracing::info!("stopped");
            ended
        };
        let ended = tokio::select! {
            biased;
            () = self.herald.misplaced() => Err(io::Error::other(Misplaced)),
            ended = lived => ended,
        };
        // What has stopped already takes no harm.
        answering.abort();
        operations.abort();
        self.upkeep.iter().for_each(tokio::task::JoinHandle::abort);
        ended
    }
}

/// A name for this run of this process.
fn replica(entropy: &dyn Entropy) -> String {
    let mut bytes = [0; 16];
    entropy.fill(&mut bytes);
    encode_base32(u128::from_be_bytes(bytes))
}

/// Binds a listener for these services.
fn listen<F>(address: SocketAddr, workers: usize, services: F) -> Result<(Server, SocketAddr), StartError>
where
    F: Fn(&mut ServiceConfig) + Clone + Send + 'static,
{
    let failed = |source| StartError::Listen { address, source };
    let server = HttpServer::new(move || App::new().configure(services.clone()))
        .workers(workers)
        .backlog(BACKLOG)
        .max_connections(MAX_CONNECTIONS)
        .keep_alive(KEEP_ALIVE)
        .client_request_timeout(HEAD_TIMEOUT)
        // A client that does not read its answer is given up before everything else is.
        .shutdown_timeout(GRACE_SECONDS - 1)
        .disable_signals()
        .bind(address)
        .map_err(failed)?;
    let bound = server.addrs().first().copied().unwrap_or(address);
    Ok((server.run(), bound))
}
