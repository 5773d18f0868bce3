//! One application with one tenant, and hands to move it with.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use herald_app::{Connection, Herald, Parts, StartLogin, Tenant, Tenants};
use herald_core::{
    clock::SystemEntropy,
    id::{ConnectionId, LoginId, NotificationId, TenantId},
    login::{Login, LoginStatus},
    notification::{Notification, OnUnknown},
    provider::Progress,
    return_url::ReturnUrl,
    seal::Keyring,
    secret::ClaimSecret,
    store::Store,
};
use herald_store_embedded::EmbeddedStore;
use herald_testkit::{fake_clock::FakeClock, fake_notifier::FakeNotifier, fake_provider::FakeProvider};
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
    pub(crate) polled: Arc<FakeProvider>,
    pub(crate) web: Arc<FakeProvider>,
    pub(crate) plain: Arc<FakeNotifier>,
    pub(crate) keyed: Arc<FakeNotifier>,
}

impl World {
    /// A fresh one, with its background work running.
    pub(crate) async fn new() -> Self {
        let clock = Arc::new(FakeClock::default());
        let store = EmbeddedStore::in_memory(clock.clone()).expect("a store in memory opens");
        let polled = Arc::new(FakeProvider::new(Progress::Poll, "app-1"));
        let web = Arc::new(FakeProvider::new(Progress::Return, "app-2"));
        let (plain, keyed) = (Arc::new(FakeNotifier::new(false)), Arc::new(FakeNotifier::new(true)));
        let store: Arc<dyn Store> = Arc::new(store);
        let tenants = Tenants::new(vec![tenant("acme", &polled, &web, &plain, &keyed)]);
        let herald = open(&clock, &store, tenants, "replica-1").await;
        herald.run(CancellationToken::new());
        Self { herald, clock, store, polled, web, plain, keyed }
    }

    /// The same store and providers under another replica, on the present runtime.
    pub(crate) async fn replica(&self, name: &str) -> Self {
        let tenants = Tenants::new(vec![self.tenant_value()]);
        let herald = open(&self.clock, &self.store, tenants, name).await;
        herald.run(CancellationToken::new());
        Self { herald, ..self.clone() }
    }

    pub(crate) fn tenant_value(&self) -> Tenant {
        tenant("acme", &self.polled, &self.web, &self.plain, &self.keyed)
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

    /// Moves the time on.
    pub(crate) fn pass(&self, seconds: i64) {
        self.clock.advance(SignedDuration::from_secs(seconds));
    }

    pub(crate) async fn settled(&self, id: NotificationId) -> Arc<Notification> {
        let far = herald_core::clock::Clock::now(self.clock.as_ref()) + SignedDuration::from_hours(1000);
        let tenant = self.tenant();
        let wait = self.herald.notifications().wait(&tenant, id, far);
        let found =
            tokio::time::timeout(Duration::from_secs(10), wait).await.expect("the notification gets there");
        found.unwrap().expect("the notification is there")
    }
}

async fn open(clock: &Arc<FakeClock>, store: &Arc<dyn Store>, tenants: Tenants, replica: &str) -> Herald {
    let parts = Parts {
        store: Arc::clone(store),
        clock: clock.clone(),
        entropy: Arc::new(SystemEntropy),
        keyring: Keyring::new(&[Zeroizing::new([7; 32])]).expect("one key is a ring"),
        tenants,
        replica: replica.to_owned(),
    };
    Herald::open(parts).await.expect("the application opens")
}

fn tenant(
    id: &str,
    polled: &Arc<FakeProvider>,
    web: &Arc<FakeProvider>,
    plain: &Arc<FakeNotifier>,
    keyed: &Arc<FakeNotifier>,
) -> Tenant {
    let connection = |id: &str, provider: &Arc<FakeProvider>, notifier: &Arc<FakeNotifier>| {
        let id = ConnectionId::parse(id).unwrap();
        let connection = Connection {
            id: id.clone(),
            browser_url: "https://login.example".to_owned(),
            provider: provider.clone(),
            notifier: Some(notifier.clone()),
            verifier: None,
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
        keys: vec![],
        connections: BTreeMap::from([connection("main", polled, plain), connection("web", web, keyed)]),
    }
}
