//! One application with one tenant, and hands to move it with.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use herald_app::{
    Claimed, Connection, DeliveryRules, Herald, LimitRules, LogoutReceiver, Parts, SessionRules, Site,
    StartLogin, Tenant, Tenants, outbox::EventShapes,
};
use herald_core::{
    clock::{Clock as _, SystemEntropy},
    event::Happening,
    id::{ConnectionId, LoginId, NotificationId, TenantId},
    login::{Login, LoginStatus, Phase},
    notification::{Notification, OnUnknown},
    provider::Progress,
    return_url::ReturnUrl,
    seal::Keyring,
    secret::ClaimSecret,
    session::{Lifetime, SiteOrigin},
    store::Store,
};
use herald_store_embedded::EmbeddedStore;
use herald_testkit::{
    fake_clock::FakeClock,
    fake_courier::FakeCourier,
    fake_notifier::FakeNotifier,
    fake_provider::{FakeProvider, Person},
    fake_sessions::FakeSessions,
    late_store::LateStore,
    shared_store::SharedStore,
};
use jiff::SignedDuration;
use tokio_util::sync::CancellationToken;
use zeroize::Zeroizing;

/// Where logins of these tests go back to.
pub(crate) const RETURN_URL: &str = "https://shop.acme.example/signed-in";

/// An application with the tenant `acme`: its connection `main` is polled, `web` comes back by redirect; both can notify.
#[derive(Clone)]
pub(crate) struct World {
    pub(crate) herald: Herald,
    pub(crate) clock: Arc<FakeClock>,
    pub(crate) store: Arc<dyn Store>,
    /// By way of this handle the store is used.
    pub(crate) handle: Arc<SharedStore>,
    pub(crate) polled: Arc<FakeProvider>,
    pub(crate) web: Arc<FakeProvider>,
    pub(crate) plain: Arc<FakeNotifier>,
    pub(crate) keyed: Arc<FakeNotifier>,
    pub(crate) sessions: Arc<FakeSessions>,
    pub(crate) courier: Arc<FakeCourier>,
}

impl World {
    /// A fresh one, with its background work running.
    pub(crate) async fn new() -> Self {
        let clock = Arc::new(FakeClock::default());
        let handle = SharedStore::handles(&store(&clock), 1).remove(0);
        Self::on(clock, handle.clone(), handle).await
    }

    /// A fresh one whose store's writes can be made to go wrong.
    pub(crate) async fn with_late_store() -> (Self, Arc<LateStore>) {
        let clock = Arc::new(FakeClock::default());
        let handle = SharedStore::handles(&store(&clock), 1).remove(0);
        let late = Arc::new(LateStore::over(handle.clone()));
        (Self::on(clock, handle, late.clone()).await, late)
    }

    /// The first replica on this store, which is used by way of this handle.
    pub(crate) async fn on(clock: Arc<FakeClock>, handle: Arc<SharedStore>, store: Arc<dyn Store>) -> Self {
        let polled = Arc::new(FakeProvider::new(Progress::Poll, "app-1"));
        let web = Arc::new(FakeProvider::new(Progress::Return, "app-2"));
        let (plain, keyed) = (Arc::new(FakeNotifier::new(false)), Arc::new(FakeNotifier::new(true)));
        let sessions = Arc::new(FakeSessions::new(clock.now() + SignedDuration::from_mins(10)));
        let courier = Arc::new(FakeCourier::default());
        let tenants = Tenants::new(vec![tenant("acme", &polled, &web, &plain, &keyed, &sessions)]);
        let herald = open(&clock, &store, &courier, tenants, "replica-1").await;
        herald.run(CancellationToken::new());
        Self { herald, clock, store, handle, polled, web, plain, keyed, sessions, courier }
    }

    /// The same store and providers under another replica, on the present runtime.
    pub(crate) async fn replica(&self, name: &str) -> Self {
        let tenants = Tenants::new(vec![self.tenant_value()]);
        let herald = open(&self.clock, &self.store, &self.courier, tenants, name).await;
        herald.run(CancellationToken::new());
        Self { herald, ..self.clone() }
    }

