//! A Herald with two tenants, the simulated providers, and one time for all of them.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use herald_app::{Claimed, Herald, StartLogin, Tenant};
use herald_core::{
    clock::{Clock as _, SystemEntropy},
    id::{LoginId, TenantId},
    login::{Login, LoginStatus},
    secret::ClaimSecret,
    store::Store,
    text::Locale,
};
use herald_outbound::forward::{Forwarder, Limits};
use herald_sandbox::{Clock, Decision, Operation, Provider, Sandbox, SandboxConfig};
use herald_server::{
    config,
    startup::{Application, Overrides},
};
use herald_testkit::fake_clock::FakeClock;
use jiff::SignedDuration;
use tokio::sync::oneshot;

use super::browser::{Browser, End, Net};

/// Where a caller wants its browsers back.
pub(crate) const RETURN_URL: &str = "https://shop.example/signed-in?from=herald";
/// Herald's own origin.
pub(crate) const HERALD: &str = "https://login.example";
/// A site of acme's that takes whoever signs in.
pub(crate) const WIKI: &str = "https://wiki.acme.example";
/// A site of acme's for people of Antirius.
pub(crate) const DESK: &str = "https://desk.acme.example:8443";
/// A site of acme's on Authara's origin.
pub(crate) const STAFF: &str = "https://app.acme.example";
/// A site of acme's over plain http.
pub(crate) const PLAIN: &str = "http://plain.acme.example";
/// A site of globex.
pub(crate) const FOREIGN: &str = "https://wiki.globex.example";
/// What stands before Herald's pages on each of them.
pub(crate) const PREFIX: &str = "/.herald";

/// Everything that runs.
pub(crate) struct World {
    pub(crate) sandbox: Sandbox,
    pub(crate) herald: Herald,
    pub(crate) addr: SocketAddr,
    clock: Arc<FakeClock>,
    net: Arc<Net>,
    stop: Option<oneshot::Sender<()>>,
}

/// A login that was started.
pub(crate) struct Started {
    pub(crate) login: Arc<Login>,
    secret: ClaimSecret,
}

impl World {
    pub(crate) async fn start() -> Self {
        Self::start_with(|configuration| configuration).await
    }

    /// The same with another configuration.
    pub(crate) async fn start_with(change: impl FnOnce(String) -> String) -> Self {
        Self::start_on(None, change).await
    }

    /// The same on this store instead of the configured one.
    pub(crate) async fn start_on(
        store: Option<Arc<dyn Store>>,
        change: impl FnOnce(String) -> String,
    ) -> Self {
        let clock = Arc::new(FakeClock::default());
        let mut simulated = SandboxConfig { clock: Clock::fixed(clock.now()), ..SandboxConfig::default() };
        // A held poll lasts in real time; one that outlasted the steps of our own clock would be given up each time.
        simulated.antirius.long_poll_ms = 50;
        simulated.antara.users[0].display_name = Some("Иван Петров, 100%".to_owned());
        let sandbox = Sandbox::start(simulated).await.expect("a sandbox");
        let loaded =
            config::parse(&change(configuration(&sandbox)), &|_| None).expect("a good configuration");
        let overrides = Overrides { clock: Some(clock.clone()), store, ..Overrides::default() };
        let application = Application::build(&loaded.config, overrides).await.expect("a Herald");
        let herald = application.herald().clone();
        let addr = application.addr();
        let address = format!("http://{addr}");
        let (stop, stopped) = oneshot::channel::<()>();
        tokio::spawn(application.run_until_stopped(async {
            // Dropping the sender says so too.
            let _ = stopped.await;
        }));
        let route = |from: &str, to: &str| (from.to_owned(), to.to_owned());
        let net = Net {
            forwarder: Forwarder::new(Limits::default()).expect("a client"),
            routes: vec![
                route(HERALD, &address),
                route("http://plain.example", &address),
                route(&format!("{WIKI}{PREFIX}"), &address),
                route(&format!("{DESK}{PREFIX}"), &address),
                route(&format!("{STAFF}{PREFIX}"), &address),
                route(&format!("{PLAIN}{PREFIX}"), &address),
                route(&format!("{FOREIGN}{PREFIX}"), &address),
                route("https://app.acme.example/herald", &address),
                route("https://app.acme.example", sandbox.base_url()),
            ],
        };
        Self { sandbox, herald, addr, clock, net: Arc::new(net), stop: Some(stop) }
    }

    pub(crate) fn browser(&self) -> Browser {
        Browser::new(Arc::clone(&self.net))
    }

    pub(crate) fn acme(&self) -> Arc<Tenant> {
        let id = TenantId::parse("acme").expect("an id");
        Arc::clone(self.herald.tenants().get(&id).expect("the tenant"))
    }

    /// A login with a way back.
    pub(crate) async fn login(&self, connection: &str) -> Started {
        self.login_with(connection, |_| {}).await
    }

    pub(crate) async fn login_with(&self, connection: &str, change: impl FnOnce(&mut StartLogin)) -> Started {
        let mut wish = StartLogin {
            return_url: Some(RETURN_URL.to_owned()),
            connection: Some(connection.to_owned()),
            ..StartLogin::default()
        };
        change(&mut wish);
        let (login, secret) = self.herald.logins().start(&self.acme(), wish).await.expect("a login");
        Started { login, secret }
    }

    /// The login as it is now.
    pub(crate) async fn now(&self, started: &Started) -> Arc<Login> {
        let found = self.herald.logins().find_by_id(started.login.terms.id).await;
        found.expect("the store").expect("the login")
    }

    pub(crate) async fn status(&self, started: &Started) -> LoginStatus {
        self.now(started).await.status()
    }

