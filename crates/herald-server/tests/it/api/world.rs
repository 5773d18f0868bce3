//! A Herald on a socket, with providers that do as they are told and a clock that stands.

use std::{collections::BTreeMap, future::Future, net::SocketAddr, pin::pin, sync::Arc, time::Duration};

use actix_web::{
    App, HttpServer,
    web::{Data, ServiceConfig},
};
use herald_app::{
    Connection, DeliveryRules, Herald, LimitRules, Parts, Scope, SessionRules, Tenant, TenantKey, Tenants,
};
use herald_core::{
    clock::{Clock as _, SystemEntropy},
    courier::Courier,
    id::{ConnectionId, TenantId},
    notification::OnUnknown,
    provider::{IdentityProvider, Progress},
    return_url::ReturnUrl,
    seal::Keyring,
    secret::{AdminKey, ApiKey, Digest},
    store::Store,
};
use herald_outbound::{OutboundCourier, Reach};
use herald_server::{
    config, http_settings::HttpSettings, request_log::RequestLog, routes, stopping::Stopping, views::Shapes,
};
use herald_testkit::{
    fake_clock::FakeClock,
    fake_courier::FakeCourier,
    fake_notifier::FakeNotifier,
    fake_provider::{FakeProvider, Person},
    fake_sessions::FakeSessions,
};
use jiff::SignedDuration;
use serde_json::{Value, json};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use zeroize::Zeroizing;

use super::{
    store,
    wire::{Answer, PATIENCE, Request},
};

/// Where the outside reaches Herald.
pub(crate) const PUBLIC_URL: &str = "https://login.example";
/// The return URL of both tenants.
pub(crate) const RETURN_URL: &str = "https://shop.acme.example/signed-in";