    /// The same with another clock, and another handle of the store.
    pub(crate) async fn replica_on(
        &self,
        name: &str,
        clock: Arc<FakeClock>,
        handle: Arc<SharedStore>,
    ) -> Self {
        Self { clock, store: handle.clone(), handle, ..self.clone() }.replica(name).await
    }

    pub(crate) fn tenant_value(&self) -> Tenant {
        tenant("acme", &self.polled, &self.web, &self.plain, &self.keyed, &self.sessions)
    }

    pub(crate) fn tenant(&self) -> Arc<Tenant> {
        let id = TenantId::parse("acme").unwrap();
        Arc::clone(self.herald.tenants().get(&id).expect("the tenant is there"))
    }

    pub(crate) async fn start(&self, connection: &str) -> (LoginId, ClaimSecret) {
        let wish = StartLogin {
            return_url: Some(RETURN_URL.to_owned()),
            connection: Some(connection.to_owned()),
            ..StartLogin::default()
        };
        let (login, secret) = self.herald.logins().start(&self.tenant(), wish).await.expect("a login starts");
        (login.terms.id, secret)
    }

    pub(crate) async fn login(&self, id: LoginId) -> Arc<Login> {
        self.herald
            .logins()
            .get(&self.tenant(), id)
            .await
            .expect("the store answers")
            .expect("the login is there")
    }

    /// Waits until the login is so; at most ten real seconds, which means that it never will be.
    pub(crate) async fn until(&self, id: LoginId, is_so: impl Fn(&Login) -> bool) -> Arc<Login> {
        let mut watch =
            self.herald.logins().watch(&self.tenant(), id).await.unwrap().expect("the login is there");
        let wait = async {
            let mut login = watch.current();
            while !is_so(&login) {
                login = watch.changed().await;
            }
            login
        };
        let Ok(login) = tokio::time::timeout(Duration::from_secs(10), wait).await else {
            panic!("the login never gets there: {:?}", self.login(id).await)
        };
        login
    }

    pub(crate) async fn until_status(&self, id: LoginId, status: LoginStatus) -> Arc<Login> {
        self.until(id, |login| login.status() == status).await
    }

    /// A login that somebody said yes to, with its secret and its code.
    pub(crate) async fn confirmed(&self, connection: &str) -> (LoginId, ClaimSecret, String) {
        let (id, secret) = self.start(connection).await;
        if connection == "main" {
            self.polled.person_is(Person::Confirmed);
        } else {
            self.web.person_is(Person::Confirmed);
            let login = self.login(id).await;
            let query = vec![("code".to_owned(), "c1".to_owned())];
            self.herald.logins().returned(&login, query, vec![]).await.expect("the exchange goes well");
        }
        let login = self.until_status(id, LoginStatus::Confirmed).await;
        let Phase::Confirmed(confirmation) = &login.phase else { panic!("it is not confirmed") };
        (if connection == "main" { &self.polled } else { &self.web }).next_login();
        (id, secret, confirmation.code.expose().to_owned())
    }

    /// Moves the time on.
    pub(crate) fn pass(&self, seconds: i64) {
        self.clock.advance(SignedDuration::from_secs(seconds));
    }

    pub(crate) async fn notification(&self, id: NotificationId) -> Arc<Notification> {
        let found = self.herald.notifications().get(&self.tenant(), id).await;
        found.expect("the store answers").expect("the notification is there")
    }

    pub(crate) async fn settled(&self, id: NotificationId) -> Arc<Notification> {
        let far = self.clock.now() + SignedDuration::from_hours(1000);
        let tenant = self.tenant();
        let wait = self.herald.notifications().wait(&tenant, id, far);
        let found =
            tokio::time::timeout(Duration::from_secs(10), wait).await.expect("the notification gets there");
        found.unwrap().expect("the notification is there")
    }
}

/// Shows what happened as it is kept.
#[derive(Debug)]
pub(crate) struct PlainShapes;

impl EventShapes for PlainShapes {
    fn data(&self, what: &Happening) -> serde_json::Map<String, serde_json::Value> {
        let serde_json::Value::Object(mut data) = serde_json::to_value(what).expect("it can be written")
        else {
            unreachable!("a happening is an object")
        };
        data.remove("type");
        data
    }
}

