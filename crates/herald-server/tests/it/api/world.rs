//! A Herald on a socket, with providers that do as they are told and a clock that stands.

use std::{collections::BTreeMap, future::Future, net::SocketAddr, pin::pin, sync::Arc, time::Duration};

use actix_web::{
    App, HttpServer,
    web::{Data, ServiceConfig},
};
use herald_app::{Connection, Herald, Parts, Scope, Tenant, TenantKey, Tenants};
use herald_core::{
    clock::SystemEntropy,
    id::{ConnectionId, TenantId},
    notification::OnUnknown,
    provider::{IdentityProvider, Progress},
    return_url::ReturnUrl,
    seal::Keyring,
    secret::{ApiKey, Digest},
    store::Store,
};
use herald_server::{request_log::RequestLog, routes, stopping::Stopping};
use herald_store_embedded::EmbeddedStore;
use herald_testkit::{fake_clock::FakeClock, fake_notifier::FakeNotifier, fake_provider::FakeProvider};
use jiff::SignedDuration;
use serde_json::{Value, json};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use zeroize::Zeroizing;

use super::wire::{Answer, PATIENCE, Request};

/// The return URL of both tenants.
pub(crate) const RETURN_URL: &str = "https://shop.acme.example/signed-in";

/// Everything that runs. `acme` logs in by `main` (polled) or `web` (redirect), both notify; `beta` has the same and is
/// somebody else.
pub(crate) struct World {
    pub(crate) address: SocketAddr,
    pub(crate) clock: Arc<FakeClock>,
    pub(crate) stopping: Stopping,
    pub(crate) person: Arc<FakeProvider>,
    pub(crate) notifier: Arc<FakeNotifier>,
    /// A key of `acme` with every scope.
    pub(crate) key: String,
    /// A key of `beta` with every scope.
    pub(crate) other_key: String,
    /// Keys of `acme` with one scope each.
    pub(crate) scoped: BTreeMap<&'static str, String>,
    end: CancellationToken,
}

impl Drop for World {
    fn drop(&mut self) {
        self.end.cancel();
    }
}

impl World {
    pub(crate) async fn new() -> Self {
        let clock = Arc::new(FakeClock::default());
        let store = Arc::new(EmbeddedStore::in_memory(clock.clone()).expect("a store in memory opens"));
        let person = Arc::new(FakeProvider::new(Progress::Poll, "app-1"));
        Self::with(clock, store, person.clone(), person).await
    }

    /// The same with another store, or another provider behind `main`.
    pub(crate) async fn with(
        clock: Arc<FakeClock>,
        store: Arc<dyn Store>,
        main: Arc<dyn IdentityProvider>,
        person: Arc<FakeProvider>,
    ) -> Self {
        let notifier = Arc::new(FakeNotifier::new(true));
        let key = || ApiKey::generate(&SystemEntropy).expose().to_owned();
        let (acme_key, other_key) = (key(), key());
        let scoped: BTreeMap<_, _> = Scope::ALL.into_iter().map(|scope| (scope.as_str(), key())).collect();
        let mut keys = vec![tenant_key(&acme_key, &Scope::ALL)];
        keys.extend(Scope::ALL.into_iter().map(|scope| tenant_key(&scoped[scope.as_str()], &[scope])));
        let tenants = Tenants::new(vec![
            tenant("acme", keys, &main, &notifier),
            tenant("beta", vec![tenant_key(&other_key, &Scope::ALL)], &main, &notifier),
        ]);
        let herald = Herald::open(Parts {
            store,
            clock: clock.clone(),
            entropy: Arc::new(SystemEntropy),
            keyring: Keyring::new(&[Zeroizing::new([7; 32])]).expect("a key"),
            tenants,
            replica: "replica-1".to_owned(),
        });
        let herald = herald.await.expect("a Herald");
        let (stopping, end) = (Stopping::new(), CancellationToken::new());
        herald.run(end.clone());
        let address = serve(&herald, &stopping, &clock, end.clone());
        Self { address, clock, stopping, person, notifier, key: acme_key, other_key, scoped, end }
    }