/// Everything that runs. `acme` logs in by `main` (polled) or `web` (redirect), `main` and `backup` notify, and `staff` has sessions of its
/// own with browsers; `beta` has the same and is somebody else, with a second connection like `staff`: `office`.
pub(crate) struct World {
    /// What answers behind the socket.
    pub(crate) herald: Herald,
    pub(crate) address: SocketAddr,
    pub(crate) clock: Arc<FakeClock>,
    pub(crate) stopping: Stopping,
    pub(crate) person: Arc<FakeProvider>,
    /// What `main` sends with.
    pub(crate) notifier: Arc<FakeNotifier>,
    /// What `backup` sends with.
    pub(crate) backup: Arc<FakeNotifier>,
    pub(crate) staff: Arc<FakeSessions>,
    /// A key of `acme` with every scope.
    pub(crate) key: String,
    /// A key of `beta` with every scope.
    pub(crate) other_key: String,
    /// Keys of `acme` with one scope each.
    pub(crate) scoped: BTreeMap<&'static str, String>,
    /// An operator's key.
    pub(crate) admin_key: String,
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
        let store = store::fresh(&clock).await;
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
        Self::telling(clock, store, main, person, (Arc::new(FakeCourier::default()), false)).await
    }

    /// The same with another carrier of webhooks.
    pub(crate) async fn told_by(courier: Arc<dyn Courier>) -> Self {
        let clock = Arc::new(FakeClock::default());
        let store = store::fresh(&clock).await;
        let person = Arc::new(FakeProvider::new(Progress::Poll, "app-1"));
        Self::telling(clock, store, person.clone(), person, (courier, false)).await
    }

    /// The same in development, with what carries webhooks to real addresses on this machine.
    pub(crate) async fn reaching_out() -> Self {
        let clock = Arc::new(FakeClock::default());
        let store = store::fresh(&clock).await;
        let person = Arc::new(FakeProvider::new(Progress::Poll, "app-1"));
        let courier = OutboundCourier::open(Reach::Any).expect("a courier");
        Self::telling(clock, store, person.clone(), person, (Arc::new(courier), true)).await
    }

    async fn telling(
        clock: Arc<FakeClock>,
        store: Arc<dyn Store>,
        main: Arc<dyn IdentityProvider>,
        person: Arc<FakeProvider>,
        (courier, is_development): (Arc<dyn Courier>, bool),
    ) -> Self {
        let (notifier, backup) = (Arc::new(FakeNotifier::new(true)), Arc::new(FakeNotifier::new(true)));
        let staff = Arc::new(FakeSessions::new(clock.now() + SignedDuration::from_hours(1)));
        let key = || ApiKey::generate(&SystemEntropy).expose().to_owned();
        let (acme_key, other_key) = (key(), key());
        let scoped: BTreeMap<_, _> = Scope::ALL.into_iter().map(|scope| (scope.as_str(), key())).collect();
        let mut keys = vec![tenant_key(&acme_key, &Scope::ALL)];
        keys.extend(Scope::ALL.into_iter().map(|scope| tenant_key(&scoped[scope.as_str()], &[scope])));
        let tenants = Tenants::new(vec![
            tenant("acme", keys, &main, [&notifier, &backup], &staff),
            tenant("beta", vec![tenant_key(&other_key, &Scope::ALL)], &main, [&notifier, &backup], &staff),
        ]);
        let herald = Herald::open(Parts {
            store,
            clock: clock.clone(),
            entropy: Arc::new(SystemEntropy),
            keyring: Keyring::new(&[Zeroizing::new([7; 32])]).expect("a key"),
            tenants,
            courier,
            shapes: Arc::new(Shapes),
            public_url: PUBLIC_URL.to_owned(),
            replica: "replica-1".to_owned(),
            replicas: 1,
            is_development,
        });
        let herald = herald.await.expect("a Herald");
        let (stopping, end) = (Stopping::new(), CancellationToken::new());
        herald.run(end.clone());
        let admin_key = AdminKey::generate(&SystemEntropy);
        let settings = HttpSettings {
            public_url: PUBLIC_URL.to_owned(),
            trusted_proxies: Vec::new(),
            admin_keys: vec![config::AdminKey { name: "ops".to_owned(), sha256: admin_key.digest() }],
            is_development,
        };
        let address = serve(&herald, settings, &stopping, &clock, end.clone());
        let admin_key = admin_key.expose().to_owned();
        Self {
            herald,
            address,
            clock,
            stopping,
            person,
            notifier,
            backup,
            staff,
            key: acme_key,
            other_key,
            scoped,
            admin_key,
            end,
        }
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

    /// Signs the person in as acme's service does, and gives the answer to the claim.
    pub(crate) async fn sign_in(&self) -> Value {
        self.person.next_login();
        let login = self.start(json!({})).await;
        let id = login["id"].as_str().expect("an id");
        self.person.person_is(Person::Confirmed);
        let waited = self.send(Request::get(&format!("/v1/logins/{id}")).header("Prefer", "wait=60"));
        assert_eq!(self.while_time_passes(waited).await.json()["status"], "confirmed");
        let claim = json!({ "claim_secret": login["claim_secret"] });
        let answer = self.send(Request::post(&format!("/v1/logins/{id}/claim"), claim.to_string())).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.json()
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
    [notifier, backup]: [&Arc<FakeNotifier>; 2],
    staff: &Arc<FakeSessions>,
) -> Tenant {
    let by_return = |account: &str| Arc::new(FakeProvider::new(Progress::Return, account)) as Arc<_>;
    let connection = |name: &str, provider: &Arc<dyn IdentityProvider>| {
        let has_sessions = matches!(name, "staff" | "office");
        let notifier = [("main", notifier), ("backup", backup)].into_iter().find(|(its, _)| *its == name);
        let id = ConnectionId::parse(name).expect("an id");
        let connection = Connection {
            id: id.clone(),
            browser_url: PUBLIC_URL.to_owned(),
            provider: Arc::clone(provider),
            notifier: notifier.map(|(_, notifier)| Arc::clone(notifier) as _),
            verifier: has_sessions.then(|| Arc::clone(staff) as _),
            session_control: has_sessions.then(|| Arc::clone(staff) as _),
            webhook_source: None,
        };
        (id, Arc::new(connection))
    };
    let mut connections = BTreeMap::from([
        connection("main", main),
        connection("web", &by_return("app-2")),
        connection("staff", &by_return("app-3")),
        connection("backup", &by_return("app-5")),
    ]);
    if id == "beta" {
        connections.extend([connection("office", &by_return("app-4"))]);
    }
    Tenant {
        id: TenantId::parse(id).expect("an id"),
        name: id.to_owned(),
        return_urls: vec![ReturnUrl::parse(RETURN_URL, false).expect("a URL")],
        detached_logins: id == "acme",
        login: ConnectionId::parse("main").ok(),
        notify: ConnectionId::parse("main").into_iter().collect(),
        on_unknown: OnUnknown::AtMostOnce,
        delivery: DeliveryRules::default(),
        limits: LimitRules::default(),
        sessions: SessionRules::default(),
        sites: vec![],
        keys,
        connections,
    }
}

fn serve(
    herald: &Herald,
    settings: HttpSettings,
    stopping: &Stopping,
    clock: &Arc<FakeClock>,
    end: CancellationToken,
) -> SocketAddr {
    let shared = (Data::new(herald.clone()), Data::new(stopping.clone()), Data::new(settings));
    let log = RequestLog::new(clock.clone(), Arc::new(SystemEntropy));
    let server = HttpServer::new(move || {
        let (herald, stopping, settings) = shared.clone();
        let services = move |services: &mut ServiceConfig| {
            services.app_data(herald).app_data(stopping).app_data(settings);
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
