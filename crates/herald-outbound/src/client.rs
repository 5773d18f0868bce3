//! One HTTP client per connection to a provider.

use std::{fmt, sync::Arc, time::Duration};

use herald_core::provider::ProviderName;
use tokio::sync::Semaphore;
use url::Url;

use crate::{
    call::Call,
    reach::Reach,
    request::{Method, OneShot, Repeatable, Request},
    resolver::GuardedResolver,
};

/// The longest that connecting (name, TCP, TLS) may take.
pub(crate) const CONNECT: Duration = Duration::from_secs(2);
/// The longest that the other side may stay silent; longer than any long poll. The total timeout ends most waits earlier.
const SILENCE: Duration = Duration::from_secs(30);
/// How long an unused connection is kept. Shorter than the 5 s after which many servers close one: a request that crosses
/// such a close on the way has an unclear end, and a one-shot is lost by it.
const IDLE: Duration = Duration::from_secs(4);
/// How many unused connections are kept.
const MOST_IDLE: usize = 128;

/// What a client is made from.
#[derive(Clone, Debug)]
pub struct ClientConfig {
    /// The provider, for errors and logs.
    pub provider: ProviderName,
    /// What every request's path is appended to; its own path is kept as a prefix.
    pub base_url: Url,
    /// The total time of a call: waiting for a free place, connecting, sending, reading the answer.
    pub timeout: Duration,
    /// How many calls may be under way at once; more wait.
    pub max_in_flight: usize,
    /// Which addresses may be called.
    pub reach: Reach,
}

/// Why a client cannot be opened; for the operator who wrote the configuration.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// The base address cannot be used.
    #[error("base_url: {0}")]
    BaseUrl(&'static str),
    /// A limit that would let no call through.
    #[error("{0} must be more than 0")]
    Zero(&'static str),
    /// A setting that an adapter cannot work with.
    #[error("{name}: {fault}")]
    Setting {
        /// The setting, as configuration files name it.
        name: &'static str,
        /// What is wrong with it.
        fault: &'static str,
    },
    /// The HTTP client could not be set up.
    #[error("the HTTP client could not be set up")]
    Http(#[source] reqwest::Error),
}

/// One HTTP client. Cheap to clone; clones share connections and the bound on calls under way.
///
/// Never follows a redirect, never repeats, reads no proxy from the environment, trusts the roots built into the binary.
#[derive(Clone)]
pub struct Client(Arc<Inner>);

pub(crate) struct Inner {
    pub(crate) http: reqwest::Client,
    pub(crate) base_url: Url,
    pub(crate) timeout: Duration,
    /// Shorter than `timeout`, so that running out of time while connecting is never taken for a lost request.
    pub(crate) connect: Duration,
    pub(crate) places: Arc<Semaphore>,
    provider: ProviderName,
}

impl Client {
    /// Opens the client; no IO.
    pub fn open(config: ClientConfig) -> Result<Self, OpenError> {
        config.reach.check(&config.base_url).map_err(OpenError::BaseUrl)?;
        if config.timeout.is_zero() {
            return Err(OpenError::Zero("timeout"));
        }
        if config.max_in_flight == 0 {
            return Err(OpenError::Zero("max_in_flight"));
        }
        let connect = CONNECT.min(config.timeout / 2);
        Ok(Self(Arc::new(Inner {
            http: http_client(GuardedResolver::new(config.reach), connect).map_err(OpenError::Http)?,
            base_url: config.base_url,
            timeout: config.timeout,
            connect,
            places: Arc::new(Semaphore::new(config.max_in_flight.min(Semaphore::MAX_PERMITS))),
            provider: config.provider,
        })))
    }

    /// A request that may be sent again after a failure: every failure says `Retry::After` or `Never`.
    ///
    /// `path` is a list of segments, each percent-encoded by itself.
    pub fn repeatable(&self, operation: &'static str, method: Method, path: &[&str]) -> Request<Repeatable> {
        Request::new(Arc::clone(&self.0), self.call(operation, false), method, path)
    }

    /// A request whose effect must not happen twice: what fails after the first byte may have left is
    /// `Retry::OutcomeUnknown`.
    ///
    /// `path` is a list of segments, each percent-encoded by itself.
    pub fn one_shot(&self, operation: &'static str, method: Method, path: &[&str]) -> Request<OneShot> {
        Request::new(Arc::clone(&self.0), self.call(operation, true), method, path)
    }

    /// The total time of a call that names none of its own.
    pub fn timeout(&self) -> Duration {
        self.0.timeout
    }

    pub(crate) fn call(&self, operation: &'static str, is_one_shot: bool) -> Call {
        Call { provider: self.0.provider.clone(), operation, is_one_shot }
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("provider", &self.0.provider)
            .field("base_url", &self.0.base_url.as_str())
            .field("timeout", &self.0.timeout)
            .finish_non_exhaustive()
    }
}

/// The one way to build a client: what every call to the outside keeps to is said here. It reaches as far as `resolver` does.
pub(crate) fn http_client(resolver: GuardedResolver, connect: Duration) -> reqwest::Result<reqwest::Client> {
    let is_https_only = resolver.reach() == Reach::Public;
    let roots = webpki_root_certs::TLS_SERVER_ROOT_CERTS
        .iter()
        .filter_map(|root| reqwest::Certificate::from_der(root).ok());
    #[expect(clippy::disallowed_methods, reason = "this crate is where clients are built")]
    let builder = reqwest::Client::builder();
    builder
        .user_agent(concat!("herald/", env!("CARGO_PKG_VERSION")))
        .connect_timeout(connect)
        .read_timeout(SILENCE)
        .redirect(reqwest::redirect::Policy::none())
        .referer(false)
        .retry(reqwest::retry::never())
        .no_proxy()
        .dns_resolver(resolver)
        .https_only(is_https_only)
        .pool_idle_timeout(IDLE)
        .pool_max_idle_per_host(MOST_IDLE)
        .tls_certs_only(roots)
        .build()
}