    /// Sends a request with acme's key.
    pub(crate) async fn send(&self, request: Request) -> Answer {
        request.key(&self.key).send(self.address).await
    }

    /// Starts a login, which must go well.
    pub(crate) async fn start(&self, body: Value) -> Value {
        let answer = self.send(Request::post("/v1/logins", body.to_string())).await;
        assert_eq!(answer.status, 201, "{answer:?}");
        answer.json()
    }

    /// Starts a login whose return URL is set.
    pub(crate) async fn start_usual(&self) -> Value {
        self.start(json!({ "return_url": RETURN_URL })).await
    }

    /// Lets time pass while this goes on.
    pub(crate) async fn while_time_passes<T>(&self, work: impl Future<Output = T>) -> T {
        let mut work = pin!(work);
        for _ in 0..2_000 {
            if let Ok(done) = timeout(Duration::from_millis(10), &mut work).await {
                return done;
            }
            self.clock.advance(SignedDuration::from_secs(1));
        }
        panic!("it never ends");
    }
}

/// What must not take long in real time.
pub(crate) async fn soon<T>(work: impl Future<Output = T>) -> T {
    timeout(PATIENCE, work).await.expect("in time")
}

fn tenant_key(key: &str, scopes: &[Scope]) -> TenantKey {
    TenantKey { name: "test".to_owned(), sha256: Digest::of(key), scopes: scopes.iter().copied().collect() }
}

fn tenant(
    id: &str,
    keys: Vec<TenantKey>,
    main: &Arc<dyn IdentityProvider>,
    notifier: &Arc<FakeNotifier>,
) -> Tenant {
    let web: Arc<dyn IdentityProvider> = Arc::new(FakeProvider::new(Progress::Return, "app-2"));
    let connection = |name: &str, provider: &Arc<dyn IdentityProvider>, is_notifying: bool| {
        let id = ConnectionId::parse(name).expect("an id");
        let connection = Connection {
            id: id.clone(),
            browser_url: "https://login.example".to_owned(),
            provider: Arc::clone(provider),
            notifier: is_notifying.then(|| Arc::clone(notifier) as _),
            verifier: None,
        };
        (id, Arc::new(connection))
    };
    Tenant {
        id: TenantId::parse(id).expect("an id"),
        name: id.to_owned(),
        return_urls: vec![ReturnUrl::parse(RETURN_URL, false).expect("a URL")],
        detached_logins: id == "acme",
        login: ConnectionId::parse("main").ok(),
        notify: ConnectionId::parse("main").into_iter().collect(),
        on_unknown: OnUnknown::AtMostOnce,
        keys,
        connections: BTreeMap::from([connection("main", main, true), connection("web", &web, false)]),
    }
}

fn serve(herald: &Herald, stopping: &Stopping, clock: &Arc<FakeClock>, end: CancellationToken) -> SocketAddr {
    let shared = (Data::new(herald.clone()), Data::new(stopping.clone()));
    let log = RequestLog::new(clock.clone(), Arc::new(SystemEntropy));
    let server = HttpServer::new(move || {
        let (herald, stopping) = shared.clone();
        let services = move |services: &mut ServiceConfig| {
            services.app_data(herald).app_data(stopping);
            herald_server::pages::configure(services);
            routes::configure(services);
        };
        App::new().configure(services).wrap(log.clone())
    });
    let server = server.workers(1).disable_signals().bind("127.0.0.1:0").expect("a port");
    let address = *server.addrs().first().expect("an address");
    let server = server.run();
    let handle = server.handle();
    tokio::spawn(server);
    tokio::spawn(async move {
        end.cancelled().await;
        handle.stop(false).await;
    });
    address
}