pub(crate) fn store(clock: &Arc<FakeClock>) -> Arc<dyn Store> {
    Arc::new(EmbeddedStore::in_memory(clock.clone()).expect("a store in memory opens"))
}

async fn open(
    clock: &Arc<FakeClock>,
    store: &Arc<dyn Store>,
    courier: &Arc<FakeCourier>,
    tenants: Tenants,
    replica: &str,
) -> Herald {
    let parts = Parts {
        store: Arc::clone(store),
        clock: clock.clone(),
        entropy: Arc::new(SystemEntropy),
        keyring: Keyring::new(&[Zeroizing::new([7; 32])]).expect("one key is a ring"),
        tenants,
        courier: courier.clone(),
        shapes: Arc::new(PlainShapes),
        public_url: "https://login.example".to_owned(),
        replica: replica.to_owned(),
        replicas: 1,
        is_development: false,
    };
    Herald::open(parts).await.expect("the application opens")
}

fn tenant(
    id: &str,
    polled: &Arc<FakeProvider>,
    web: &Arc<FakeProvider>,
    plain: &Arc<FakeNotifier>,
    keyed: &Arc<FakeNotifier>,
    sessions: &Arc<FakeSessions>,
) -> Tenant {
    let connection = |id: &str,
                      provider: &Arc<FakeProvider>,
                      notifier: &Arc<FakeNotifier>,
                      sessions: Option<&Arc<FakeSessions>>| {
        let id = ConnectionId::parse(id).unwrap();
        let connection = Connection {
            id: id.clone(),
            browser_url: "https://login.example".to_owned(),
            provider: provider.clone(),
            notifier: Some(notifier.clone()),
            verifier: sessions.map(|sessions| sessions.clone() as _),
            session_control: sessions.map(|sessions| sessions.clone() as _),
            webhook_source: None,
        };
        (id, Arc::new(connection))
    };
    Tenant {
        id: TenantId::parse(id).unwrap(),
        name: "Acme Shop".to_owned(),
        return_urls: vec![ReturnUrl::parse(RETURN_URL, false).unwrap()],
        detached_logins: false,
        login: Some(ConnectionId::parse("main").unwrap()),
        notify: vec![ConnectionId::parse("main").unwrap(), ConnectionId::parse("web").unwrap()],
        on_unknown: OnUnknown::AtMostOnce,
        delivery: DeliveryRules::default(),
        limits: LimitRules::default(),
        sessions: SessionRules {
            lifetime: Lifetime { idle_seconds: 3600, absolute_seconds: 7200 },
            backchannel_logout: Some(LogoutReceiver {
                url: "https://shop.acme.example/logged-out".parse().unwrap(),
                may_be_private: false,
            }),
            ..SessionRules::default()
        },
        sites: vec![site(WEB_SITE, Some("web")), site(ANY_SITE, None)],
        keys: vec![],
        connections: BTreeMap::from([
            connection("main", polled, plain, None),
            connection("web", web, keyed, Some(sessions)),
        ]),
    }
}

/// A site that takes sessions of any connection, and signs in through `main`.
pub(crate) const ANY_SITE: &str = "https://any.acme.example/.herald";
/// A site that is for `web` only.
pub(crate) const WEB_SITE: &str = "https://app.acme.example/.herald";

fn site(url: &str, connection: Option<&str>) -> Arc<Site> {
    Arc::new(Site {
        origin: SiteOrigin::of(&url.parse().unwrap()).unwrap(),
        url: url.to_owned(),
        connection: connection.map(|id| ConnectionId::parse(id).unwrap()),
        identity_headers: vec![],
    })
}

/// A login through this connection, claimed.
pub(crate) async fn claimed(world: &World, connection: &str) -> Claimed {
    let (id, secret, code) = world.confirmed(connection).await;
    let claim = world.herald.logins().claim(&world.tenant(), id, secret.expose(), Some(&code)).await;
    claim.expect("a confirmed login can be claimed")
}