    /// The caller claims, with the code that its browser brought.
    pub(crate) async fn claim(&self, started: &Started, code: Option<&str>) -> Claimed {
        let id = started.login.terms.id;
        let claimed = self.herald.logins().claim(&self.acme(), id, started.secret.expose(), code).await;
        claimed.expect("a claim")
    }

    /// Moves the time on, here and at the providers.
    pub(crate) fn advance(&self, seconds: i64) {
        self.sandbox.control().advance(Duration::from_secs(seconds.unsigned_abs()));
        self.clock.advance(SignedDuration::from_secs(seconds));
    }

    /// Lets the time pass until the login has this status; the watcher rests between two looks.
    pub(crate) async fn until(&self, started: &Started, wanted: LoginStatus) {
        let logins = self.herald.logins();
        let watch = logins.watch_by_browser(&started.login).await.expect("a seat");
        let mut watch = watch.expect("the login");
        for _ in 0..100 {
            if watch.current().status() == wanted {
                return;
            }
            if tokio::time::timeout(Duration::from_millis(100), watch.changed()).await.is_err() {
                self.advance(1);
            }
        }
        panic!("still {} and not {wanted}", watch.current().status());
    }

    /// The same for the login whose hosted page this is.
    pub(crate) async fn until_at(&self, address: &str, wanted: LoginStatus) {
        let id = address.rsplit('/').next().and_then(|id| LoginId::parse(id).ok()).expect("a login's page");
        let login = self.herald.logins().find_by_id(id).await.expect("the store").expect("the login");
        self.until(&Started { login, secret: ClaimSecret::generate(&SystemEntropy) }, wanted).await;
    }

    /// The time, in seconds since 1970.
    pub(crate) fn now_seconds(&self) -> i64 {
        self.clock.now().as_second()
    }

    /// Tells the process to end, as SIGTERM does.
    pub(crate) fn stop(&mut self) {
        self.stop = None;
    }

    /// How often the provider was asked.
    pub(crate) fn requests(&self, provider: Provider, operation: Operation) -> u64 {
        self.sandbox.control().requests(provider, operation)
    }

    /// Walks the browser through `start` to Antara, answers there, and gives the callback that Antara sends it to.
    pub(crate) async fn callback_of(
        &self,
        browser: &Browser,
        started: &Started,
        decision: &Decision,
    ) -> String {
        let end = browser.follow(&started.address("/start")).await;
        assert!(end.page.is_none(), "the browser was not sent to Antara: {end:?}");
        let callback = self.sandbox.control().antara().authorize(end.url.as_str(), decision);
        callback.expect("a consent page").expect("a way back").into()
    }

    /// The same, with a yes, up to where the browser ends.
    pub(crate) async fn sign_in_at_antara(&self, browser: &Browser, started: &Started) -> End {
        let callback = self.callback_of(browser, started, &Decision::default()).await;
        browser.follow(&callback).await
    }
}

impl Started {
    /// One of the login's pages.
    pub(crate) fn address(&self, page: &str) -> String {
        self.login.page(&format!("/login/{}{page}", self.login.terms.id))
    }
}

/// The person speaks this language.
pub(crate) fn speaking(locale: &str) -> impl FnOnce(&mut StartLogin) + use<> {
    let locale = Locale::parse(locale).expect("a locale");
    move |wish| wish.locale = Some(locale)
}

fn configuration(sandbox: &Sandbox) -> String {
    let credentials = sandbox.credentials();
    let (base, antara, antirius) =
        (&credentials.base_url, &credentials.antara.client_id, &credentials.antirius.app_id);
    format!(
        r#"
[server]
listen = "127.0.0.1:0"
management_listen = "127.0.0.1:0"
public_url = "{HERALD}"
trusted_proxies = ["127.0.0.1"]
development = true

[store]
path = ":memory:"

[tenants.acme]
name = "Acme <Shop>"
return_urls = ["{RETURN_URL}"]
detached_logins = true
login = "antara"
[tenants.acme.connections.antara]
provider = "antara"
base_url = "{base}"
is_private = true
client_id = "{antara}"
timeout_seconds = 60
[tenants.acme.connections.plain]
provider = "antara"
base_url = "{base}"
is_private = true
browser_url = "http://plain.example"
client_id = "{antara}"
[tenants.acme.connections.antirius]
provider = "antirius"
base_url = "{base}"
is_private = true
app_id = "{antirius}"
[tenants.acme.connections.authara]
provider = "authara"
base_url = "{base}"
is_private = true
browser_url = "https://app.acme.example/herald"
[[tenants.acme.sites]]
url = "{WIKI}{PREFIX}"
[tenants.acme.sites.identity_headers]
X-Herald-Subject = "subject"
X-Herald-Session = "session_id"
X-Herald-Provider = "provider"
X-Herald-Name = "name"
X-Herald-Email = "email"
[[tenants.acme.sites]]
url = "{DESK}{PREFIX}"
connection = "antirius"
identity_headers = {{ X-Herald-Phone = "phone_number" }}
[[tenants.acme.sites]]
url = "{STAFF}{PREFIX}"
connection = "authara"
identity_headers = {{ X-Herald-Email = "email" }}
[[tenants.acme.sites]]
url = "{PLAIN}{PREFIX}"

[tenants.globex]
return_urls = ["https://globex.example/in"]
login = "antara"
[tenants.globex.connections.antara]
provider = "antara"
base_url = "{base}"
is_private = true
client_id = "00000000-0000-4000-8000-000000000000"
[[tenants.globex.sites]]
url = "{FOREIGN}{PREFIX}"
"#
    )
}
