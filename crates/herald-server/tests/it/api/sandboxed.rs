//! A whole Herald beside the simulated providers, with one time for all of them.

use std::sync::Arc;

use herald_core::{
    clock::{Clock as _, SystemEntropy},
    secret::{ApiKey, Digest},
};
use herald_sandbox::{Clock, Operation, Provider, Sandbox, SandboxConfig};
use herald_server::{
    config,
    startup::{Application, Overrides},
};
use herald_testkit::fake_clock::FakeClock;
use jiff::SignedDuration;
use serde_json::{Value, json};
use tokio::sync::oneshot;

use super::wire::{Answer, Request};

/// `acme` has an account at each provider and asks Authara about its sessions; `beta` has another app at Antirius, and
/// checks Authara's tokens by its keys.
pub(crate) struct Sandboxed {
    pub(crate) sandbox: Sandbox,
    pub(crate) address: std::net::SocketAddr,
    pub(crate) acme: String,
    pub(crate) beta: String,
    clock: Arc<FakeClock>,
    _stop: oneshot::Sender<()>,
}

impl Sandboxed {
    pub(crate) async fn start() -> Self {
        let clock = Arc::new(FakeClock::default());
        let simulated = SandboxConfig { clock: Clock::fixed(clock.now()), ..SandboxConfig::default() };
        let sandbox = Sandbox::start(simulated).await.expect("a sandbox");
        let key = || ApiKey::generate(&SystemEntropy).expose().to_owned();
        let (acme, beta) = (key(), key());
        let text = configuration(&sandbox, &acme, &beta);
        let loaded = config::parse(&text, &|_| None).expect("a good configuration");
        let overrides = Overrides { clock: Some(clock.clone()), ..Overrides::default() };
        let application = Application::build(&loaded.config, overrides).await.expect("a Herald");
        let address = application.addr();
        let (stop, stopped) = oneshot::channel::<()>();
        tokio::spawn(application.run_until_stopped(async {
            // Dropping the sender says so too.
            let _ = stopped.await;
        }));
        Self { sandbox, address, acme, beta, clock, _stop: stop }
    }

    /// What the credential is worth for the tenant of this key; an answer that is no 200 is a failed test.
    pub(crate) async fn verify(&self, key: &str, credential: Value) -> Answer {
        let body = json!({ "credential": credential }).to_string();
        let answer = Request::post("/v1/sessions/verify", body).key(key).send(self.address).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        answer
    }

    pub(crate) async fn verify_token(&self, key: &str, token: &str) -> Answer {
        self.verify(key, json!({ "type": "token", "token": token })).await
    }

    pub(crate) async fn verify_cookie(&self, key: &str, cookie: &str) -> Answer {
        self.verify(key, json!({ "type": "cookies", "cookie": cookie })).await
    }

    /// Now, in seconds since 1970.
    pub(crate) fn now(&self) -> i64 {
        self.clock.now().as_second()
    }

    /// Moves the time on, here and at the providers.
    pub(crate) fn advance(&self, seconds: u32) {
        self.sandbox.control().advance(std::time::Duration::from_secs(seconds.into()));
        self.clock.advance(SignedDuration::from_secs(seconds.into()));
    }

    /// How often the provider was asked.
    pub(crate) fn requests(&self, provider: Provider, operation: Operation) -> u64 {
        self.sandbox.control().requests(provider, operation)
    }
}

fn configuration(sandbox: &Sandbox, acme: &str, beta: &str) -> String {
    let credentials = sandbox.credentials();
    let base = &credentials.base_url;
    let authara = &credentials.authara;
    let keys: Vec<_> =
        authara.keys.iter().map(|key| format!("\"{}\" = \"{}\"", key.kid, key.secret)).collect();
    format!(
        r#"
[server]
listen = "127.0.0.1:0"
management_listen = "127.0.0.1:0"
public_url = "https://login.example"
development = true
[store]
path = ":memory:"

[tenants.acme]
detached_logins = true
keys = [{{ name = "a", sha256 = "{acme}", scopes = ["sessions:verify", "sessions:write"] }}]
[tenants.acme.connections.antara]
provider = "antara"
base_url = "{base}"
client_id = "{antara}"
api_key = "{antara_key}"
[tenants.acme.connections.antirius]
provider = "antirius"
base_url = "{base}"
app_id = "{antirius}"
[tenants.acme.connections.authara]
provider = "authara"
base_url = "{base}"
browser_url = "https://app.acme.example/herald"

[tenants.beta]
detached_logins = true
keys = [{{ name = "b", sha256 = "{beta}", scopes = ["sessions:verify", "sessions:write"] }}]
[tenants.beta.connections.antirius]
provider = "antirius"
base_url = "{base}"
app_id = "{other_app}"
[tenants.beta.connections.authara]
provider = "authara"
base_url = "{base}"
browser_url = "https://app.beta.example/herald"
verify = "local"
issuer = "{issuer}"
audience = "{audience}"
keys = {{ {keys} }}
"#,
        acme = Digest::of(acme).to_hex(),
        beta = Digest::of(beta).to_hex(),
        antara = credentials.antara.client_id,
        antara_key = credentials.antara.api_key,
        antirius = credentials.antirius.app_id,
        other_app = OTHER_APP,
        issuer = authara.issuer,
        audience = authara.audience,
        keys = keys.join(", "),
    )
}

/// The app of `beta` at Antirius.
pub(crate) const OTHER_APP: &str = "683f1a2b3c4d5e6f70819a2c";
